import { describe, expect, it } from '@jest/globals';
import { snippets } from './snippets.js';

describe('snippets for docker', () => {
  it('name the image as host, repository and name', () => {
    const texts = snippets({
      origin: 'http://127.0.0.1:8081',
      host: '127.0.0.1:8081',
      repository: 'docker-hosted',
      baseUrl: 'http://127.0.0.1:8081/repository/docker-hosted',
      settings: {},
    }).map(({ text }) => text);
    expect(texts).toEqual([
      'echo "$TOKEN" | docker login 127.0.0.1:8081 --username "$USER" --password-stdin',
      'docker build -t 127.0.0.1:8081/docker-hosted/app:1.0 .\ndocker push 127.0.0.1:8081/docker-hosted/app:1.0',
      'docker pull 127.0.0.1:8081/docker-hosted/app:1.0',
    ]);
  });
});
