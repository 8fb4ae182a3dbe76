import { spawnSync } from 'node:child_process';
import { describe, it } from '@jest/globals';

/**
 * A suite that needs a real client. Without the client the suite is reported as skipped, with the reason in its name; in CI (`CI=true`) an absent client is a
 * failure, so that a green run there means that every client was really used.
 */
export function describeWithClient(programs: string | readonly string[], name: string, suite: () => void): void {
  const missing = [programs].flat().filter(program => !isInstalled(program));
  if (missing.length === 0) {
    describe(name, suite);
    return;
  }
  const reason = `${missing.join(', ')} not installed`;
  if (process.env['CI'] === 'true') {
    describe(name, () => {
      it(`has its client (${reason})`, () => {
        throw new Error(`${reason}; CI needs every client`);
      });
    });
  } else {
    describe.skip(`${name} (skipped: ${reason})`, suite);
  }
}

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status === 0;
}
