import { LarderError } from '#kernel';
import { decodeBase64Run } from './base64-run.js';
import { DocumentScanner } from './document-scanner.js';

/** The document apart from the tarballs: guide, section 25. */
export const maxDocumentBytes = 5 * 1024 * 1024;

/** A publish document whose tarball has gone elsewhere. */
export interface PublishBody<T> {
  /** The JSON text; the tarball's data stands in it as an empty string. */
  readonly document: Buffer;
  /** What `receive` made of the tarball; undefined when there was none. */
  readonly tarball: T | undefined;
}

/**
 * Reads a publish document while it arrives. The base64 text of the `.tgz` attachment is decoded piece by piece and handed to
 * `receive`, which must read it to its end; memory is bounded by one chunk of the source and 5 MiB for everything else.
 * `_attachments` may stand before or after `versions`. That the rest is valid JSON is for the caller's parser to say.
 * @throws invalid-request for duplicate keys, a second tarball, text that is not strict base64, or a body that ends early;
 * too-large for a document of more than 5 MiB; whatever `receive` throws
 */
export async function readPublishBody<T>(
  source: AsyncIterable<Buffer>,
  receive: (bytes: AsyncIterable<Buffer>) => Promise<T>,
): Promise<PublishBody<T>> {
  const chunks = source[Symbol.asyncIterator]();
  const scanner = new DocumentScanner(maxDocumentBytes);
  let tarball: { result: T } | undefined;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    let rest: Buffer | undefined = scanner.scan(next.value);
    while (rest !== undefined) {
      if (tarball)
        throw new LarderError('invalid-request', 'The document has two .tgz attachments; a publish has exactly one.');
      const run = decodeBase64Run(rest, chunks);
      tarball = { result: await receive(run.bytes) };
      rest = scanner.resume(run.rest());
    }
  }
  return { document: scanner.finish(), tarball: tarball?.result };
}
