import { describe, expect, it } from '@jest/globals';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { ContentHandlers } from './content-handlers.js';

/** Which handler a request reaches; `next` when the look-up leaves it to Express. */
function reach(handlers: ContentHandlers, method: string, url: string): string {
  let reached = 'next';
  const res = { end: (name: string) => (reached = name) } as unknown as Response;
  handlers.handle({ method, url } as Request, res, () => undefined);
  return reached;
}

const named =
  (name: string): RequestHandler =>
  (_req, res) =>
    void res.end(name);

describe('ContentHandlers', () => {
  const { router } = express();
  router.get('/~raw/file', named('first'));
  router.get('/~raw/file', named('second'));
  router.put('/~raw/file', named('put'));
  router.get('/~raw/:any', named('pattern'));
  router.all('/~raw/all', named('all'));
  router.get('/api/file', named('outside'));
  const handlers = new ContentHandlers();
  handlers.collect(router);

  it.each([
    ['GET', '/~raw/file', 'first'],
    ['HEAD', '/~raw/file', 'first'],
    ['PUT', '/~raw/file', 'put'],
    ['DELETE', '/~raw/file', 'next'],
    ['GET', '/~raw/other', 'next'],
    ['GET', '/~raw/:any', 'next'],
    ['GET', '/~raw/file/', 'next'],
    ['GET', '/~raw/file?x', 'next'],
    ['GET', '/~RAW/file', 'next'],
    ['GET', '/~raw/all', 'next'],
    ['GET', '/api/file', 'next'],
  ])('%s %s reaches %s', (method, url, reached) => {
    expect(reach(handlers, method, url)).toBe(reached);
  });

  it('gives the promise of a handler back, so that its failure is seen', async () => {
    const { router: failing } = express();
    failing.get('/~raw/file', () => Promise.reject(new Error('seen')));
    const both = new ContentHandlers();
    both.collect(failing);
    await expect(
      both.handle({ method: 'GET', url: '/~raw/file' } as Request, {} as Response, () => undefined),
    ).rejects.toThrow('seen');
  });
});
