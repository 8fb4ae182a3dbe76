import { LarderError, systemCode } from '#kernel';

const fullCodes: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);
const refusingCodes: ReadonlySet<string | undefined> = new Set(['EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE']);

export function isFull(error: unknown): boolean {
  return fullCodes.has(systemCode(error));
}

/** Turns what the operating system says about a failed write into Larder's words; everything else passes unchanged. */
export function writeFailure(error: unknown): unknown {
  if (isFull(error)) return storageFull(error);
  if (refusingCodes.has(systemCode(error))) {
    return new LarderError(
      'unavailable',
      'The server cannot write to its storage at the moment. Try again later; nothing was stored.',
      {
        retryAfterSeconds: 30,
        cause: error,
      },
    );
  }
  return error;
}

export function storageFull(cause?: unknown): LarderError {
  return new LarderError(
    'storage-full',
    "The server's disk is full, so nothing was stored. Its operator must free space or enlarge the disk.",
    {
      retryAfterSeconds: 300,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
