import { describe, expect, it } from '@jest/globals';
import { readPublishBody } from './publish-body.js';

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) % 256));
const base64 = bytes.toString('base64');

function attachment(data: string, name = 'foo-1.0.0.tgz'): string {
  return `"_attachments":{"${name}":{"content_type":"application/octet-stream","data":${data},"length":1000}}`;
}

async function* pieces(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function read(text: string | Buffer, size = 64) {
  const { document, tarball } = await readPublishBody(pieces(text, size), collect);
  return { document: JSON.parse(document.toString()) as Record<string, unknown>, tarball };
}

describe('readPublishBody', () => {
  it.each([1, 2, 3, 5, 7, 64, 100_000])(
    'finds the tarball before and after the versions in chunks of %i bytes',
    async size => {
      for (const text of [
        `{"name":"foo","versions":{"1.0.0":{"name":"foo"}},${attachment(`"${base64}"`)}}`,
        `{${attachment(`"${base64}"`)},"name":"foo","versions":{"1.0.0":{"name":"foo"}}}`,
      ]) {
        const { document, tarball } = await read(text, size);
        expect(tarball).toEqual(bytes);
        expect(document).toEqual({
          name: 'foo',
          versions: { '1.0.0': { name: 'foo' } },
          _attachments: { 'foo-1.0.0.tgz': { content_type: 'application/octet-stream', data: '', length: 1000 } },
        });
      }
    },
  );

  it('reads pretty-printed JSON, escaped keys, and strings with quotes, braces and backslashes', async () => {
    const text = `{\n  "a\\"{": "x\\\\",\n  "readme": "\\u007b \\"_attachments\\": {",\n "\\u005fattachments": {\n "@s/foo-1.0.0.tgz" : { "data" : "${base64}" } } }\n`;
    for (const size of [1, 13, 1000]) {
      const { document, tarball } = await read(text, size);
      expect(tarball).toEqual(bytes);
      expect(document['a"{']).toBe('x\\');
      expect(document.readme).toBe('{ "_attachments": {');
    }
  });

  it.each([1, 2, 3, 4, 5, 50])('reads base64 with JSON escapes in chunks of %i bytes', async size => {
    const escaped = base64.replaceAll('/', '\\/').replaceAll('+', '\\u002B').replaceAll('=', '\\u003d');
    expect((await read(`{${attachment(`"${escaped}"`)}}`, size)).tarball).toEqual(bytes);
  });

  it.each([0, 1, 2, 3, 4, 5])('decodes %i bytes', async length => {
    const some = bytes.subarray(0, length);
    expect((await read(`{${attachment(`"${some.toString('base64')}"`)}}`, 3)).tarball).toEqual(some);
  });

  it('leaves a provenance bundle and data that is no string in the document', async () => {
    const text = `{"_attachments":{"foo-1.0.0.sigstore":{"data":"{\\"a\\":1}"},"foo-1.0.0.tgz":{"data":5}}}`;
    const { document, tarball } = await read(text);
    expect(tarball).toBeUndefined();
    expect(document).toEqual({
      _attachments: { 'foo-1.0.0.sigstore': { data: '{"a":1}' }, 'foo-1.0.0.tgz': { data: 5 } },
    });
  });

  it('takes only the data of an attachment for a tarball', async () => {
    const text = `{"x":{"a.tgz":{"data":"no"}},"_attachments":[{"a.tgz":{"data":"no"}}],"data":"no"}`;
    expect((await read(text)).tarball).toBeUndefined();
  });

  it.each([
    ['white space', `${base64.slice(0, 8)} ${base64.slice(8)}`],
    ['an escaped line break', `${base64.slice(0, 8)}\\n${base64.slice(8)}`],
    ['the URL alphabet', 'ab-_'.repeat(4)],
    ['no padding', 'QQ'],
    ['too much padding', 'QUI=='],
    ['padding in the middle', 'QQ==QQ=='],
    ['something behind the padding', 'QUI=QUJD'],
    ['bits below the padding', 'QR=='],
    ['a foreign character', 'QU!DQUJD'],
    ['a byte that is no ASCII', 'QUÄDQUJD'],
    ['an escaped quote', 'QUJD\\"QUJD'],
    ['a cut escape', 'QUJD\\u00'],
  ])('refuses base64 with %s', async (_, data) => {
    for (const size of [1, 6, 10_000]) {
      await expect(read(`{${attachment(`"${data}"`)}}`, size)).rejects.toMatchObject({ code: 'invalid-request' });
    }
  });

  it.each([
    ['an empty body', ''],
    ['a body that ends in the tarball', `{${attachment(`"${base64}`).slice(0, 200)}`],
    ['a body that ends behind the tarball', `{"_attachments":{"a.tgz":{"data":"${base64}"`],
    ['two tarballs', `{"_attachments":{"a.tgz":{"data":"QQ=="},"b.tgz":{"data":"QQ=="}}}`],
    ['two versions maps', `{"versions":{},"versions":{}}`],
    ['two attachment maps', `{${attachment('"QQ=="')},${attachment('"QQ=="')}}`],
    ['the same key spelled with an escape', `{"versions":{},"version\\u0073":{}}`],
    ['a version twice', `{"versions":{"1.0.0":{},"1.0.0":{}}}`],
    ['a tag twice', `{"dist-tags":{"latest":"1.0.0","latest":"2.0.0"}}`],
    ['data twice', `{"_attachments":{"a.tgz":{"data":"QQ==","data":"QQ=="}}}`],
    ['a malformed key', `{"a\\x":1}`],
    ['deep nesting', '['.repeat(1000)],
  ])('refuses %s', async (_, text) => {
    for (const size of [1, 10_000]) {
      await expect(read(text, size)).rejects.toMatchObject({ code: 'invalid-request' });
    }
  });

  it('refuses a document of more than 5 MiB beside the tarball', async () => {
    const text = `{"readme":"${'x'.repeat(5 * 1024 * 1024)}"}`;
    await expect(read(text, 64 * 1024)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('passes on what the receiver throws, and leaves the source to its owner', async () => {
    const full = new Error('full');
    let closed = false;
    const source: AsyncIterable<Buffer> = {
      [Symbol.asyncIterator]: () => ({
        ...bind(pieces(`{${attachment(`"${base64}"`)}}`, 10)),
        return: () => {
          closed = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    await expect(readPublishBody(source, () => Promise.reject(full))).rejects.toBe(full);
    expect(closed).toBe(false);
  });

  it('reads 64 MiB of base64 without holding it', async () => {
    const piece = Buffer.from(Buffer.alloc(48 * 1024, 7).toString('base64'));
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"_attachments":{"a.tgz":{"data":"');
      for (let i = 0; i < 1024; i++) yield piece;
      yield Buffer.from('"}}}');
    }
    let total = 0;
    let largest = 0;
    await readPublishBody(source(), async decoded => {
      for await (const part of decoded) {
        total += part.length;
        largest = Math.max(largest, part.length);
      }
    });
    expect(total).toBe(1024 * 48 * 1024);
    expect(largest).toBeLessThanOrEqual(49 * 1024);
  });
});

function bind(iterator: AsyncGenerator<Buffer>): AsyncIterator<Buffer> {
  return { next: () => iterator.next() };
}
