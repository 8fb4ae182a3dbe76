import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { functionsIn } from './architecture/functions.js';
import {
  filesBelow,
  projectRoot,
  readProjectFile,
  roomBehind,
  sourceFiles,
  type SourceFile,
} from './architecture/project.js';
import {
  budgets,
  commandWords,
  emptyWords,
  exceptions,
  fileSystemRooms,
  formatWords,
  laterWords,
  layerOf,
  libraryOwners,
  publicHosts,
  roomsForFormats,
} from './architecture/rules.js';
import { lineAt } from './architecture/source-text.js';

const files = sourceFiles('apps', 'libs', 'migrations');
const rooms = [...new Set(files.map(file => file.room))];
const shipped = files.filter(file => !file.forTests);
const used = new Set<unknown>();

/** A breach of a rule, unless an exception covers it. */
function breach(rule: string, path: string, what: string, line?: number): string[] {
  const exception = exceptions.find(
    entry =>
      entry.rule === rule &&
      (entry.path.endsWith('/') ? path.startsWith(entry.path) : path === entry.path) &&
      (entry.what === undefined || entry.what === what),
  );
  if (exception) used.add(exception);
  return exception ? [] : [`${path}${line === undefined ? '' : `:${line}`} ${what}`];
}

/** Breaches at every match of a pattern in the code, without comments and strings. */
function inCode(list: readonly SourceFile[], rule: string, pattern: RegExp): string[] {
  return list.flatMap(file =>
    [...file.text.code.matchAll(pattern)].flatMap(match =>
      breach(rule, file.path, match[0].trim(), lineAt(file.text.code, match.index)),
    ),
  );
}

describe('the rooms', () => {
  it('are all known, with a layer', () => {
    expect(rooms.filter(room => layerOf(room) === undefined)).toEqual([]);
  });

  it('have an index and a short README', () => {
    const libraries = rooms.filter(room => !room.startsWith('apps/') && room !== 'migrations');
    const lacking = libraries
      .flatMap(room => ['index.ts', 'README.md'].map(name => `libs/${room}/${name}`))
      .filter(path => !existsSync(join(projectRoot, path)));
    const readmes = libraries.map(room => `libs/${room}/README.md`).filter(path => existsSync(join(projectRoot, path)));
    const long = readmes.filter(path => {
      const limit = path.startsWith('libs/formats/') ? budgets.formatReadmeLines : budgets.readmeLines;
      return readProjectFile(path).trimEnd().split('\n').length > limit;
    });
    expect({ lacking, long }).toEqual({ lacking: [], long: [] });
  });

  it('can be imported by the name that package.json gives their index', () => {
    const { imports } = JSON.parse(readProjectFile('package.json')) as { imports: Record<string, string> };
    const aliases = new Set(
      files.flatMap(file => file.imports.map(({ from }) => from)).filter(from => from.startsWith('#')),
    );
    const known = (alias: string): boolean =>
      alias in imports || (alias.startsWith('#formats/') && alias.split('/').length === 2);
    expect([...aliases].filter(alias => !known(alias))).toEqual([]);
    expect(Object.values(imports).filter(target => !target.endsWith('/index.js'))).toEqual([]);
  });
});

