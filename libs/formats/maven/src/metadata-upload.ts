import { LarderError } from '#kernel';
import type { MetadataReadings } from './layout.js';
import type { PluginEntry } from './metadata.js';
import { child, decodeXml, items, parseXml, textOf, type XmlElement } from './xml.js';

/** Larger documents are refused; one of 20,000 versions has about 1 MiB. */
export const metadataLimitBytes = 8 * 1024 * 1024;

/** What a client's metadata document announces. The document itself is dropped: the server computes its own. */
export interface AnnouncedMetadata {
  /** A-level: the versions that the client calls published. */
  readonly versions: ReadonlySet<string>;
  /** V-level: the resolved versions (`1.0-20261121.192510-7`) that the client calls complete. */
  readonly builds: ReadonlySet<string>;
  /** G-level: the prefixes of plugins. */
  readonly plugins: readonly PluginEntry[];
}

/**
 * Reads a client's `maven-metadata.xml`. Maven 4's namespace is accepted.
 * @throws invalid-package when it is not such a document or names other coordinates than its path.
 */
export async function parseMetadataUpload(bytes: Buffer, readings: MetadataReadings): Promise<AnnouncedMetadata> {
  const text = decodeXml(bytes);
  if (text === undefined)
    throw new LarderError('invalid-package', 'The metadata declares an unknown encoding; write it in UTF-8.');
  const root = await parseXml(text, 'metadata');
  if (root.name !== 'metadata') {
    throw new LarderError(
      'invalid-package',
      `The root element of maven-metadata.xml must be <metadata>, not <${root.name.slice(0, 60)}>.`,
    );
  }
  checkCoordinates(root, readings);
  const versioning = child(root, 'versioning');
  return {
    versions: new Set(items(versioning, 'versions', 'version').map(version => version.text)),
    builds: announcedBuilds(versioning, readings.snapshot?.baseVersion),
    plugins: items(root, 'plugins', 'plugin').flatMap(pluginEntry),
  };
}

/** Elements that are absent fit everything: tools write partial documents. */
function checkCoordinates(root: XmlElement, readings: MetadataReadings): void {
  const groupId = textOf(root, 'groupId');
  const artifactId = textOf(root, 'artifactId');
  const version = textOf(root, 'version');
  const { artifact, snapshot } = readings;
  const fits =
    (snapshot !== undefined &&
      fit(groupId, snapshot.groupId) &&
      fit(artifactId, snapshot.artifactId) &&
      fit(version, snapshot.baseVersion)) ||
    // Maven 2 wrote the deployed version into the A-level too, so it is not compared there.
    (artifact !== undefined && fit(groupId, artifact.groupId) && fit(artifactId, artifact.artifactId)) ||
    (artifactId === undefined && fit(groupId, readings.groupId));
  if (!fits) {
    const named = [groupId, artifactId, version].filter(part => part !== undefined).join(':');
    throw new LarderError(
      'invalid-package',
      `The metadata is of ${named.slice(0, 200)}, which is not what its path names; deploy it to its own path.`,
    );
  }
}

function fit(named: string | undefined, expected: string | undefined): boolean {
  return named === undefined || named === expected;
}

function announcedBuilds(versioning: XmlElement | undefined, baseVersion: string | undefined): Set<string> {
  const builds = new Set<string>();
  if (baseVersion === undefined) return builds;
  for (const entry of items(versioning, 'snapshotVersions', 'snapshotVersion')) {
    const value = textOf(entry, 'value');
    if (value !== undefined) builds.add(value);
  }
  const snapshot = child(versioning, 'snapshot');
  const timestamp = textOf(snapshot, 'timestamp');
  const number = textOf(snapshot, 'buildNumber');
  if (timestamp !== undefined && number !== undefined) {
    builds.add(`${baseVersion.slice(0, -'SNAPSHOT'.length)}${timestamp}-${number}`);
  }
  // Without timestamps the client has deployed the literal files.
  if (builds.size === 0) builds.add(baseVersion);
  return builds;
}

function pluginEntry(element: XmlElement): PluginEntry[] {
  const prefix = textOf(element, 'prefix');
  const artifactId = textOf(element, 'artifactId');
  if (prefix === undefined || artifactId === undefined || prefix.length > 255 || artifactId.length > 255) return [];
  return [{ prefix, artifactId, name: (textOf(element, 'name') ?? artifactId).slice(0, 255) }];
}
