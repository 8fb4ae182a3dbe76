import { LarderError } from '#kernel';
import { interpolator } from './pom-interpolation.js';
import { child, decodeXml, items, parseXml, textOf, type XmlElement } from './xml.js';

/** Larger POMs are refused. */
export const pomLimitBytes = 4 * 1024 * 1024;
const maxDependencies = 20_000;
/** What the catalog keeps of one POM; the file itself is kept whole. */
const kept = { dependencies: 1000, licences: 20, text: 4096, name: 255 } as const;

export interface PomDependency {
  readonly groupId: string;
  readonly artifactId: string;
  readonly version?: string;
  readonly scope?: string;
  readonly type?: string;
  readonly classifier?: string;
  readonly optional?: boolean;
}

export interface PomLicence {
  readonly name?: string;
  readonly url?: string;
}

/** What the catalog learns from a POM. Inherited values are those that the `<parent>` element itself names. */
export interface Pom {
  readonly groupId: string | undefined;
  readonly artifactId: string | undefined;
  readonly version: string | undefined;
  readonly packaging: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly url: string | undefined;
  readonly licences: readonly PomLicence[];
  readonly dependencies: readonly PomDependency[];
  readonly parent: { readonly groupId: string; readonly artifactId: string; readonly version: string } | undefined;
  /** The coordinates that the artifact moved to; clients follow it, the server only shows it. */
  readonly relocation:
    { readonly groupId?: string; readonly artifactId?: string; readonly version?: string } | undefined;
}

/**
 * Reads a POM. Undefined when its encoding is unknown: then the bytes are kept and nothing is known of it.
 * Only coordinates that are certain are given: expressions that cannot be resolved inside this document make a value undefined.
 * @throws invalid-package when it is not well-formed, has a document type, exceeds a limit or is no POM.
 */
export async function parsePom(bytes: Buffer): Promise<Pom | undefined> {
  const text = decodeXml(bytes);
  if (text === undefined) return undefined;
  const project = await parseXml(text, 'POM');
  if (project.name !== 'project') {
    throw new LarderError(
      'invalid-package',
      `The root element of a POM must be <project>, not <${project.name.slice(0, 60)}>.`,
    );
  }
  const dependencies = items(project, 'dependencies', 'dependency');
  if (dependencies.length > maxDependencies) {
    throw new LarderError('invalid-package', `The POM has more than ${maxDependencies} dependencies.`);
  }
  const parent = child(project, 'parent');
  const raw = {
    groupId: textOf(project, 'groupId') ?? textOf(parent, 'groupId'),
    artifactId: textOf(project, 'artifactId'),
    version: textOf(project, 'version') ?? textOf(parent, 'version'),
  };
  const resolve = interpolator(expressionsOf(project, parent, raw));
  return {
    groupId: resolve.certain(raw.groupId),
    artifactId: resolve.certain(raw.artifactId),
    version: resolve.certain(raw.version),
    packaging: resolve.certain(textOf(project, 'packaging')) ?? 'jar',
    name: cut(resolve.text(textOf(project, 'name')), kept.name),
    description: cut(resolve.text(textOf(project, 'description')), kept.text),
    url: cut(resolve.text(textOf(project, 'url')), kept.text),
    licences: items(project, 'licenses', 'license').slice(0, kept.licences).map(licenceOf),
    dependencies: dependencies.slice(0, kept.dependencies).flatMap(element => dependencyOf(element, resolve.text)),
    parent: parentOf(parent),
    relocation: relocationOf(child(child(project, 'distributionManagement'), 'relocation'), resolve.text),
  };
}

/**
 * Compares a POM with the path that it was deployed to.
 * @returns a sentence that says what differs, or undefined. What the POM does not say for certain is not compared.
 */
export function pomContradiction(
  pom: Pom,
  path: { groupId: string; artifactId: string; baseVersion: string; version: string },
): string | undefined {
  const differs =
    (pom.groupId !== undefined && pom.groupId !== path.groupId) ||
    (pom.artifactId !== undefined && pom.artifactId !== path.artifactId) ||
    (pom.version !== undefined && pom.version !== path.baseVersion && pom.version !== path.version);
  if (!differs) return undefined;
  const named = [pom.groupId ?? '?', pom.artifactId ?? '?', pom.version ?? '?'].join(':').slice(0, 300);
  return `The POM is of ${named}, but its path is of ${path.groupId}:${path.artifactId}:${path.baseVersion}; deploy it to its own coordinates.`;
}

/** Dependency, project and parent expressions; own properties come last, so that they cannot stand for coordinates. */
function expressionsOf(
  project: XmlElement,
  parent: XmlElement | undefined,
  raw: { groupId: string | undefined; artifactId: string | undefined; version: string | undefined },
): Map<string, string> {
  const values = new Map<string, string>();
  for (const property of child(project, 'properties')?.children ?? []) values.set(property.name, property.text);
  for (const name of ['groupId', 'artifactId', 'version'] as const) {
    const own = raw[name];
    if (own !== undefined) for (const prefix of ['project.', 'pom.', '']) values.set(prefix + name, own);
    const inherited = textOf(parent, name);
    if (inherited !== undefined)
      for (const prefix of ['project.parent.', 'parent.', 'pom.parent.']) values.set(prefix + name, inherited);
  }
  for (const name of ['name', 'description', 'url', 'packaging']) {
    const own = textOf(project, name);
    if (own !== undefined) values.set(`project.${name}`, own);
  }
  return values;
}

function licenceOf(element: XmlElement): PomLicence {
  return withoutUndefined({
    name: cut(textOf(element, 'name'), kept.name),
    url: cut(textOf(element, 'url'), kept.text),
  });
}

function dependencyOf(element: XmlElement, resolve: (text: string | undefined) => string | undefined): PomDependency[] {
  const part = (name: string) => cut(resolve(textOf(element, name)), kept.name);
  const groupId = part('groupId');
  const artifactId = part('artifactId');
  if (groupId === undefined || artifactId === undefined) return [];
  const optional = part('optional') === 'true' ? true : undefined;
  return [
    withoutUndefined({
      groupId,
      artifactId,
      version: part('version'),
      scope: part('scope'),
      type: part('type'),
      classifier: part('classifier'),
      optional,
    }),
  ];
}

function parentOf(parent: XmlElement | undefined): Pom['parent'] {
  const groupId = cut(textOf(parent, 'groupId'), kept.name);
  const artifactId = cut(textOf(parent, 'artifactId'), kept.name);
  const version = cut(textOf(parent, 'version'), kept.name);
  return groupId && artifactId && version ? { groupId, artifactId, version } : undefined;
}

function relocationOf(
  element: XmlElement | undefined,
  resolve: (text: string | undefined) => string | undefined,
): Pom['relocation'] {
  if (!element) return undefined;
  const part = (name: string) => cut(resolve(textOf(element, name)), kept.name);
  return withoutUndefined({ groupId: part('groupId'), artifactId: part('artifactId'), version: part('version') });
}

function cut(text: string | undefined, length: number): string | undefined {
  return text === undefined ? undefined : text.slice(0, length);
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Absent instead of undefined: the value becomes JSON in a row. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Defined<T>;
}
