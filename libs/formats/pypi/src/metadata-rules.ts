import { LarderError } from '#kernel';
import pep440 from '@renovatebot/pep440';
import { valueOf, valuesOf, type CoreMetadata } from './core-metadata.js';
import { normaliseName, type ProjectName } from './names.js';
import { readVersion, type Version } from './versions.js';

/** What the metadata in the file must agree with. */
export interface ExpectedIdentity {
  readonly project: ProjectName;
  readonly version: Version;
  readonly fileName: string;
}

type Rule = (metadata: CoreMetadata) => string | undefined;

const maxSummaryLength = 512;
const maxSpecifierLength = 1024;
const maxRequirementLength = 8192;

/**
 * Checks the metadata of a hosted upload. Each refusal is one sentence that names the field and the rule.
 * @throws invalid-package
 */
export function checkMetadata(metadata: CoreMetadata, expected: ExpectedIdentity): void {
  checkIdentity(metadata, expected);
  for (const rule of rules) {
    const problem = rule(metadata);
    if (problem !== undefined)
      throw new LarderError('invalid-package', `The metadata of "${expected.fileName}" is not valid: ${problem}`);
  }
}

/** Name and version come from the file itself: a form that says otherwise is refused. */
function checkIdentity(metadata: CoreMetadata, { project, version, fileName }: ExpectedIdentity): void {
  const name = valueOf(metadata, 'Name');
  const text = valueOf(metadata, 'Version');
  if (name === undefined || text === undefined) {
    throw new LarderError(
      'invalid-package',
      `The metadata of "${fileName}" has no ${name === undefined ? 'Name' : 'Version'}.`,
    );
  }
  if (normaliseName(name) !== project) {
    throw new LarderError(
      'invalid-package',
      `The file "${fileName}" holds the project ${shown(name)} and not "${project}", as its name says.`,
    );
  }
  if (readVersion(text)?.canonical !== version.canonical) {
    throw new LarderError(
      'invalid-package',
      `The file "${fileName}" holds version ${shown(text)} and not "${version.text}", as its name says.`,
    );
  }
}

const dynamicNever = new Set(['name', 'version', 'metadata-version']);

const rules: readonly Rule[] = [
  // Unknown minors of a known major are taken: build backends move faster than servers.
  metadata => {
    const version = valueOf(metadata, 'Metadata-Version');
    if (version === undefined) return 'it has no Metadata-Version.';
    return /^[12]\.[0-9]{1,3}$/.test(version)
      ? undefined
      : `Metadata-Version ${shown(version)} is not known; 1.0 to 2.x are.`;
  },
  metadata => {
    const summary = valueOf(metadata, 'Summary') ?? '';
    if (summary.includes('\n')) return 'Summary must be one line.';
    return summary.length > maxSummaryLength
      ? `Summary has ${summary.length} characters; at most ${maxSummaryLength} are allowed.`
      : undefined;
  },
  metadata => {
    const specifier = valueOf(metadata, 'Requires-Python');
    return specifier === undefined || isSpecifierSet(specifier)
      ? undefined
      : `Requires-Python ${shown(specifier)} is not a version specifier.`;
  },
  metadata => first(valuesOf(metadata, 'Requires-Dist'), requirementProblem),
  metadata =>
    first(valuesOf(metadata, 'Provides-Extra'), extra =>
      normaliseName(extra) ? undefined : `Provides-Extra ${shown(extra)} is not a name.`,
    ),
  metadata =>
    first(valuesOf(metadata, 'Dynamic'), field =>
      dynamicNever.has(field.toLowerCase()) || !/^[A-Za-z-]+$/.test(field)
        ? `Dynamic must not name ${shown(field)}.`
        : undefined,
    ),
  metadata =>
    valueOf(metadata, 'License') !== undefined && valueOf(metadata, 'License-Expression') !== undefined
      ? 'License and License-Expression exclude each other; keep License-Expression.'
      : undefined,
  metadata => {
    const expression = valueOf(metadata, 'License-Expression');
    return expression === undefined || isLicenceExpression(expression)
      ? undefined
      : `License-Expression ${shown(expression)} is not an SPDX expression.`;
  },
  metadata =>
    first(valuesOf(metadata, 'License-File'), path =>
      isInnerPath(path)
        ? undefined
        : `License-File ${shown(path)} must be a path inside the distribution, without "..", "*" and backslashes.`,
    ),
  metadata => contentTypeProblem(valueOf(metadata, 'Description-Content-Type')),
  metadata => first(valuesOf(metadata, 'Project-URL'), projectUrlProblem),
];

