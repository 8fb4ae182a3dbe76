import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { LarderError } from '#kernel';

/** How to run a PostgreSQL program on this machine as whom we may. */
export interface Launcher {
  spawn(program: string, args: readonly string[], environment?: Record<string, string>): ChildProcess;
  /** Owner that the cluster's folders must have; undefined: ours. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

const nobody = 65534;

/**
 * PostgreSQL refuses to run as root, for good reason. As root we start it in a user namespace in which we are nobody: it keeps our access to the
 * data folder, also below folders that only root may enter, and needs no system user. Where the kernel forbids namespaces (some containers), the
 * user nobody is used instead, which must then be able to reach both the programs and the data folder.
 *
 * Where `setpriv` exists the kernel stops PostgreSQL (SIGINT, a fast and clean shutdown) when this process dies, however it dies.
 */
export function chooseLauncher(clusterFolder: string): Launcher {
  const setpriv = works('setpriv', ['--pdeathsig', 'INT', 'true']);
  const tied = setpriv ? ['setpriv', '--pdeathsig', 'INT'] : [];
  if (process.getuid?.() !== 0) return launcher(tied);
  const present = ownerOf(clusterFolder);
  const namespace = ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`];
  if ((present === undefined || present.uid === 0) && works(namespace[0]!, [...namespace.slice(1), 'true']))
    return launcher([...namespace, ...tied]);
  const owner = present !== undefined && present.uid !== 0 ? present : { uid: nobody, gid: nobody };
  if (!setpriv) {
    throw new LarderError(
      'unavailable',
      'PostgreSQL does not run as root, and this machine has neither user namespaces nor setpriv. Start Larder as an ordinary user, or set LARDER_DATABASE_URL.',
    );
  }
  return launcher(
    ['setpriv', '--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups', '--pdeathsig', 'INT'],
    owner,
  );
}

function launcher(prefix: readonly string[], owner?: Launcher['owner']): Launcher {
  return {
    owner,
    spawn(program, args, environment = {}) {
      const [first = program, ...rest] = [...prefix, program, ...args];
      return spawn(first, rest, {
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC', ...environment },
        // A group of its own: Ctrl-C in the terminal reaches only Larder, which stops PostgreSQL last.
        detached: true,
      });
    },
  };
}

function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function ownerOf(folder: string): { uid: number; gid: number } | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found && { uid: found.uid, gid: found.gid };
}
