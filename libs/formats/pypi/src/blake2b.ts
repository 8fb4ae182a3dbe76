/**
 * BLAKE2b with 32 bytes of output (RFC 7693), which the upload form announces as `blake2_256_digest`. Node's crypto only has the 64-byte form, and a cut of that is
 * another digest. The 64-bit words are pairs of 32-bit ones, low first.
 */
export class Blake2b256 {
  readonly #state = new Uint32Array(16);
  readonly #work = new Uint32Array(32);
  readonly #words = new Uint32Array(32);
  readonly #block = new Uint8Array(128);
  readonly #view = new DataView(this.#block.buffer);
  #filled = 0;
  #totalBytes = 0;

  constructor() {
    this.#state.set(initial);
    // Parameter block: 32 bytes of output, no key, sequential.
    this.#state[0]! ^= 0x01010020;
  }

  update(bytes: Uint8Array): this {
    for (let position = 0; position < bytes.length;) {
      // The last block is compressed differently, so a full one waits until more comes.
      if (this.#filled === 128) this.#compress(false);
      const piece = bytes.subarray(position, position + 128 - this.#filled);
      this.#block.set(piece, this.#filled);
      this.#filled += piece.length;
      this.#totalBytes += piece.length;
      position += piece.length;
    }
    return this;
  }

  hex(): string {
    this.#block.fill(0, this.#filled);
    this.#compress(true);
    const bytes = Buffer.alloc(32);
    for (let i = 0; i < 8; i++) bytes.writeUInt32LE(this.#state[i]!, i * 4);
    return bytes.toString('hex');
  }

  #compress(last: boolean): void {
    const v = this.#work;
    v.set(this.#state);
    v.set(initial, 16);
    v[24]! ^= this.#totalBytes % 0x100000000;
    v[25]! ^= Math.floor(this.#totalBytes / 0x100000000);
    if (last) {
      v[28]! ^= 0xffffffff;
      v[29]! ^= 0xffffffff;
    }
    for (let i = 0; i < 32; i++) this.#words[i] = this.#view.getUint32(i * 4, true);
    for (let at = 0; at < mixings.length; at += 6) mix(v, this.#words, at);
    for (let i = 0; i < 16; i++) this.#state[i]! ^= v[i]! ^ v[i + 16]!;
    this.#filled = 0;
  }
}

const initial = Uint32Array.from(
  [
    [0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
    [0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
  ].flat(),
);

/** Message word of each half step; rounds 10 and 11 repeat 0 and 1. */
const permutations: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/** The 96 mixings of one block, each as the places of a, b, c and d and of its two message words. */
const mixings = Uint8Array.from(
  [...permutations, permutations[0]!, permutations[1]!].flatMap(order =>
    Array.from({ length: 8 }, (_, i) => {
      const shift = i < 4 ? 0 : 1;
      const [a, b, c, d] = [0, 1, 2, 3].map(row => row * 4 + ((i + row * shift) % 4));
      return [a!, b!, c!, d!, order[i * 2]!, order[i * 2 + 1]!].map(word => word * 2);
    }).flat(),
  ),
);

/** G of the RFC, written out: two additions with carry, four exclusive ors with rotations by 32, 24, 16 and 63 bits. */
function mix(v: Uint32Array, words: Uint32Array, at: number): void {
  const a = mixings[at]!;
  const b = mixings[at + 1]!;
  const c = mixings[at + 2]!;
  const d = mixings[at + 3]!;
  const x = mixings[at + 4]!;
  const y = mixings[at + 5]!;
  add(v, a, v[b]! + words[x]!, v[b + 1]! + words[x + 1]!);
  let low = v[d + 1]! ^ v[a + 1]!;
  v[d + 1] = v[d]! ^ v[a]!;
  v[d] = low;
  add(v, c, v[d]!, v[d + 1]!);
  low = v[b]! ^ v[c]!;
  let high = v[b + 1]! ^ v[c + 1]!;
  v[b] = (low >>> 24) | (high << 8);
  v[b + 1] = (high >>> 24) | (low << 8);
  add(v, a, v[b]! + words[y]!, v[b + 1]! + words[y + 1]!);
  low = v[d]! ^ v[a]!;
  high = v[d + 1]! ^ v[a + 1]!;
  v[d] = (low >>> 16) | (high << 16);
  v[d + 1] = (high >>> 16) | (low << 16);
  add(v, c, v[d]!, v[d + 1]!);
  low = v[b]! ^ v[c]!;
  high = v[b + 1]! ^ v[c + 1]!;
  v[b] = (low << 1) | (high >>> 31);
  v[b + 1] = (high << 1) | (low >>> 31);
}

/** Adds a number given as two halves, which may be larger than 32 bits each. */
function add(v: Uint32Array, at: number, low: number, high: number): void {
  const sum = v[at]! + low;
  v[at] = sum;
  v[at + 1] = v[at + 1]! + high + ((sum / 0x100000000) | 0);
}
