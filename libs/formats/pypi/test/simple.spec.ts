import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { pypi } from '../index.js';
import { Changes } from './changes.js';
import type { PypiClient } from './client.js';
import { demoWheel, demoWheelName, publishDemo } from './demo.js';

const jsonType = 'application/vnd.pypi.simple.v1+json';
const htmlType = 'application/vnd.pypi.simple.v1+html';

describe('reading a Python repository', () => {
  let server: TestServer;
  let client: PypiClient;

  beforeAll(async () => {
    server = await startTestServer({ formats: [pypi] });
    client = await publishDemo(server);
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  it.each([
    ['/simple', 'simple/'],
    ['/simple/demo', 'demo/'],
    ['/simple/Foo_Bar/?format=json', '../foo-bar/?format=json'],
    ['/simple/Not.There/', '../not-there/'],
  ])('redirects %s, whether or not the project is there', async (path, location) => {
    expect(await client.get(path)).toMatchObject({ status: 301, headers: { location } });
  });

  it.each([
    [undefined, 'text/html'],
    ['text/html', 'text/html'],
    [`${jsonType}, ${htmlType}; q=0.1, text/html; q=0.01`, jsonType],
    ['application/vnd.pypi.simple.latest+json', jsonType],
    [`${htmlType};q=0.5, ${jsonType};q=0.9`, jsonType],
    [`${jsonType};q=0, */*`, 'text/html'],
  ])('answers Accept %s with %s', async (accept, type) => {
    for (const path of ['/simple/', '/simple/demo/']) {
      const answer = await client.get(path, accept === undefined ? {} : { accept });
      expect(answer).toMatchObject({
        status: 200,
        headers: { 'content-type': type, vary: expect.stringContaining('Accept') },
      });
    }
  });

  it.each([
    [`?format=${jsonType}`, jsonType],
    [`?format=${encodeURIComponent(jsonType)}`, jsonType],
    ['?format=html', 'text/html'],
  ])('lets %s win over the header', async (query, type) => {
    expect((await client.get(`/simple/demo/${query}`, { accept: 'text/plain' })).headers['content-type']).toBe(type);
  });

  it.each([
    ['/simple/demo/', { accept: 'application/vnd.pypi.simple.v2+json' }],
    ['/simple/?format=foo', {}],
  ])('refuses %s with 406 and the types', async (path, headers) => {
    const answer = await client.get(path, headers);
    expect(answer).toMatchObject({
      status: 406,
      headers: { vary: expect.stringContaining('Accept') },
      text: expect.stringContaining(jsonType),
    });
  });

  it('has a page that the standard describes', async () => {
    const page = await client.json('/simple/demo/');
    const upload = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
    expect(page).toMatchObject({
      meta: { 'api-version': '1.4' },
      name: 'demo',
      'project-status': { status: 'active' },
      versions: ['1.0', '2.0rc1'],
    });
    expect(page.files.map((file: { filename: string }) => file.filename)).toEqual([
      demoWheelName,
      'demo-1.0.tar.gz',
      'demo-2.0rc1.tar.gz',
    ]);
    expect(page.files[0]).toEqual({
      filename: demoWheelName,
      url: expect.stringMatching(
        /^\.\.\/\.\.\/packages\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/demo-1\.0-py3-none-any\.whl$/,
      ),
      hashes: { sha256: createHash('sha256').update(demoWheel).digest('hex') },
      'requires-python': '<4,>=3.8',
      'core-metadata': { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      yanked: false,
      size: demoWheel.length,
      'upload-time': upload,
    });
    expect(page.files[1]).toHaveProperty('core-metadata');
    // PKG-INFO of version 2.1 may differ from what a build gives.
    expect(page.files[2]).not.toHaveProperty('core-metadata');
    expect(JSON.stringify(page)).not.toMatch(/null|dist-info-metadata/);
  });

  it('says the same in HTML', async () => {
    const { text } = await client.get('/simple/demo/');
    expect(text).toMatch(/^<!DOCTYPE html>/);
    expect(text).toContain('data-requires-python="&lt;4,&gt;=3.8"');
    expect(text).toMatch(/href="\.\.\/\.\.\/packages\/[^"#]+\/demo-1\.0-py3-none-any\.whl#sha256=[0-9a-f]{64}"/);
    expect(text).not.toContain('data-yanked');
  });

  it('lists projects by the names that their publishers wrote', async () => {
    expect(await client.json('/simple/')).toEqual({
      meta: { 'api-version': '1.4' },
      projects: [{ name: 'demo' }, { name: 'foo_bar' }],
    });
    expect((await client.get('/simple/')).text).toContain('<a href="foo-bar/">foo_bar</a>');
    expect((await client.get('/+simple/foo-bar/')).status).toBe(200);
  });

  it('answers what is not there with 404, also for names that are none', async () => {
    for (const path of [
      '/simple/nothing/',
      '/simple/a%20b/',
      '/pypi/nothing/json',
      '/packages/aa/bb/cc/x.whl',
      '/nothing',
    ]) {
      expect((await client.get(path)).status).toBe(404);
    }
    expect((await client.get('/simple/nothing/')).headers.vary).toContain('Accept');
  });

  it('answers 304 to a validator, and to that of another form with 200', async () => {
    const first = await client.get('/simple/demo/', { accept: jsonType });
    const etag = first.headers.etag!;
    const again = await client.get('/simple/demo/', { accept: jsonType, 'if-none-match': etag });
    expect(again).toMatchObject({ status: 304, text: '', headers: { etag, vary: expect.stringContaining('Accept') } });
    expect((await client.get('/simple/demo/', { accept: htmlType, 'if-none-match': etag })).status).toBe(200);
  });

  it('sends pages compressed to those who take it', async () => {
    const plain = await client.get('/simple/demo/');
    const zipped = await client.get('/simple/demo/', { 'accept-encoding': 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
    expect(zipped.headers.etag).not.toBe(plain.headers.etag);
  });

  it('answers HEAD as GET, without the body', async () => {
    const path = await client.pathOf('demo', demoWheelName);
    for (const url of ['/simple/', '/simple/demo/', '/pypi/demo/json', path, `${path}.metadata`]) {
      const [get, head] = [await client.get(url), await client.send('HEAD', url)];
      expect(head).toMatchObject({ status: 200, text: '' });
      for (const name of ['content-type', 'content-length', 'etag', 'cache-control'])
        expect(head.headers[name]).toBe(get.headers[name]);
    }
  });

  it('refuses other methods with the ones that a path takes', async () => {
    expect(await client.send('PUT', '/simple/demo/')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await client.send('POST', '/simple/demo/')).toMatchObject({ status: 405 });
    expect(await client.send('DELETE', '/simple/')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, POST' },
    });
  });

  it('has the JSON API with the latest version and with one', async () => {
    const latest = JSON.parse((await client.get('/pypi/demo/json')).text);
    expect(latest).toMatchObject({
      info: { name: 'demo', version: '1.0', requires_python: '<4,>=3.8' },
      urls: [{ filename: demoWheelName }, {}],
    });
    expect(Object.keys(latest.releases)).toEqual(['1.0', '2.0rc1']);
    expect((await client.get(new URL(latest.urls[0].url).pathname.replace('/repository/py', ''))).body).toEqual(
      demoWheel,
    );
    expect(JSON.parse((await client.get('/pypi/demo/1.0.0/json')).text)).toMatchObject({ info: { version: '1.0' } });
    expect((await client.get('/pypi/demo/3.0/json')).status).toBe(404);
  });

  it('shows a yank with its reason and takes it back, each with a new ETag', async () => {
    const changes = new Changes(server, 'py');
    const etags = [(await client.get('/simple/demo/')).headers.etag];
    const yanked = async () =>
      ((await client.json('/simple/demo/')) as { files: { yanked: unknown }[] }).files.map(file => file.yanked);
    await changes.setYanked('demo', '1.0', '"a" & <b>');
    expect(await yanked()).toEqual(['"a" & <b>', '"a" & <b>', false]);
    const page = await client.get('/simple/demo/');
    expect(page.text).toContain('data-yanked="&quot;a&quot; &amp; &lt;b&gt;"');
    etags.push(page.headers.etag);
    expect(JSON.parse((await client.get('/pypi/demo/json')).text).info.version).toBe('2.0rc1');
    await changes.setYanked('demo', '1.0', '');
    expect(await yanked()).toEqual([true, true, false]);
    etags.push((await client.get('/simple/demo/')).headers.etag);
    expect(new Set(etags).size).toBe(3);
    await changes.setYanked('demo', '1.0', null);
    expect(await yanked()).toEqual([false, false, false]);
  });
});
