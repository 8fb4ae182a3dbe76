import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { oci } from '#formats/oci';
import { OciClient, jsonOf, refusalOf } from './oci-client.js';

let server: TestServer;
let admin: OciClient;
let anonymous: OciClient;
let host: string;

beforeAll(async () => {
  server = await startTestServer({ formats: [oci] });
  await server.createRepository('hosted', 'oci');
  await server.createRepository('secret', 'oci');
  admin = OciClient.basic(server.url, server.admin);
  anonymous = new OciClient(server.url);
  host = new URL(server.url).host;
});
afterAll(() => server.stop());

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the base of the protocol', () => {
  it('challenges without credentials, also where anonymous may read', async () => {
    const answer = await anonymous.get('/v2/');
    expect(refusalOf(answer)).toBe('401 UNAUTHORIZED');
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer realm="http://${host}/v2/_token",service="container-registry"`,
    );
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'docker-distribution-api-version': 'registry/2.0',
    });
  });

  it.each(['/v2/', '/v2'])('answers %s to who has signed in', async path => {
    const answer = await admin.get(path);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(jsonOf(answer)).toEqual({});
  });

  it('answers HEAD without a body', async () => {
    expect(await admin.send('HEAD', '/v2/')).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it('says which methods it takes', async () => {
    const answer = await admin.send('POST', '/v2/');
    expect(refusalOf(answer)).toBe('405 UNSUPPORTED');
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  it.each([
    ['Basic with a wrong password', basic('admin:wrong password')],
    ['Basic that cannot be read', 'Basic !!!'],
    ['Bearer without a token', 'Bearer'],
    ['a forged token', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['another scheme', 'Foo x'],
  ])('refuses %s', async (_what, authorization) => {
    const answer = await new OciClient(server.url, authorization).get('/v2/');
    expect(refusalOf(answer)).toBe('401 UNAUTHORIZED');
  });

  it('takes empty Basic credentials as none', async () => {
    expect((await new OciClient(server.url, 'Basic Og==').get('/v2/_token')).status).toBe(200);
    expect((await new OciClient(server.url, 'Basic Og==').get('/v2/')).status).toBe(401);
  });

  it('has no extensions', async () => {
    expect(jsonOf(await admin.get('/v2/_oci/ext/discover'))).toEqual({ extensions: [] });
  });

  it.each([
    ['GET', '/v2/hosted/app/foo', '404 NAME_UNKNOWN'],
    ['GET', '/v2/nowhere/app/tags/list', '404 NAME_UNKNOWN'],
    ['GET', '/v2/app/manifests/1.0', '404 NAME_UNKNOWN'],
    ['GET', '/v2/hosted/App/tags/list', '400 NAME_INVALID'],
    ['GET', '/v2/hosted/a%2Fb/tags/list', '400 NAME_INVALID'],
    ['GET', '/v2/hosted/%2e%2e/tags/list', '400 NAME_INVALID'],
    ['GET', '/v2/hosted/%zz/tags/list', '400 NAME_INVALID'],
    ['GET', '/v2/hosted/a%00b/tags/list', '400 NAME_INVALID'],
    ['PUT', '/v2/hosted/app/tags/list', '405 UNSUPPORTED'],
  ])('answers %s %s with %s', async (method, path, refusal) => {
    const answer = await admin.send(method, path);
    expect(refusalOf(answer)).toBe(refusal);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('asks anonymous callers to sign in, whether a repository exists or not', async () => {
    const scopes = await Promise.all(
      ['hosted', 'nowhere'].map(async repository => {
        const answer = await anonymous.get(`/v2/${repository}/app/manifests/1`);
        expect(refusalOf(answer)).toBe('401 UNAUTHORIZED');
        return answer.headers['www-authenticate']!.split(',scope=')[1];
      }),
    );
    expect(scopes).toEqual(['"repository:hosted/app:pull"', '"repository:nowhere/app:pull"']);
  });
});

interface Token {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
}

async function tokenFor(client: OciClient, ...scopes: string[]): Promise<OciClient> {
  const query = scopes.map(scope => `scope=${encodeURIComponent(scope)}`).join('&');
  return new OciClient(
    server.url,
    `Bearer ${jsonOf<Token>(await client.get(`/v2/_token?service=container-registry&${query}`)).token}`,
  );
}

describe('the token service', () => {
  it('answers with a token and its life', async () => {
    const answer = await admin.get('/v2/_token?service=container-registry&account=admin&offline_token=true');
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    const token = jsonOf<Token>(answer);
    expect(token.access_token).toBe(token.token);
    expect(token.expires_in).toBeGreaterThanOrEqual(60);
    expect(new Date(token.issued_at).getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(token).not.toHaveProperty('refresh_token');
  });

  it('gives a token without access to who only logs in', async () => {
    const client = await tokenFor(admin);
    expect((await client.get('/v2/')).status).toBe(200);
  });

  it('refuses a wrong password with Basic as its only challenge', async () => {
    const answer = await new OciClient(server.url, basic('admin:wrong password')).get('/v2/_token');
    expect(refusalOf(answer)).toBe('401 UNAUTHORIZED');
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
  });

  it.each(['', 'foo', 'repository::pull', 'repository:hosted/app:', 'repository:nowhere/app:pull', 'x'.repeat(3000)])(
    'ignores the scope "%s"',
    async scope => {
      expect((await admin.get(`/v2/_token?scope=${scope}`)).status).toBe(200);
    },
  );

  it('logs in with the password grant', async () => {
    const form = `grant_type=password&service=container-registry&client_id=x&scope=repository:hosted/app:pull&username=${server.admin.name}&password=${encodeURIComponent(server.admin.password)}`;
    const answer = await anonymous.send('POST', '/v2/_token', {
      body: form,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(answer.status).toBe(200);
    expect((await new OciClient(server.url, `Bearer ${jsonOf<Token>(answer).access_token}`).get('/v2/')).status).toBe(
      200,
    );
  });

  it.each([
    ['grant_type=password&username=admin&password=wrong', 401, 'invalid_grant'],
    ['grant_type=refresh_token&refresh_token=x', 400, 'unsupported_grant_type'],
    ['grant_type=magic', 400, 'unsupported_grant_type'],
    ['', 400, 'unsupported_grant_type'],
  ])('answers the form "%s" with %d %s', async (body, status, error) => {
    const answer = await anonymous.send('POST', '/v2/_token', {
      body,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(answer.status).toBe(status);
    expect(jsonOf(answer)).toMatchObject({ error });
  });

  it('gives tokens that open what was asked for and nothing else', async () => {
    const image = await admin.pushImage('hosted/scoped', '1.0', 'scoped');
    const pull = await tokenFor(admin, 'repository:hosted/scoped:pull');
    expect((await pull.get('/v2/hosted/scoped/manifests/1.0')).status).toBe(200);
    const other = await pull.get('/v2/hosted/other/tags/list');
    expect(other.status).toBe(401);
    expect(other.headers['www-authenticate']).toMatch(
      /scope="repository:hosted\/other:pull",error="insufficient_scope"$/,
    );
    expect((await pull.send('POST', '/v2/hosted/scoped/blobs/uploads/')).status).toBe(401);
    expect(image.digest).toBeTruthy();
  });

  it.each([
    ['two parameters', ['repository:hosted/a:pull,push', 'repository:hosted/b:pull,push']],
    ['one value with a blank', ['repository:hosted/a:pull,push repository:hosted/b:pull,push']],
  ])('reads %s alike', async (_how, scopes) => {
    const client = await tokenFor(admin, ...scopes);
    expect((await client.send('POST', '/v2/hosted/a/blobs/uploads/')).status).toBe(202);
    expect((await client.send('POST', '/v2/hosted/b/blobs/uploads/')).status).toBe(202);
  });

  it('gives tokens to delete with, which need no right to pull', async () => {
    const image = await admin.pushImage('hosted/deleted', 'latest', 'deleted');
    const client = await tokenFor(admin, 'repository:hosted/deleted:delete');
    expect((await client.send('DELETE', '/v2/hosted/deleted/manifests/latest')).status).toBe(202);
    expect((await client.send('DELETE', `/v2/hosted/deleted/manifests/${image.digest}`)).status).toBe(202);
    expect((await client.get('/v2/hosted/deleted/tags/list')).status).toBe(401);
  });

  it('gives tokens for one repository that are too narrow for another, not blind to it', async () => {
    const client = await tokenFor(admin, 'repository:hosted/app:pull');
    expect((await client.get('/v2/secret/app/tags/list')).status).toBe(401);
  });

  it('gives anonymous callers a token that opens what everyone may read', async () => {
    await server.createRepository('open', 'oci');
    await server.grantEveryone('reader', 'open');
    await admin.pushImage('open/app', '1.0', 'open');
    const client = await tokenFor(anonymous, 'repository:open/app:pull,push');
    expect((await client.get('/v2/open/app/manifests/1.0')).status).toBe(200);
    expect((await client.get('/v2/')).status).toBe(200);
    const push = await client.send('POST', '/v2/open/app/blobs/uploads/');
    expect(push.status).toBe(401);
    expect(push.headers['www-authenticate']).toMatch(/error="insufficient_scope"$/);
  });

  it('tells a signed-in user who lacks the right that a new token cannot help', async () => {
    const reader = await server.createUser('reader-only', [{ role: 'reader', repository: 'hosted' }]);
    const client = await tokenFor(OciClient.basic(server.url, reader), 'repository:hosted/app:pull,push');
    expect(refusalOf(await client.send('POST', '/v2/hosted/app/blobs/uploads/'))).toBe('403 DENIED');
    expect(refusalOf(await client.send('DELETE', '/v2/hosted/app/manifests/1'))).toBe('403 DENIED');
  });

  it('takes an access token as the password', async () => {
    const client = OciClient.basic(server.url, { name: server.admin.name, password: server.admin.token });
    expect((await client.get('/v2/_token?scope=repository:hosted/app:pull')).status).toBe(200);
  });
});

describe('who may not read a repository', () => {
  it('cannot tell its images from missing ones', async () => {
    await admin.pushImage('secret/app', '1.0', 'secret');
    const reader = await server.createUser('elsewhere', [{ role: 'reader', repository: 'hosted' }]);
    const client = OciClient.basic(server.url, reader);
    for (const path of [
      'manifests/1.0',
      'tags/list',
      `blobs/sha256:${'0'.repeat(64)}`,
      `referrers/sha256:${'0'.repeat(64)}`,
    ]) {
      const [present, missing] = await Promise.all([
        client.get(`/v2/secret/app/${path}`),
        client.get(`/v2/nowhere/app/${path}`),
      ]);
      expect(refusalOf(present)).toBe('404 NAME_UNKNOWN');
      expect(refusalOf(missing)).toBe('404 NAME_UNKNOWN');
    }
  });

  it('does not see its images in the catalog', async () => {
    await admin.pushImage('hosted/listed', '1.0', 'listed');
    const reader = await server.createUser('catalog-reader', [{ role: 'reader', repository: 'hosted' }]);
    const catalog = jsonOf<{ repositories: string[] }>(
      await OciClient.basic(server.url, reader).get('/v2/_catalog'),
    ).repositories;
    expect(catalog).toContain('hosted/listed');
    expect(catalog.filter(name => name.startsWith('secret/'))).toEqual([]);
  });
});

describe('the catalog', () => {
  it('comes in pages with each name once', async () => {
    await server.createRepository('pages', 'oci');
    const names = ['a', 'a-b', 'a/b', 'ab', 'b'];
    for (const name of names) await admin.pushImage(`pages/${name}`, '1', name);
    const all = jsonOf<{ repositories: string[] }>(await admin.get('/v2/_catalog')).repositories;
    expect(all.filter(name => name.startsWith('pages/'))).toEqual(names.map(name => `pages/${name}`).sort());
    const found: string[] = [];
    for (let next: string | undefined = '/v2/_catalog?n=2'; next;) {
      const answer: Awaited<ReturnType<OciClient['get']>> = await admin.get(next);
      found.push(...jsonOf<{ repositories: string[] }>(answer).repositories);
      next = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link'] ?? ''))?.[1];
    }
    expect(found).toEqual(all);
  });

  it('is open to a token that was issued for it', async () => {
    const client = await tokenFor(admin, 'registry:catalog:*');
    expect(jsonOf<{ repositories: string[] }>(await client.get('/v2/_catalog')).repositories).toContain('pages/a');
  });

  it('asks anonymous callers to sign in with its own scope', async () => {
    const answer = await anonymous.get('/v2/_catalog');
    expect(refusalOf(answer)).toBe('401 UNAUTHORIZED');
    expect(answer.headers['www-authenticate']).toContain('scope="registry:catalog:*"');
  });

  it.each(['n=-1', 'n=x'])('refuses %s', async query => {
    expect(refusalOf(await admin.get(`/v2/_catalog?${query}`))).toBe('400 PAGINATION_NUMBER_INVALID');
  });
});
