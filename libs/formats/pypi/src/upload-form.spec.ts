import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLarderError } from '#kernel';
import type { StagedBlob } from '#registry';
import { multipart, type FormPart } from '../test/forms.js';
import { readUploadForm, type ContentSink } from './upload-form.js';

/** Counts what is staged, and keeps it in memory. */
class MemorySink implements ContentSink {
  held = new Set<StagedBlob>();

  async stage(source: Readable): Promise<StagedBlob> {
    const bytes = Buffer.concat(await source.toArray());
    if (bytes.includes('refuse me')) throw new Error('refused by the sink');
    const staged = { sizeBytes: bytes.length, bytes } as unknown as StagedBlob;
    this.held.add(staged);
    return staged;
  }

  discard(staged: StagedBlob): Promise<void> {
    this.held.delete(staged);
    return Promise.resolve();
  }
}

describe('readUploadForm', () => {
  let sink: MemorySink;
  let outcome: Promise<unknown>;
  let settle: (value: unknown) => void;
  const server = createServer((req, res) => void answer(req, res));

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      const { fields, content } = await readUploadForm(req, sink);
      settle({ fields: Object.fromEntries(fields), fileName: content.fileName, size: content.staged.sizeBytes });
      res.end('ok');
    } catch (error) {
      const { message } = error as Error;
      settle(isLarderError(error) ? { code: error.code, message } : { message });
      res.writeHead(400).end();
    }
  }

  beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => void server.close());
  beforeEach(() => {
    sink = new MemorySink();
    outcome = new Promise(resolve => (settle = resolve));
  });

  /** `cutAfter` ends the connection behind that many bytes. */
  async function send(
    body: Buffer,
    options: { type?: string | null; chunked?: boolean; cutAfter?: number } = {},
  ): Promise<unknown> {
    const type = options.type === undefined ? 'multipart/form-data; boundary=XX' : options.type;
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
    if (!options.chunked) headers['content-length'] = String(body.length);
    const req = request({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      method: 'POST',
      headers,
      agent: false,
    });
    req.on('error', () => undefined);
    req.on('response', res => res.resume());
    if (options.cutAfter === undefined) req.end(body);
    else req.write(body.subarray(0, options.cutAfter), () => req.destroy());
    return outcome;
  }

  const content: FormPart = { name: 'content', fileName: 'demo-1.0.tar.gz', value: 'bytes' };
  const name: FormPart = { name: 'name', value: 'demo' };

  it.each([
    ['in order', [name, content], {}],
    ['with the file first', [content, name], {}],
    ['chunked', [name, content], { chunked: true }],
  ])('reads a form %s', async (_name, parts, options) => {
    expect(await send(multipart(parts), options)).toEqual({
      fields: { name: 'demo' },
      fileName: 'demo-1.0.tar.gz',
      size: 5,
    });
    expect(sink.held.size).toBe(1);
  });

  it('leaves out empty fields, UNKNOWN and metadata', async () => {
    const parts = [
      content,
      name,
      { name: 'version', value: '' },
      { name: 'pyversion', value: 'UNKNOWN' },
      { name: 'summary', value: 'x' },
    ];
    expect(await send(multipart(parts))).toMatchObject({ fields: { name: 'demo' } });
  });

  it('keeps the path in a file name for the check behind it', async () => {
    expect(await send(multipart([{ ...content, fileName: '../ä.whl' }]))).toMatchObject({ fileName: '../ä.whl' });
  });

  it('takes a detached signature and throws it away', async () => {
    expect(await send(multipart([{ ...content, name: 'gpg_signature', fileName: 'x.asc' }, content]))).toMatchObject({
      size: 5,
    });
    expect(sink.held.size).toBe(1);
  });

  const many = Array.from({ length: 1001 }, (_, i) => ({ name: `f${i}`, value: 'x' }));

  it.each([
    ['no content', [name], 'does not have a file'],
    ['content as text', [{ name: 'content', value: 'x' }], '"content" must be a file'],
    ['content without a file name', [{ ...content, fileName: '' }], '"content" must be a file'],
    ['two contents', [content, content], 'more than once'],
    ['a text field as a file', [content, { name: 'name', fileName: 'x', value: 'demo' }], '"name" must be text'],
    ['a field twice', [name, name, content], '"name" stands in the form more than once'],
    ['1,001 fields', [content, ...many], 'more than 1000 fields'],
    ['a field above its limit', [content, { name: 'description', value: 'x'.repeat(1024 ** 2 + 1) }], '1 MiB'],
    [
      'fields above the limit together',
      [content, ...[1, 2, 3].map(i => ({ name: `f${i}`, value: 'x'.repeat(900_000) }))],
      '2 MiB',
    ],
    [
      'long field names',
      [content, ...many.slice(1).map(part => ({ ...part, name: part.name.padEnd(4000, 'n') }))],
      '2 MiB',
    ],
  ])('refuses %s, and nothing stays staged', async (_name, parts: FormPart[], words) => {
    expect(await send(multipart(parts))).toMatchObject({ message: expect.stringContaining(words) });
    expect(sink.held.size).toBe(0);
  });

  it.each([
    ['another content type', Buffer.from('{}'), { type: 'application/json' }, 'multipart/form-data'],
    ['no content type', Buffer.from('x'), { type: null }, 'multipart/form-data'],
    ['no boundary', Buffer.from('x'), { type: 'multipart/form-data; x=y' }, 'boundary'],
    ['another boundary', multipart([content]), { type: 'multipart/form-data; boundary=YY' }, 'damaged or cut'],
    ['no final boundary', multipart([name, content]).subarray(0, -30), {}, 'damaged or cut'],
    ['an empty body', Buffer.alloc(0), {}, 'damaged or cut'],
    [
      'a cut connection',
      multipart([{ ...content, value: 'x'.repeat(200_000) }]),
      { cutAfter: 100_000 },
      'ended before',
    ],
  ])('refuses %s, and nothing stays staged', async (_name, body, options, words) => {
    expect(await send(body, options)).toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining(words),
    });
    expect(sink.held.size).toBe(0);
  });

  it('passes on what the sink says', async () => {
    expect(await send(multipart([{ ...content, value: 'refuse me' }, name]))).toEqual({
      message: 'refused by the sink',
    });
  });
});
