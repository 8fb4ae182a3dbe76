import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Debian's plugins by their versions: without a version Maven would ask its default repository, and tests have no internet. */
const pluginVersions = { jar: '3.3.0', deploy: '3.0.0', install: '3.1.0' } as const;

export interface Ran {
  readonly exitCode: number;
  readonly output: string;
}

export interface MavenSettings {
  readonly servers: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `plugin('jar', 'jar')` is the goal with its full name. */
export function plugin(name: keyof typeof pluginVersions, goal: string): string {
  return `org.apache.maven.plugins:maven-${name}-plugin:${pluginVersions[name]}:${goal}`;
}

/** A home of its own for Maven: settings, local repository and projects in a temporary folder. Plugins come from Debian's folder. */
export class MavenWorkspace {
  private constructor(readonly folder: string) {}

  static async create(): Promise<MavenWorkspace> {
    return new MavenWorkspace(await mkdtemp(join(tmpdir(), 'larder-mvn-')));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Writes files below a project's folder. */
  async write(project: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, project, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  read(path: string): Promise<Buffer> {
    return readFile(join(this.folder, path));
  }

  async list(path: string): Promise<string[]> {
    return (await readdir(join(this.folder, path))).toSorted();
  }

  /** Forgets what the given group has in the local repository, as a colleague's machine never had it. */
  forget(group: string): Promise<void> {
    return rm(join(this.folder, 'repository', group), { recursive: true, force: true });
  }

  /** Runs the goals with the `<server>` elements in the settings and further environment variables. */
  async mvn(
    project: string,
    goals: readonly string[],
    { servers, env }: MavenSettings = { servers: '', env: {} },
  ): Promise<Ran> {
    const settings = join(this.folder, 'settings.xml');
    const mirror =
      '<mirror><id>debian</id><mirrorOf>central</mirrorOf><url>file:///usr/share/maven-repo</url></mirror>';
    await writeFile(settings, `<settings><servers>${servers}</servers><mirrors>${mirror}</mirrors></settings>`);
    const local = `-Dmaven.repo.local=${join(this.folder, 'repository')}`;
    const { MAVEN_OPTS: _, MAVEN_ARGS: __, ...environment } = process.env;
    return new Promise(resolve => {
      execFile(
        'mvn',
        ['-B', '-s', settings, local, ...goals],
        {
          cwd: join(this.folder, project),
          env: { ...environment, HOME: this.folder, ...env },
          maxBuffer: 64 * 1024 * 1024,
          timeout: 120_000,
        },
        (error, stdout, stderr) => {
          const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ exitCode, output: stdout + stderr });
        },
      );
    });
  }
}
