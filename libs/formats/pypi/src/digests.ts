import { LarderError } from '#kernel';
import type { StagedBlob } from '#registry';
import { Blake2b256 } from './blake2b.js';
import type { AnnouncedDigests } from './upload-request.js';

/** BLAKE2b runs here at some 60 MB a second, so that of a larger file is compared only when nothing else was announced. */
const blake2LimitBytes = 16 * 1024 ** 2;

/**
 * Compares what the client announced with what arrived.
 * @throws digest-mismatch
 */
export async function compareDigests(staged: StagedBlob, announced: AnnouncedDigests): Promise<void> {
  const { md5, sha256, blake2b256 } = announced;
  const alone = md5 === undefined && sha256 === undefined;
  const agrees =
    (md5 === undefined || md5 === staged.checksums.md5) &&
    (sha256 === undefined || sha256 === staged.checksums.sha256) &&
    (blake2b256 === undefined ||
      (!alone && staged.sizeBytes > blake2LimitBytes) ||
      blake2b256 === (await blake2Of(staged)));
  if (agrees) return;
  throw new LarderError(
    'digest-mismatch',
    'The digest supplied does not match a digest calculated from the uploaded file. Send it again.',
    { details: { sha256: staged.checksums.sha256 } },
  );
}

async function blake2Of(staged: StagedBlob): Promise<string> {
  const hash = new Blake2b256();
  for await (const chunk of staged.open() as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.hex();
}