describe('the arrows', () => {
  it('go from a room to rooms of smaller layers only', () => {
    const breaches = shipped.flatMap(file =>
      file.imports
        .filter(({ from }) => from.startsWith('#') && (layerOf(roomBehind(from)) ?? Infinity) >= layerOf(file.room)!)
        .flatMap(({ from, line }) => breach('arrows', file.path, from, line)),
    );
    expect(breaches).toEqual([]);
  });

  it('lead a format to kernel, http and registry only', () => {
    const breaches = shipped
      .filter(file => file.room.startsWith('formats/'))
      .flatMap(file =>
        file.imports
          .filter(({ from }) => from.startsWith('#') && !roomsForFormats.includes(roomBehind(from)))
          .flatMap(({ from, line }) => breach('formats', file.path, from, line)),
      );
    expect(breaches).toEqual([]);
  });

  it('lead to the testing room from specs, benchmarks and end-to-end tests only', () => {
    const breaches = shipped.flatMap(file =>
      file.imports
        .filter(({ from }) => from === '#testing')
        .flatMap(({ from, line }) => breach('testing', file.path, from, line)),
    );
    expect(breaches).toEqual([]);
  });

  it('never leave a room by a relative path, and always name a file', () => {
    const breaches = files.flatMap(file =>
      file.imports
        .filter(({ from }) => from.startsWith('.'))
        .filter(({ from }) => !from.endsWith('.js') || !join(file.path, '..', from).startsWith(folderOf(file.room)))
        .flatMap(({ from, line }) => breach('relative', file.path, from, line)),
    );
    expect(breaches).toEqual([]);
  });

  it('lead to a library from the room that keeps it to itself', () => {
    const breaches = shipped.flatMap(file =>
      file.imports
        .filter(({ from }) => from in libraryOwners && !libraryOwners[from]!.includes(file.room))
        .flatMap(({ from, line }) => breach('libraries', file.path, from, line)),
    );
    expect(breaches).toEqual([]);
  });

  it('lead to the file system from the blob store and listed exceptions', () => {
    const breaches = shipped
      .filter(file => !fileSystemRooms.includes(file.room))
      .flatMap(file =>
        file.imports
          .filter(({ from }) => /^(?:node:)?fs(?:\/|$)/.test(from))
          .flatMap(({ from, line }) => breach('file-system', file.path, from, line)),
      );
    expect(breaches).toEqual([]);
  });

  it('lead to a format by its name from its own folder and the list of formats only', () => {
    const outside = shipped.filter(
      file =>
        file.room !== 'migrations' && !file.room.startsWith('formats/') && file.path !== 'apps/server/src/formats.ts',
    );
    const breaches = outside.flatMap(file => [
      ...file.text.literals
        .filter(({ text }) => formatWords.test(text.replaceAll(commandWords, '')) || text === 'raw')
        .flatMap(({ text, start }) => breach('format-names', file.path, text, lineAt(file.source, start))),
      ...inCode([file], 'format-names', /[\w$]*(?:[nN]pm|[oO]ci|[mM]aven|[pP]ypi)(?![a-z])[\w$]*/g),
    ]);
    expect(breaches).toEqual([]);
  });
});

describe('the budgets', () => {
  it(`hold a file to ${budgets.fileLines} lines`, () => {
    const lines = (file: SourceFile): number => file.source.trimEnd().split('\n').length;
    expect(
      files
        .filter(file => lines(file) > budgets.fileLines)
        .flatMap(file => breach('file-lines', file.path, `${lines(file)} lines`)),
    ).toEqual([]);
  });

  it(`hold a function to ${budgets.functionLines} lines`, () => {
    const breaches = shipped.flatMap(file =>
      functionsIn(file.text.code)
        .filter(({ lines }) => lines > budgets.functionLines)
        .flatMap(({ name, line }) => breach('function-lines', file.path, name, line)),
    );
    expect(breaches).toEqual([]);
  });

  it(`hold a function to ${budgets.parameters} parameters and a constructor to ${budgets.constructorParameters}`, () => {
    const limit = (name: string): number =>
      name === 'constructor' ? budgets.constructorParameters : budgets.parameters;
    const breaches = shipped.flatMap(file =>
      functionsIn(file.text.code)
        .filter(({ name, parameters }) => parameters > limit(name))
        .flatMap(({ name, line }) => breach('parameters', file.path, name, line)),
    );
    expect(breaches).toEqual([]);
  });
});

