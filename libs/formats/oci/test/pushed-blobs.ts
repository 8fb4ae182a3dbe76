import { expect } from '@jest/globals';
import type { Answer } from './oci-client.js';

let counter = 0;

/** Content that no blob has yet. */
export function fresh(): string {
  return `content ${counter++} ${'x'.repeat(200)}`;
}

/** The answer to a finished upload or a mount. */
export function expectCreated(name: string, answer: Answer, digest: string): void {
  expect(answer.status).toBe(201);
  expect(answer.headers).toMatchObject({
    location: `/v2/${name}/blobs/${digest}`,
    'docker-content-digest': digest,
    'content-length': '0',
  });
}
