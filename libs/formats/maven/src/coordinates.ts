/** Digests that Maven-like clients upload and ask for beside each file, in the order of their names. */
export const checksumAlgorithms = ['md5', 'sha1', 'sha256', 'sha512'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** One upload of a snapshot: the UTC second of the client's run and its counter. */
export interface Build {
  /** `yyyyMMdd.HHmmss` */
  readonly timestamp: string;
  readonly number: number;
}

/** What the path of an artifact file says. G and A come from the directories, never from the file name. */
export interface Artifact {
  readonly groupId: string;
  readonly artifactId: string;
  /** The directory's version: `1.0`, `1.0-SNAPSHOT`. */
  readonly baseVersion: string;
  /** What the file name carries: the base version, or `1.0-20261121.192510-7`. One row of the catalog has this text. */
  readonly version: string;
  readonly build: Build | undefined;
  readonly classifier: string | undefined;
  /** Without the leading dot and without a signature's suffix: `jar`, `tar.gz`, `pom`. */
  readonly extension: string;
  readonly signature: Signature | undefined;
}

export const signatures = ['asc', 'sigstore.json', 'sigstore', 'sig'] as const;
export type Signature = (typeof signatures)[number];

const timestampedVersion = /^(?:.*-)?[0-9]{8}\.[0-9]{6}-[0-9]+$/;

/**
 * A directory's version is a snapshot when it ends with `SNAPSHOT`, in any case: Maven compares exactly and Gradle does not, and a file that
 * one of them may see change must not be promised to be immutable.
 */
export function isSnapshotVersion(baseVersion: string): boolean {
  return baseVersion.toUpperCase().endsWith('SNAPSHOT');
}

/** True for `1.0-20261121.192510-7`: a resolved snapshot, which is no version of its own. */
export function isTimestampedVersion(version: string): boolean {
  return timestampedVersion.test(version);
}

/** Name of the package in the catalog, in grants and in policies. */
export function packageNameOf(coordinates: { groupId: string; artifactId: string }): string {
  return `${coordinates.groupId}:${coordinates.artifactId}`;
}

/** A primary file is neither a checksum, nor a signature, nor metadata. */
export function isPrimary(artifact: Pick<Artifact, 'signature'>): boolean {
  return artifact.signature === undefined;
}

/** The POM of the version. Maven 4's build POM (`-build.pom`) has a classifier and is another file. */
export function isPom(artifact: Pick<Artifact, 'signature' | 'classifier' | 'extension'>): boolean {
  return artifact.extension === 'pom' && artifact.classifier === undefined && artifact.signature === undefined;
}

/** The extension as Maven's metadata lists it: signatures are artifacts with extensions such as `jar.asc`. */
export function listedExtension(artifact: Pick<Artifact, 'signature' | 'extension'>): string {
  return artifact.signature === undefined ? artifact.extension : `${artifact.extension}.${artifact.signature}`;
}

/** The version's directory, without a trailing slash. */
export function directoryOf(artifact: Pick<Artifact, 'groupId' | 'artifactId' | 'baseVersion'>): string {
  return `${artifact.groupId.replaceAll('.', '/')}/${artifact.artifactId}/${artifact.baseVersion}`;
}

/** The path that `classify` reads as this artifact. */
export function pathOf(artifact: Artifact): string {
  const classifier = artifact.classifier === undefined ? '' : `-${artifact.classifier}`;
  return `${directoryOf(artifact)}/${artifact.artifactId}-${artifact.version}${classifier}.${listedExtension(artifact)}`;
}

/** `com.acme:lib:1.0` or with classifier and extension, as Maven prints it. For messages. */
export function describeArtifact(artifact: Artifact): string {
  const classifier = artifact.classifier === undefined ? '' : `:${artifact.classifier}`;
  return `${packageNameOf(artifact)}:${listedExtension(artifact)}${classifier}:${artifact.version}`;
}

/** Milliseconds since the epoch of `yyyyMMdd.HHmmss` in UTC; undefined for a moment that does not exist (month 13, 25 o'clock). */
export function timestampMs(timestamp: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})\.(\d{2})(\d{2})(\d{2})$/.exec(timestamp);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date.parse rolls 30 February over to March.
  return Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day) ? undefined : ms;
}

/** `yyyyMMddHHmmss` in UTC: the form of `lastUpdated` and `updated`. */
export function metadataTime(at: Date): string {
  return at.toISOString().slice(0, 19).replace(/[-T:]/g, '');
}
