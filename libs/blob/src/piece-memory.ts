import { slotBytes } from './hash-thread.js';

/** 512 KiB: few wake-ups for a large file. */
export const pieceBytes = slotBytes;

const spare: Buffer[] = [];
const spareLimit = 32;

/**
 * Memory for one piece of a file. Memory outside the heap makes the collector walk the whole heap every few dozen megabytes; with fresh memory for each piece that took more
 * processor time than hashing and sending a large file together.
 */
export function takePiece(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
}

/** Gives a piece back that nothing reads or writes any more. When in doubt leave it to the collector. */
export function givePiece(piece: Buffer): void {
  if (spare.length < spareLimit) spare.push(piece);
}
