import { describe, expect, it } from '@jest/globals';
import { snippets } from './snippets.js';

function texts(origin: string): string[] {
  const address = {
    origin,
    host: new URL(origin).host,
    repository: 'r',
    baseUrl: `${origin}/repository/r`,
    settings: {},
  };
  return snippets(address).map(snippet => snippet.text);
}

describe('snippets', () => {
  it('carry the token where each client looks for it', () => {
    expect(texts('https://larder.test')).toEqual([
      'pip config set global.index-url "https://__token__:$TOKEN@larder.test/repository/r/simple/"',
      'TWINE_USERNAME=__token__ TWINE_PASSWORD="$TOKEN" twine upload --repository-url https://larder.test/repository/r/ dist/*',
      'pip install --index-url "https://__token__:$TOKEN@larder.test/repository/r/simple/" demo',
    ]);
  });

  it('tell pip to trust a host without TLS, except this machine', () => {
    expect(texts('http://larder.test:8081')[2]).toContain('--trusted-host "larder.test:8081"');
    expect(texts('http://127.0.0.1:8081')[2]).not.toContain('--trusted-host');
  });
});
