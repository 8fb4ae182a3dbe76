import type { TestServer } from '#testing';
import { metadataText, sdist, tarGz, wheel } from './archives.js';
import { PypiClient } from './client.js';

export const demoWheelName = 'demo-1.0-py3-none-any.whl';
export const demoMetadata = metadataText('demo', '1.0', 'Requires-Python: <4,>=3.8\n');
export const demoWheel = wheel('demo', '1.0', 'Requires-Python: <4,>=3.8\n');
/** PKG-INFO of version 2.1, which may differ from what a build gives. */
const oldSdist = tarGz([
  { name: 'demo-2.0rc1/PKG-INFO', content: metadataText('demo', '2.0rc1').replace('2.4', '2.1') },
]);

/** The repository `py` with the projects `demo` and `foo-bar`, to be read. */
export async function publishDemo(server: TestServer): Promise<PypiClient> {
  await server.createRepository('py', 'pypi');
  const client = new PypiClient(`${server.url}/repository/py`, server.admin.token);
  await client.upload(demoWheelName, demoWheel);
  await client.upload('demo-1.0.tar.gz', sdist('demo', '1.0'));
  await client.upload('demo-2.0rc1.tar.gz', oldSdist);
  await client.upload('foo_bar-1.0+a.1-py3-none-any.whl', wheel('foo_bar', '1.0+a.1'), { name: 'Foo.Bar' });
  return client;
}