/** A comma-separated set of version specifiers (PEP 440). The length limit bounds the work of the expression behind it. */
export function isSpecifierSet(text: string): boolean {
  return text.length <= maxSpecifierLength && pep440.validRange(text);
}

/**
 * Form of a dependency (PEP 508): name, extras, versions, and a marker whose words are not checked. A direct URL is refused, because an index that
 * hands it on lets a package decide from where others are installed.
 */
function requirementProblem(text: string): string | undefined {
  if (text.length > maxRequirementLength) return `a Requires-Dist is longer than ${maxRequirementLength} characters.`;
  const cut = text.indexOf(';');
  const requirement = (cut === -1 ? text : text.slice(0, cut)).trim();
  const match = /^(?<name>[A-Za-z0-9._-]+)\s*(?:\[(?<extras>[^\]]*)\])?\s*(?<rest>.*)$/s.exec(requirement);
  const { name, extras, rest } = match?.groups ?? {};
  const extrasValid =
    extras === undefined || extras.trim() === '' || extras.split(',').every(extra => normaliseName(extra.trim()));
  if (name === undefined || rest === undefined || !normaliseName(name) || !extrasValid)
    return `Requires-Dist ${shown(text)} is not a dependency.`;
  if (rest.startsWith('@'))
    return `Requires-Dist ${shown(text)} is a direct URL; depend on a version of ${name} instead.`;
  const specifier = /^\((.*)\)$/s.exec(rest)?.[1] ?? rest;
  if (!isSpecifierSet(specifier)) return `Requires-Dist ${shown(text)} is not a dependency.`;
  return cut !== -1 && text.slice(cut + 1).trim() === ''
    ? `Requires-Dist ${shown(text)} has an empty marker.`
    : undefined;
}

/** The grammar of SPDX expressions; that each identifier is on the list is not checked. */
function isLicenceExpression(text: string): boolean {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let depth = 0;
  let expectsOperand = true;
  for (const token of tokens) {
    if (token === '(') {
      if (!expectsOperand) return false;
      depth++;
    } else if (token === ')') {
      if (expectsOperand || --depth < 0) return false;
    } else if (/^(?:and|or|with)$/i.test(token)) {
      if (expectsOperand) return false;
      expectsOperand = true;
    } else {
      if (!expectsOperand || !/^[A-Za-z0-9.-]+\+?$/.test(token)) return false;
      expectsOperand = false;
    }
  }
  return depth === 0 && !expectsOperand;
}

function contentTypeProblem(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [type, ...parameters] = text.split(';').map(part => part.trim().toLowerCase());
  const allowed = ['charset=utf-8', 'variant=gfm', 'variant=commonmark'];
  const known = type === 'text/plain' || type === 'text/x-rst' || type === 'text/markdown';
  return known && parameters.every(parameter => allowed.includes(parameter.replace(/\s*=\s*"?([^"]*)"?$/, '=$1')))
    ? undefined
    : `Description-Content-Type ${shown(text)} must be text/plain, text/x-rst or text/markdown, in UTF-8.`;
}

function projectUrlProblem(text: string): string | undefined {
  const comma = text.indexOf(',');
  const label = text.slice(0, Math.max(comma, 0)).trim();
  if (label === '' || label.length > 32)
    return `Project-URL ${shown(text)} needs a label of 1 to 32 characters before the comma.`;
  return /^https?:\/\/\S+$/i.test(text.slice(comma + 1).trim())
    ? undefined
    : `Project-URL ${shown(text)} needs an http or https URL behind the comma.`;
}

function isInnerPath(path: string): boolean {
  return (
    !/[\\*\n]/.test(path) && !/^[A-Za-z]:/.test(path) && path.split('/').every(part => part !== '' && part !== '..')
  );
}

function first(values: readonly string[], problemOf: (value: string) => string | undefined): string | undefined {
  for (const value of values) {
    const problem = problemOf(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
