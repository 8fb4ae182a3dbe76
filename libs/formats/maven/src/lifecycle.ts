import type { FileRow, OverwritePolicy, StateRow, Verdict, VersionRow } from '#registry';
import { describeArtifact, isPom, isPrimary, isSnapshotVersion, type Artifact } from './coordinates.js';
import { classify } from './layout.js';
import { takesVersion, type VersionPolicy } from './settings.js';

/**
 * A version (of a snapshot: one build) is open from its first file on, until its metadata is uploaded, somebody else reads it, or nothing
 * has been written to it for this long. While it is open its publisher may deploy again: a build that broke in the middle can be repeated.
 */
export const openMs = 10 * 60 * 1000;

/** A version without uploaded metadata (Ivy and sbt never send it) is listed when it is whole and nothing was written for this long. */
export const settleMs = 60 * 1000;

export function isOpen(version: Pick<VersionRow, 'sealedAt' | 'updatedAt'>, now: number): boolean {
  return version.sealedAt === null && now - version.updatedAt.getTime() < openMs;
}

/** A stored file with what its path says. */
export interface ArtifactFile {
  readonly artifact: Artifact;
  readonly file: FileRow;
}

/** Leaves out plain files, which have no coordinates. */
export function artifactFiles(files: readonly FileRow[]): ArtifactFile[] {
  return files.flatMap(file => {
    const { resource } = classify(file.path.split('/'));
    return resource.kind === 'artifact' ? [{ artifact: resource.artifact, file }] : [];
  });
}

const mainless = new Set(['pom', 'module']);

/**
 * True when a version has its POM and the main file that the POM promises. Maven goes on with the POM after a refused jar; such a half
 * release must not appear by the mere passing of time.
 */
export function isWhole(files: readonly ArtifactFile[]): boolean {
  const pom = files.find(({ artifact }) => isPom(artifact));
  if (!pom) return false;
  const facts = pom.file.metadata['pom'] as { packaging?: unknown; relocation?: unknown } | undefined;
  if (facts === undefined || facts.packaging === 'pom' || facts.relocation !== undefined) return true;
  return files.some(
    ({ artifact }) => isPrimary(artifact) && artifact.classifier === undefined && !mainless.has(artifact.extension),
  );
}

/** A version row with its files, as far as clients may see it in metadata. */
export interface VersionView {
  readonly row: VersionRow;
  readonly baseVersion: string;
  readonly files: readonly ArtifactFile[];
}

export interface Visible {
  readonly versions: readonly VersionView[];
  /** Milliseconds since the epoch at which the next open version will settle, unless something is written to it. */
  readonly settlesAt: number | undefined;
  /** When the list last changed at the latest: no older than any row that left it. */
  readonly changedAt: Date;
}

export interface PackageRows {
  /** When a row below the package last changed. */
  readonly updatedAt: Date;
  readonly versions: readonly VersionRow[];
  readonly files: readonly FileRow[];
  readonly states: readonly StateRow[];
}

/** Which versions and builds metadata lists at the moment `now` (milliseconds since the epoch). */
export function visibleVersions(rows: PackageRows, versionPolicy: VersionPolicy, now: number): Visible {
  const hidden = new Set(
    rows.states
      .filter(state => state.state === 'quarantined' || state.state === 'unlisted')
      .map(state => state.versionId),
  );
  const filesOf = Map.groupBy(artifactFiles(rows.files), ({ file }) => file.versionId);
  const versions: VersionView[] = [];
  let settlesAt: number | undefined;
  let changedAt = rows.updatedAt.getTime();
  for (const row of rows.versions) {
    const files = filesOf.get(row.id) ?? [];
    const baseVersion = files.find(({ artifact }) => isPrimary(artifact))?.artifact.baseVersion;
    if (baseVersion === undefined || hidden.has(row.id) || !takesVersion(versionPolicy, baseVersion)) continue;
    const settles = row.sealedAt === null ? settlingMoment(files) : -Infinity;
    if (settles <= now) {
      versions.push({ row, baseVersion, files });
      changedAt = Math.max(changedAt, settles);
    } else if (settles < (settlesAt ?? Infinity)) settlesAt = settles;
  }
  return { versions, settlesAt, changedAt: new Date(changedAt) };
}

function settlingMoment(files: readonly ArtifactFile[]): number {
  if (!isWhole(files)) return Infinity;
  return Math.max(...files.map(({ file }) => file.publishedAt.getTime())) + settleMs;
}

export interface Replacement {
  readonly policy: OverwritePolicy;
  readonly repository: string;
  readonly artifact: Artifact;
  /** Stable id of who deploys. */
  readonly principalId: string;
  readonly present: { readonly file: FileRow; readonly version: VersionRow | undefined };
  readonly now: number;
}

/**
 * May the file that is there be replaced by other bytes? Rules that begin with `open-version` need no right to overwrite: it is still the
 * same publisher's unfinished deployment. Signatures are held to the same rule as their files.
 */
export function decideReplacement({ policy, repository, artifact, principalId, present, now }: Replacement): Verdict {
  const snapshot = isSnapshotVersion(artifact.baseVersion);
  const own = present.file.publisherId === principalId;
  // A literal -SNAPSHOT file is overwritten by nature: sbt and Maven 2 have no other kind.
  if (snapshot && artifact.build === undefined)
    return { allow: true, rule: own ? 'open-version:literal-snapshot' : 'literal-snapshot' };
  const open = present.version !== undefined && isOpen(present.version, now);
  if (open && own) return { allow: true, rule: 'open-version:same-publisher' };
  const rule = `overwrite-policy:${policy}`;
  if (policy === 'always' || (policy === 'snapshots-only' && snapshot && open)) return { allow: true, rule };
  return {
    allow: false,
    rule,
    code: 'version-exists',
    reason:
      `${describeArtifact(artifact)} is already released with other content (overwrite policy of ${repository}: ${policy}). ` +
      'Deploy a new version.',
  };
}
