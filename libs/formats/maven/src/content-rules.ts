import { LarderError } from '#kernel';
import type { StagedBlob } from '#registry';
import { isPom, type Artifact } from './coordinates.js';
import { parsePom, pomContradiction, pomLimitBytes, type Pom } from './pom.js';

/** Files that begin with the signature of a ZIP entry. */
const zipExtensions = new Set(['jar', 'war', 'ear', 'aar', 'zip']);
/** An empty file of these kinds is always a mistake. Others may be empty: some people deploy marker jars. */
const neverEmpty = new Set(['pom', 'module']);

const defaultLimitBytes = 10 * 1024 ** 3;
const pgpLimitBytes = 64 * 1024;
const sigstoreLimitBytes = 1024 ** 2;

/** How many bytes a file at this path may have. */
export function limitBytesOf(artifact: Artifact | undefined): number {
  if (!artifact) return defaultLimitBytes;
  if (artifact.signature === 'asc' || artifact.signature === 'sig') return pgpLimitBytes;
  if (artifact.signature !== undefined) return sigstoreLimitBytes;
  return isPom(artifact) ? pomLimitBytes : defaultLimitBytes;
}

/**
 * Looks into received bytes before they are stored: the artifact itself says what it is, not the client's request.
 * @returns the POM when the file is one that can be read.
 * @throws invalid-package for bytes of another kind; conflict for a POM of other coordinates
 */
export async function inspect(staged: StagedBlob, artifact: Artifact): Promise<Pom | undefined> {
  const name = `${artifact.artifactId}-${artifact.version}`;
  if (staged.sizeBytes === 0) {
    if (artifact.signature === undefined && !neverEmpty.has(artifact.extension)) return undefined;
    throw new LarderError('invalid-package', `The file for ${name} is empty; deploy it again.`);
  }
  if (artifact.signature !== undefined) {
    await checkSignature(staged, artifact);
    return undefined;
  }
  if (zipExtensions.has(artifact.extension)) await checkZip(staged, artifact);
  return isPom(artifact) ? checkedPom(staged, artifact) : undefined;
}

async function checkZip(staged: StagedBlob, artifact: Artifact): Promise<void> {
  const start = await staged.read({ start: 0, end: Math.min(1, staged.sizeBytes - 1) });
  if (start.toString('latin1') !== 'PK') {
    throw new LarderError(
      'invalid-package',
      `The .${artifact.extension} of ${artifact.artifactId}-${artifact.version} is no ZIP archive (it does not begin with PK); build it again.`,
    );
  }
}

async function checkSignature(staged: StagedBlob, artifact: Artifact): Promise<void> {
  const bytes = await staged.read({ start: 0, end: staged.sizeBytes - 1 });
  if (artifact.signature === 'asc' && !bytes.includes('-----BEGIN PGP SIGNATURE-----')) {
    throw new LarderError(
      'invalid-package',
      'The .asc file has no armoured PGP signature; sign with gpg --armor --detach-sign.',
    );
  }
  if (artifact.signature === 'sigstore.json' && !isSigstoreBundle(bytes)) {
    throw new LarderError(
      'invalid-package',
      'The .sigstore.json file is no sigstore bundle (JSON with its mediaType).',
    );
  }
}

function isSigstoreBundle(bytes: Buffer): boolean {
  try {
    const bundle: unknown = JSON.parse(bytes.toString('utf8'));
    const mediaType = (bundle as { mediaType?: unknown } | null)?.mediaType;
    return typeof mediaType === 'string' && mediaType.startsWith('application/vnd.dev.sigstore.bundle');
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function checkedPom(staged: StagedBlob, artifact: Artifact): Promise<Pom | undefined> {
  const pom = await parsePom(await staged.read({ start: 0, end: staged.sizeBytes - 1 }));
  const contradiction = pom && pomContradiction(pom, artifact);
  if (contradiction !== undefined) throw new LarderError('conflict', contradiction);
  return pom;
}
