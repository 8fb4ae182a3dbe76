import { describe, expect, it } from '@jest/globals';
import { parseTagBody } from './tag-body.js';

describe('parseTagBody', () => {
  it.each(['"1.0.0"', '1.0.0', ' "1.0.0"\n'])('reads %j as 1.0.0', body => {
    expect(parseTagBody(body)).toBe('1.0.0');
  });

  it.each(['', '""', '{}', '{"version":"1.0.0"}', '["1.0.0"]', 'latest', '"unclosed', '5'])('refuses %j', body => {
    expect(() => parseTagBody(body)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });
});
