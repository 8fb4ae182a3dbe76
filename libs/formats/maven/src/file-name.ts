import type { Build } from './coordinates.js';
import { isSnapshotVersion, timestampMs } from './coordinates.js';

/** What the name of an artifact's file says, given the directory's A and version. */
export interface FileNameParts {
  readonly version: string;
  readonly build: Build | undefined;
  readonly classifier: string | undefined;
  readonly extension: string;
}

export interface NotAnArtifact {
  /** A sentence for the publisher: which rule of the layout the name breaks. */
  readonly reason: string;
}

/** Extensions of more than one part, which a last dot alone would cut. SBOM names are in it so that they are tied to their version. */
const compoundExtension = /\.((?:tar|cpio)\.[A-Za-z0-9]+|nk\.os|spdx\.json|cdx\.json)$/;
const buildPrefix = /^([0-9]{8}\.[0-9]{6})-([0-9]+)(?=[-.]|$)/;
/** Printable ASCII without what Maven forbids in versions, and without what URLs and shells would trip over. */
const textCharacters = /^[!$'()+,\-.0-9=@A-Z[\]^_`a-z{}~]+$/;

/** Splits a file name. The directory decides; a version is never guessed from the name. Linear in the length of the name. */
export function parseFileName(name: string, artifactId: string, baseVersion: string): FileNameParts | NotAnArtifact {
  const prefix = `${artifactId}-`;
  if (!name.startsWith(prefix)) {
    return { reason: `The file name must begin with "${prefix}", because it lies in the directory of ${artifactId}.` };
  }
  const rest = name.slice(prefix.length);
  const version = splitVersion(rest, baseVersion);
  if ('reason' in version) return version;
  const tail = splitTail(version.tail);
  if ('reason' in tail) return tail;
  const texts = [baseVersion, tail.classifier ?? '', tail.extension].join('');
  if (!textCharacters.test(texts)) {
    return {
      reason:
        'Version, classifier and extension may have letters, digits and . _ - + and a few signs, but none of \\ / : " < > | ? * ; % # & or a blank.',
    };
  }
  return { version: version.version, build: version.build, classifier: tail.classifier, extension: tail.extension };
}

function splitVersion(
  rest: string,
  baseVersion: string,
): { version: string; build: Build | undefined; tail: string } | NotAnArtifact {
  if (startsWithPart(rest, baseVersion))
    return { version: baseVersion, build: undefined, tail: rest.slice(baseVersion.length) };
  if (!isSnapshotVersion(baseVersion)) {
    return {
      reason: `After the artifact's name the file name must carry "${baseVersion}", the version of its directory.`,
    };
  }
  const stem = baseVersion.slice(0, -'SNAPSHOT'.length);
  const match = rest.startsWith(stem) ? buildPrefix.exec(rest.slice(stem.length)) : null;
  if (!match) {
    return {
      reason: `After the artifact's name the file name must carry "${baseVersion}" or "${stem}" with a timestamp and a build number.`,
    };
  }
  const [text, timestamp, digits] = match as unknown as [string, string, string];
  const number = Number(digits);
  // A build number with leading zeros would give two paths to one build.
  if (timestampMs(timestamp) === undefined || !Number.isSafeInteger(number) || String(number) !== digits) {
    return { reason: `"${text.slice(0, 60)}" is not the timestamp and the build number of a snapshot.` };
  }
  const version = stem + text;
  return { version, build: { timestamp, number }, tail: rest.slice(version.length) };
}

/** The rest begins with the version, and the version ends there. */
function startsWithPart(rest: string, version: string): boolean {
  if (!rest.startsWith(version)) return false;
  const next = rest[version.length];
  return next === undefined || next === '-' || next === '.';
}

function splitTail(tail: string): { classifier: string | undefined; extension: string } | NotAnArtifact {
  if (tail === '') return { reason: 'The file name has no extension.' };
  if (tail.startsWith('.')) return checkedExtension(undefined, tail.slice(1));
  const text = tail.slice(1);
  const compound = compoundExtension.exec(text);
  const dot = compound ? compound.index : text.lastIndexOf('.');
  if (dot <= 0) return { reason: 'The file name has an empty classifier or no extension.' };
  const classifier = text.slice(0, dot);
  if (buildPrefix.test(classifier)) {
    return {
      reason: `"${classifier.slice(0, 60)}" looks like a snapshot's timestamp, but the directory is not that snapshot's.`,
    };
  }
  return checkedExtension(classifier, text.slice(dot + 1));
}

/** `1.jar` after `lib-1.0.` is the file of another version, not an extension. `7z` is the one known extension that begins with a digit. */
function checkedExtension(
  classifier: string | undefined,
  extension: string,
): { classifier: string | undefined; extension: string } | NotAnArtifact {
  if (extension === '7z' || /^[A-Za-z]/.test(extension)) return { classifier, extension };
  return {
    reason: `"${extension.slice(0, 60)}" is not an extension; is the file in the directory of another version?`,
  };
}
