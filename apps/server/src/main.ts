import { refuseOldRuntime } from './runtime.js';

// Before anything else is loaded: older runtimes fail on syntax deep inside a library, with a message that helps nobody.
refuseOldRuntime(process.versions.node);

const { run } = await import('./run.js');
await run();
