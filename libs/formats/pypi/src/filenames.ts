import { createHash } from 'node:crypto';
import { LarderError } from '#kernel';
import { fileNameForm, normaliseName, type ProjectName } from './names.js';
import { readVersion, type Version } from './versions.js';

export const packageTypes = ['bdist_wheel', 'sdist'] as const;
export type PackageType = (typeof packageTypes)[number];

/** What a distribution's file name says. The project can always be derived from it. */
export interface DistributionName {
  readonly fileName: string;
  readonly packageType: PackageType;
  readonly project: ProjectName;
  readonly version: Version;
  /** The Python tag of a wheel (`py3`, `cp312.cp313`); `source` for an sdist. */
  readonly pythonTag: string;
}

export const maxFileNameBytes = 255;

// Visible ASCII without the characters that mean something to a path, a URL or a shell's glob. `+` and `!` belong to versions.
const allowedCharacters = /^[A-Za-z0-9_.+!-]+$/;
const wheelTag = /^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/i;
const buildTag = /^[0-9][a-z0-9_.]*$/i;

/**
 * Reads the name of a wheel (binary distribution format, "File name convention") or an sdist (PEP 625), in the strict forms that a hosted
 * repository takes: name and version in their normal forms with `_` for `-`. Undefined for anything else, the seven-part names of PEP 825 included.
 */
export function readFileName(fileName: string): DistributionName | undefined {
  const name = looseFileName(fileName);
  return typeof name === 'object' && name.fileName === expectedFileName(name) ? name : undefined;
}

/**
 * The same for an uploader.
 * @throws invalid-package naming the rule, or the file name that would be right
 */
export function parseFileName(fileName: string): DistributionName {
  const name = looseFileName(fileName);
  if (typeof name === 'string')
    throw new LarderError('invalid-package', `The file name ${JSON.stringify(fileName.slice(0, 100))} ${name}`);
  const expected = expectedFileName(name);
  if (fileName !== expected) {
    throw new LarderError(
      'invalid-package',
      `The file name "${fileName}" is not in the normal form; it must be "${expected}". Build it with a current build tool.`,
    );
  }
  return name;
}

/**
 * Where a file lives below the repository. The shape is the public index's, so that lock files that swap one prefix for another go on working; the
 * digits come from the file name and not from the bytes, so that the unique path makes the file name unique: the database decides between
 * two uploads of one name at once.
 */
export function filePath(fileName: string): string {
  const hex = createHash('sha256').update(fileName).digest('hex');
  return `packages/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}/${fileName}`;
}

/** The same path as an href: `+` is written `%2B`, because some servers in between read it as a blank. */
export function fileHref(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** A string says why it is no distribution's name, as the end of a sentence about the file name. */
function looseFileName(fileName: string): DistributionName | string {
  if (Buffer.byteLength(fileName) > maxFileNameBytes) return `is longer than ${maxFileNameBytes} bytes.`;
  if (!allowedCharacters.test(fileName) || fileName.startsWith('.')) {
    return 'may only consist of ASCII letters, digits and "_", ".", "+", "!", "-", and not begin with a dot.';
  }
  if (fileName.endsWith('.whl')) return wheelName(fileName);
  if (fileName.endsWith('.tar.gz')) return sdistName(fileName);
  return 'must end in .whl or .tar.gz; no other kind of file is taken.';
}

function wheelName(fileName: string): DistributionName | string {
  const parts = fileName.slice(0, -'.whl'.length).split('-');
  if (parts.length !== 5 && parts.length !== 6)
    return 'must have the five or six parts {name}-{version}(-{build})-{python}-{abi}-{platform}.whl.';
  const [name, version, ...tags] = parts as [string, string, ...string[]];
  if (tags.length === 4 && !buildTag.test(tags.shift()!)) return 'has a build tag that does not begin with a digit.';
  if (!tags.every(tag => wheelTag.test(tag))) return 'has an empty or malformed compatibility tag.';
  if (name.includes('__')) return 'has "__" in its name part.';
  return named(fileName, {
    packageType: 'bdist_wheel',
    name,
    version: version.replace(/_/g, '-'),
    pythonTag: tags[0]!,
  });
}

function sdistName(fileName: string): DistributionName | string {
  const stem = fileName.slice(0, -'.tar.gz'.length);
  const cut = stem.lastIndexOf('-');
  if (cut === -1) return 'must have the form {name}-{version}.tar.gz.';
  return named(fileName, {
    packageType: 'sdist',
    name: stem.slice(0, cut),
    version: stem.slice(cut + 1),
    pythonTag: 'source',
  });
}

interface RawParts {
  readonly packageType: PackageType;
  readonly name: string;
  readonly version: string;
  readonly pythonTag: string;
}

function named(fileName: string, { packageType, name, version: text, pythonTag }: RawParts): DistributionName | string {
  const project = normaliseName(name);
  if (project === undefined) return `does not begin with a project name: ${JSON.stringify(name)}.`;
  const version = readVersion(text);
  if (!version) return `has a version that the Python version rules (PEP 440) do not know: ${JSON.stringify(text)}.`;
  return { fileName, packageType, project, version, pythonTag };
}

function expectedFileName({ fileName, packageType, project, version }: DistributionName): string {
  const stem = `${fileNameForm(project)}-${version.text}`;
  if (packageType === 'sdist') return `${stem}.tar.gz`;
  return [stem, ...fileName.split('-').slice(2)].join('-');
}
