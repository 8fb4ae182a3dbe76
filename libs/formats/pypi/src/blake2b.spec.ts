import { describe, expect, it } from '@jest/globals';
import { Blake2b256 } from './blake2b.js';

describe('Blake2b256', () => {
  it.each([
    [0, '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8'],
    [1, '03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314'],
    [127, 'f2fe67ff342e21b8f45e8f2e0bcd1d9243245d50ee6c78042e9c491388791c72'],
    [128, 'c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1'],
    [129, 'f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9'],
    [255, 'd9ef0fc521b4266d16df662bec231bc2ec3989e7adeaf63169c295dc239dbbea'],
    [256, '582f782226018ec33076bd8d1c42413530ac7e1126260ffc0f306ba3befc3f24'],
    [1000, 'b372d0608f720c8c3dd41e9c8eecb10143b41abe520b616607e754bf79c08331'],
    [100000, '916cfaa800ee55811e82095babeb88ea29c9ef8a36e8d7e20c7b772c344c9e1c'],
  ])('hashes %i bytes as Python does, in one piece and in pieces', (length, hex) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
    expect(new Blake2b256().update(bytes).hex()).toBe(hex);
    const pieces = new Blake2b256();
    for (let at = 0; at < length; at += 77) pieces.update(bytes.subarray(at, at + 77));
    expect(pieces.hex()).toBe(hex);
  });
});
