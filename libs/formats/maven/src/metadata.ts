import { metadataTime } from './coordinates.js';
import { sortVersions } from './version-order.js';
import { isSnapshotVersion } from './coordinates.js';
import { escapeXml } from './xml.js';

/** One prefix of a Maven plugin, as the G-level lists it. */
export interface PluginEntry {
  readonly name: string;
  readonly prefix: string;
  readonly artifactId: string;
}

/** A-level: which versions there are. */
export interface ArtifactMetadata {
  readonly groupId: string;
  readonly artifactId: string;
  /** Base versions, each once, ascending in Maven's order. */
  readonly versions: readonly string[];
  readonly lastUpdated: Date;
}

export interface SnapshotEntry {
  readonly classifier: string | undefined;
  /** With a signature's suffix: `jar.asc`. */
  readonly extension: string;
  /** `1.2-20261121.192510-7`, or `1.2-SNAPSHOT` for a literal file. */
  readonly value: string;
  /** `yyyyMMddHHmmss` */
  readonly updated: string;
}

/** V-level: which files the newest builds of a snapshot have. */
export interface SnapshotMetadata {
  readonly groupId: string;
  readonly artifactId: string;
  readonly baseVersion: string;
  /** The newest build that has a POM: Gradle makes all file names from it. */
  readonly newest: { readonly timestamp: string; readonly number: number } | undefined;
  readonly entries: readonly SnapshotEntry[];
  readonly lastUpdated: Date;
}

/** A document of one path: the A-level and the G-level share theirs. */
export interface GroupOrArtifactMetadata {
  readonly artifact: ArtifactMetadata | undefined;
  readonly plugins: readonly PluginEntry[];
}

/** The A-level of the versions that are visible. Undefined when there are none: then the document does not exist. */
export function artifactMetadata(
  coordinates: { groupId: string; artifactId: string },
  visible: readonly { baseVersion: string; publishedAt: Date }[],
): ArtifactMetadata | undefined {
  if (visible.length === 0) return undefined;
  return {
    groupId: coordinates.groupId,
    artifactId: coordinates.artifactId,
    versions: sortVersions(new Set(visible.map(version => version.baseVersion))),
    lastUpdated: newest(visible.map(version => version.publishedAt)),
  };
}

/** A file of a snapshot as the V-level sees it. */
export interface SnapshotFile {
  readonly version: string;
  readonly build: { readonly timestamp: string; readonly number: number } | undefined;
  readonly classifier: string | undefined;
  readonly extension: string;
  readonly isPom: boolean;
  readonly publishedAt: Date;
}

/**
 * The V-level of the visible files of one snapshot version: for each classifier and extension the newest. Undefined when there are none.
 * Builds are ordered by the client's timestamp, as Maven does; a literal file is as new as its storage.
 */
export function snapshotMetadata(
  coordinates: { groupId: string; artifactId: string; baseVersion: string },
  files: readonly SnapshotFile[],
): SnapshotMetadata | undefined {
  if (files.length === 0) return undefined;
  const best = new Map<string, SnapshotFile>();
  let newestBuild: SnapshotMetadata['newest'];
  for (const file of files) {
    const key = `${file.extension}\n${file.classifier ?? ''}`;
    const present = best.get(key);
    if (!present || compareSnapshotFiles(file, present) > 0) best.set(key, file);
    if (file.isPom && file.build && (!newestBuild || compareBuilds(file.build, newestBuild) > 0))
      newestBuild = file.build;
  }
  const keys = [...best.keys()].sort();
  return {
    ...coordinates,
    newest: newestBuild,
    entries: keys.map(key => entryOf(best.get(key)!)),
    lastUpdated: newest(files.map(file => file.publishedAt)),
  };
}

/** Positive when `a` is the newer file of a snapshot. */
export function compareSnapshotFiles(a: SnapshotFile, b: SnapshotFile): number {
  if (a.build && b.build) return compareBuilds(a.build, b.build);
  const x = updatedOf(a);
  const y = updatedOf(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Positive when `a` is the newer build: by timestamp, then by number. */
export function compareBuilds(
  a: { timestamp: string; number: number },
  b: { timestamp: string; number: number },
): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.number - b.number;
}

function entryOf(file: SnapshotFile): SnapshotEntry {
  return { classifier: file.classifier, extension: file.extension, value: file.version, updated: updatedOf(file) };
}

/** The digits of the client's timestamp, not the server's clock: clients choose the greatest across repositories. */
function updatedOf(file: SnapshotFile): string {
  return file.build ? file.build.timestamp.replace('.', '') : metadataTime(file.publishedAt);
}

function newest(times: readonly Date[]): Date {
  return new Date(times.reduce((latest, time) => Math.max(latest, time.getTime()), 0));
}

/** Equal values give equal bytes on every node: no clock, no order of arrival. */
export function renderArtifactMetadata(document: GroupOrArtifactMetadata): string {
  const lines: string[] = [];
  const { artifact, plugins } = document;
  if (artifact) {
    const releases = artifact.versions.filter(version => !isSnapshotVersion(version));
    lines.push(
      element(1, 'groupId', artifact.groupId),
      element(1, 'artifactId', artifact.artifactId),
      '  <versioning>',
    );
    lines.push(element(2, 'latest', artifact.versions[artifact.versions.length - 1]!));
    if (releases.length > 0) lines.push(element(2, 'release', releases[releases.length - 1]!));
    lines.push(
      '    <versions>',
      ...artifact.versions.map(version => element(3, 'version', version)),
      '    </versions>',
    );
    lines.push(element(2, 'lastUpdated', metadataTime(artifact.lastUpdated)), '  </versioning>');
  }
  if (plugins.length > 0) {
    const sorted = [...plugins].sort((a, b) => (a.artifactId < b.artifactId ? -1 : 1));
    lines.push('  <plugins>', ...sorted.flatMap(renderPlugin), '  </plugins>');
  }
  return wrap(lines);
}

function renderPlugin(plugin: PluginEntry): string[] {
  return [
    '    <plugin>',
    element(3, 'name', plugin.name),
    element(3, 'prefix', plugin.prefix),
    element(3, 'artifactId', plugin.artifactId),
    '    </plugin>',
  ];
}

export function renderSnapshotMetadata(document: SnapshotMetadata): string {
  const lines = [
    element(1, 'groupId', document.groupId),
    element(1, 'artifactId', document.artifactId),
    element(1, 'version', document.baseVersion),
    '  <versioning>',
  ];
  if (document.newest) {
    lines.push('    <snapshot>', element(3, 'timestamp', document.newest.timestamp));
    lines.push(element(3, 'buildNumber', String(document.newest.number)), '    </snapshot>');
  }
  lines.push(element(2, 'lastUpdated', metadataTime(document.lastUpdated)), '    <snapshotVersions>');
  for (const entry of document.entries) {
    lines.push('      <snapshotVersion>');
    if (entry.classifier !== undefined) lines.push(element(4, 'classifier', entry.classifier));
    lines.push(element(4, 'extension', entry.extension), element(4, 'value', entry.value));
    lines.push(element(4, 'updated', entry.updated), '      </snapshotVersion>');
  }
  lines.push('    </snapshotVersions>', '  </versioning>');
  return wrap(lines);
}

function element(depth: number, name: string, text: string): string {
  return `${'  '.repeat(depth)}<${name}>${escapeXml(text)}</${name}>`;
}

/** Without a namespace: old readers do not know it. */
function wrap(lines: readonly string[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metadata modelVersion="1.1.0">',
    ...lines,
    '</metadata>',
    '',
  ].join('\n');
}