describe('the language', () => {
  it('has no default exports', () => {
    expect(inCode(files, 'default-export', /\bexport default\b/g)).toEqual([]);
  });

  it('has no enums: unions of strings say the same', () => {
    expect(inCode(files, 'enum', /\benum\s+[A-Z]\w*/g)).toEqual([]);
  });

  it('has no type "any"', () => {
    expect(inCode(shipped, 'any', /(?<![.\w$])any(?![\w$]|\s*[:(])/g)).toEqual([]);
  });

  it('has no names that say nothing', () => {
    const lastWord = new RegExp(`(?:${emptyWords.join('|')})$`);
    const declared = files.flatMap(file =>
      [...file.text.code.matchAll(/\b(?:class|interface|type)\s+([A-Z]\w*)/g)]
        .filter(([, name = '']) => lastWord.test(name) || /^I[A-Z][a-z]/.test(name) || /^Base[A-Z]/.test(name))
        .flatMap(([, name = ''], index) => breach('names', file.path, name, index)),
    );
    const called = shipped
      .filter(file =>
        emptyWords.some(word => new RegExp(`(?:^|[/-])${word.toLowerCase()}\\.`).test(file.path.split('/').at(-1)!)),
      )
      .flatMap(file => breach('names', file.path, ''));
    expect([...declared, ...called]).toEqual([]);
  });

  it('postpones nothing by a note', () => {
    const mark = new RegExp(`\\b(?:${laterWords.join('|')})\\b`);
    expect(files.filter(file => file.text.comments.some(({ text }) => mark.test(text))).map(file => file.path)).toEqual(
      [],
    );
  });
});

describe('the tree', () => {
  it('names no host of a public registry', () => {
    const texts = filesBelow('').filter(path =>
      /(?:\.(?:ts|mjs|js|json|md|yml|yaml|xml|sh)|\/run|Dockerfile|\.npmrc)$/.test(path),
    );
    expect(texts.filter(path => publicHosts.some(host => readProjectFile(path).includes(host)))).toEqual([]);
  });
});

describe('the documents', () => {
  const documents = filesBelow('').filter(path => path.endsWith('.md'));

  it('name files that exist', () => {
    const named = documents.flatMap(path =>
      [...readProjectFile(path).matchAll(/`((?:apps|libs|docs|migrations|scripts)\/[\w./-]+\.\w+)`/g)].map(
        ([, file = '']) => ({ path, file }),
      ),
    );
    const linked = documents.flatMap(path =>
      [...readProjectFile(path).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target = '']) => ({
        path,
        file: join(path, '..', target),
      })),
    );
    expect(
      [...named, ...linked]
        .filter(({ file }) => !existsSync(join(projectRoot, file)))
        .map(({ path, file }) => `${path}: ${file}`),
    ).toEqual([]);
  });

  it('keep notes on decisions to 40 lines, and list each', () => {
    const notes = filesBelow('docs/decisions').filter(path => !path.endsWith('/README.md'));
    const list = readProjectFile('docs/decisions/README.md');
    expect(notes.filter(path => readProjectFile(path).trimEnd().split('\n').length > budgets.noteLines)).toEqual([]);
    expect(notes.filter(path => !list.includes(`(${path.split('/').at(-1)})`))).toEqual([]);
  });
});

describe('the lock file', () => {
  it('has the packages of every platform, so that "npm ci" takes it everywhere', () => {
    const { packages } = JSON.parse(readProjectFile('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.entries(packages).flatMap(([at, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map(name => ({ at, name })),
    );
    const isLocked = (at: string, name: string): boolean =>
      `${at}/node_modules/${name}`.replace(/^\//, '') in packages ||
      (at !== '' && isLocked(at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1)), name));
    expect(wanted.filter(({ at, name }) => !isLocked(at, name)).map(({ at, name }) => `${at}: ${name}`)).toEqual([]);
  });
});

describe('the exceptions', () => {
  it('are all still needed', () => {
    expect(exceptions.filter(exception => !used.has(exception)).map(({ rule, path }) => `${rule} ${path}`)).toEqual([]);
  });
});

function folderOf(room: string): string {
  return room.startsWith('apps/') || room === 'migrations' ? `${room}/` : `libs/${room}/`;
}
