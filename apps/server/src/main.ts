import { refuseOldRuntime } from './runtime.js';

// Before anything else is loaded: older runtimes fail on syntax deep inside a library, with a message that helps nobody.
refuseOldRuntime(process.versions.node);

// File work of many transfers at once must not wait for four threads; libuv reads this at its first use.
process.env['UV_THREADPOOL_SIZE'] ??= '16';

const { run } = await import('./run.js');
await run();
