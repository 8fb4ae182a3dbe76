import type { Writable } from 'node:stream';

/** Resolves when the target has no more use for the memory of the piece. @throws ERR_STREAM_PREMATURE_CLOSE, or what ended the target */
export function writePiece(target: Writable, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(prematureClose());
    if (target.destroyed) {
      gone();
      return;
    }
    // A target that is closed while it waits for its turn on the connection never calls back.
    target.once('close', gone);
    target.write(piece, error => {
      target.off('close', gone);
      if (error) reject(target.destroyed ? prematureClose() : error);
      else resolve();
    });
  });
}

function prematureClose(): Error {
  return Object.assign(new Error('the receiver went away'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}
