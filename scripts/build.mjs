// Builds `dist` with tsc. Incremental: a second call with nothing changed costs a fraction of a second.
// Files whose source has gone are removed from `dist`, so that a deleted test does not go on running.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

function removeOrphans(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue; // a map that went with its file
    if (stat.isDirectory()) removeOrphans(path);
    else if (name.endsWith('.js')) {
      const source = join(root, relative(dist, path).replace(/\.js$/, '.ts'));
      if (!existsSync(source)) {
        rmSync(path);
        rmSync(`${path}.map`, { force: true });
      }
    }
  }
}

if (existsSync(dist)) removeOrphans(dist);
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], {
  stdio: 'inherit',
});
process.exit(tsc.status ?? 1);
