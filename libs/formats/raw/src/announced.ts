import { isHexDigest, LarderError, type Checksums, type HashAlgorithm } from '#kernel';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const hexHeaders: readonly (readonly [header: string, algorithm: HashAlgorithm])[] = [
  ['x-checksum-md5', 'md5'],
  ['x-checksum-sha1', 'sha1'],
  ['x-checksum-sha256', 'sha256'],
  ['x-checksum-sha512', 'sha512'],
];
const digestNames: Readonly<Record<string, HashAlgorithm>> = {
  'sha-256': 'sha256',
  'sha-512': 'sha512',
  sha: 'sha1',
  md5: 'md5',
};

/**
 * The digests that a client announces for its body: `X-Checksum-*` (Artifactory's clients), `Content-MD5`, `Digest` (RFC 3230) and
 * `Content-Digest` / `Repr-Digest` (RFC 9530). Unknown algorithms are passed over.
 * @throws invalid-digest for one that cannot be a digest
 */
export function announcedChecksums(headers: Headers): Checksums {
  const found: Checksums = {};
  for (const [header, algorithm] of hexHeaders) {
    const value = single(headers[header]);
    if (value !== undefined) found[algorithm] = hex(algorithm, value.toLowerCase());
  }
  const md5 = single(headers['content-md5']);
  if (md5 !== undefined) found.md5 = base64('md5', md5);
  for (const header of ['digest', 'content-digest', 'repr-digest']) {
    for (const entry of (single(headers[header]) ?? '').split(',')) {
      const match = /^\s*([A-Za-z0-9-]+)=:?([A-Za-z0-9+/=]+?):?\s*$/.exec(entry);
      const algorithm = match && digestNames[match[1]!.toLowerCase()];
      if (match && algorithm) found[algorithm] = base64(algorithm, match[2]!);
    }
  }
  return found;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

function base64(algorithm: HashAlgorithm, text: string): string {
  return hex(algorithm, Buffer.from(text, 'base64').toString('hex'));
}

function hex(algorithm: HashAlgorithm, text: string): string {
  if (!isHexDigest(algorithm, text))
    throw new LarderError(
      'invalid-digest',
      `The announced ${algorithm} digest is not one; send it in the form that its header takes.`,
    );
  return text;
}
