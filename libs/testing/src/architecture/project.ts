import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lineAt, readSource, type SourceText } from './source-text.js';

/** The folder of the project: this file runs from `dist/libs/testing/src/architecture`. */
export const projectRoot = fileURLToPath(new URL('../../../../../', import.meta.url));

export interface SourceFile {
  /** From the project's folder, with `/`. */
  readonly path: string;
  readonly room: string;
  /** Specs and what only they use: `*.spec.ts`, `*.e2e-spec.ts`, `test/` folders, the testing room, `apps/e2e`, `apps/bench`. */
  readonly forTests: boolean;
  readonly source: string;
  readonly text: SourceText;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly from: string;
  readonly line: number;
}

const skipped = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);

/** All TypeScript sources below the given folders of the project. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders
    .flatMap(folder => filesBelow(folder))
    .filter(path => path.endsWith('.ts'))
    .map(readSourceFile);
}

/** Paths of all files below a folder of the project ('' for all), without what is built, installed or stored. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap(entry => {
    const path = relative('', join(folder, entry.name));
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

export function readProjectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** `libs/formats/npm/src/x.ts` → `formats/npm`, `libs/http/index.ts` → `http`, `apps/server/src/x.ts` → `apps/server`, `migrations/x.ts` → `migrations`. */
export function roomOf(path: string): string {
  const [top = '', first = '', second = ''] = path.split('/');
  if (top === 'apps') return `apps/${first}`;
  if (top !== 'libs') return top;
  return first === 'formats' || first === 'features' ? `${first}/${second}` : first;
}

/** The room behind `#name`; apps are reached by their own name. */
export function roomBehind(alias: string): string {
  const name = alias.slice(1);
  return name === 'server' ? 'apps/server' : name;
}

function readSourceFile(path: string): SourceFile {
  const source = readProjectFile(path);
  const text = readSource(source);
  const room = roomOf(path);
  const forTests = /\.(?:e2e-)?spec\.ts$|\/test\//.test(path) || ['testing', 'apps/e2e', 'apps/bench'].includes(room);
  return { path, room, forTests, source, text, imports: importsOf(text) };
}

function importsOf(text: SourceText): Import[] {
  const before = /(?:\bfrom|\bimport\s*\(?|\brequire\s*\()\s*['"]$/;
  return text.literals
    .filter(literal => before.test(text.code.slice(Math.max(0, literal.start - 60), literal.start)))
    .map(literal => ({ from: literal.text, line: lineAt(text.code, literal.start) }));
}
