import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Ran } from './run.js';

/**
 * Makes a wheel and an sdist of one module with nothing but Python's own archive modules. The sdist carries its build backend, so that pip can build
 * it without a network.
 */
const maker = `
import base64, csv, hashlib, io, json, os, sys, tarfile, zipfile
name, version, text = sys.argv[1:4]
info = f'{name}-{version}.dist-info'
metadata = f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\nSummary: {text}\\nRequires-Python: >=3.6\\n\\nDescription of {name}.\\n'
files = {
    f'{name}.py': f'text = {text!r}\\n',
    f'{info}/METADATA': metadata,
    f'{info}/WHEEL': 'Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
record = io.StringIO()
for path, content in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b'=').decode()
    csv.writer(record).writerow([path, f'sha256={digest}', len(content.encode())])
csv.writer(record).writerow([f'{info}/RECORD', '', ''])
files[f'{info}/RECORD'] = record.getvalue()
os.makedirs('dist', exist_ok=True)
with zipfile.ZipFile(f'dist/{name}-{version}-py3-none-any.whl', 'w', zipfile.ZIP_DEFLATED) as wheel:
    for path, content in files.items():
        wheel.writestr(path, content)
backend = f'''
import os, zipfile
FILES = {files!r}
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = '{name}-{version}-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:
        for path, content in FILES.items():
            wheel.writestr(path, content)
    return name
'''
sources = {
    'PKG-INFO': metadata,
    'pyproject.toml': '[build-system]\\nrequires = []\\nbuild-backend = "backend"\\nbackend-path = ["."]\\n',
    'backend.py': backend,
}
with tarfile.open(f'dist/{name}-{version}.tar.gz', 'w:gz') as sdist:
    for path, content in sources.items():
        member = tarfile.TarInfo(f'{name}-{version}/{path}')
        member.size = len(content.encode())
        sdist.addfile(member, io.BytesIO(content.encode()))
`;

/** A folder with what a Python developer has in it, and pip and twine that see no settings but the given ones. */
export class PythonTools {
  private constructor(
    readonly folder: string,
    private readonly token: string,
  ) {}

  static async create(token: string): Promise<PythonTools> {
    const folder = await mkdtemp(join(tmpdir(), 'python-'));
    await writeFile(join(folder, 'make.py'), maker);
    return new PythonTools(folder, token);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Fills `dist` with a wheel and an sdist; what was there is gone. */
  async make(name: string, version: string, text: string): Promise<void> {
    await rm(join(this.folder, 'dist'), { recursive: true, force: true });
    await this.succeed('python3', ['make.py', name, version, text]);
  }

  /** A fresh folder for pip's `--target` or `--dest`. */
  async target(): Promise<string> {
    await mkdir(join(this.folder, 'targets'), { recursive: true });
    return mkdtemp(join(this.folder, 'targets', 't'));
  }

  /** Runs a printed snippet as a shell would, with `$TOKEN` set. */
  shell(text: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.run('sh', ['-c', text], environment);
  }

  run(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const settings = {
      TOKEN: this.token,
      LC_ALL: 'C.UTF-8',
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_CACHE_DIR: '1',
      PIP_NO_INPUT: '1',
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_RETRIES: '1',
      PIP_ROOT_USER_ACTION: 'ignore',
      // A keyring of the machine has no part in a test.
      PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
      ...environment,
    };
    return run(program, args, { folder: this.folder, environment: settings });
  }

  /** @throws with the client's output when it fails */
  async succeed(
    program: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const ran = await this.run(program, args, environment);
    if (ran.code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${ran.code}:\n${ran.output}`);
    return ran.output;
  }

  /** What an installed module says. */
  async textOf(module: string, target: string): Promise<string> {
    return (
      await this.succeed('python3', ['-c', `import ${module}; print(${module}.text)`], { PYTHONPATH: target })
    ).trim();
  }

  files(folder: string): Promise<string[]> {
    return readdir(folder);
  }
}
