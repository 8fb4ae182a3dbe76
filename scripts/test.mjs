// What `npm test` runs: Jest on the compiled tests, as native ES modules. Arguments are passed on: `npm test -- dist/libs/kernel`.
// The last line counts what ran, alone and in one form, for whoever reads only that.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'larder-tests-'));
const resultFile = join(folder, 'result.json');

const jest = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    ...['--config', join(root, 'jest.config.mjs'), '--json', '--outputFile', resultFile],
    ...process.argv.slice(2),
  ],
  // The report of --json goes to the file and, without use, to standard output; what people read is on standard error.
  { stdio: ['inherit', 'ignore', 'inherit'], env: { ...process.env, NODE_OPTIONS: quietOptions() } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));

jest.on('close', (code, signal) => {
  const counts = readCounts();
  rmSync(folder, { recursive: true, force: true });
  if (counts !== undefined) process.stdout.write(`${counts}\n`);
  process.exit(code ?? (signal === 'SIGINT' ? 130 : 1));
});

/** Jest's workers are processes of their own and take their options from the environment. */
function quietOptions() {
  return [process.env['NODE_OPTIONS'], '--disable-warning=ExperimentalWarning'].filter(Boolean).join(' ');
}

/** A file that does not load has no tests that could fail, so it counts as a failure itself. */
function readCounts() {
  try {
    const result = JSON.parse(readFileSync(resultFile, 'utf8'));
    const skipped = result.numPendingTests + result.numTodoTests;
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return `${result.numPassedTests} passed, ${failed} failed, ${skipped} skipped`;
  } catch {
    return undefined;
  }
}
