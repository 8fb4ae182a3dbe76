import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { type OciClient, jsonOf, manifestOf, refusalOf, type Answer, type Image } from './oci-client.js';
import { startOci } from './start-oci.js';

const name = 'hosted/team/app';

let server: TestServer;
let client: OciClient;
let image: Image;

beforeAll(async () => {
  ({ server, client, image } = await startOci());
});
afterAll(() => server.stop());

function put(tag: string, text: string): Promise<Answer> {
  return client.pushManifest(name, tag, manifestOf(image, { annotations: { text } }));
}

describe('fixed tags', () => {
  it('are set once, and the refusal says who holds the tag and what to do', async () => {
    expect((await put('1.4.0', 'first')).status).toBe(201);
    const refused = await put('1.4.0', 'second');
    expect(refusalOf(refused)).toBe('409 DENIED');
    const [{ message, detail }] = jsonOf<{ errors: [{ message: string; detail: Record<string, unknown> }] }>(
      refused,
    ).errors;
    expect(message).toContain(
      `The image tag '1.4.0' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
    );
    expect(message).toMatch(/new tag/);
    expect(detail).toMatchObject({
      reason: 'TAG_IMMUTABLE',
      tag: '1.4.0',
      decisionId: refused.headers['x-decision-id'],
    });
  });

  it('take the same manifest again without a further move', async () => {
    expect((await put('1.4.0', 'first')).status).toBe(201);
    const rows = await server.database.query<{ count: string }>(`select count(*) from tag where name = '1.4.0'`);
    expect(Number(rows[0]!.count)).toBe(1);
  });

  it('are won by one of two first pushes', async () => {
    const answers = await Promise.all([put('2.0.0', 'left'), put('2.0.0', 'right')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('cannot be removed, nor can their manifest', async () => {
    expect(refusalOf(await client.send('DELETE', `/v2/${name}/manifests/1.4.0`))).toBe('409 DENIED');
    const digest = String((await client.get(`/v2/${name}/manifests/1.4.0`)).headers['docker-content-digest']);
    expect(refusalOf(await client.send('DELETE', `/v2/${name}/manifests/${digest}`))).toBe('409 DENIED');
    expect((await client.get(`/v2/${name}/manifests/1.4.0`)).status).toBe(200);
  });

  it.each(['latest', `sha256-${'ab'.repeat(32)}`, `sha256-${'ab'.repeat(32)}.sig`])('do not include %s', async tag => {
    expect((await put(tag, 'one')).status).toBe(201);
    expect((await put(tag, 'two')).status).toBe(201);
  });
});
