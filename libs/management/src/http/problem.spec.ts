import { describe, expect, it } from '@jest/globals';
import { errorCodes } from '#kernel';
import { statusOf } from '#registry';
import { problemSchema, renderProblem } from './problem.js';

describe('renderProblem', () => {
  const facts = {
    message: 'What to do.',
    details: {},
    requestId: 'r',
    decisionId: 'd',
    retryAfterSeconds: undefined,
    allow: undefined,
  };

  it.each(errorCodes)('answers %s with a valid document', code => {
    const problem = renderProblem({ ...facts, code }, '/api/v1/users');
    expect(problemSchema.safeParse(problem).success).toBe(true);
    expect(problem).toMatchObject({
      code,
      status: statusOf(code),
      detail: 'What to do.',
      type: `/api/v1/problems/${code}`,
    });
  });

  it('keeps the errors of bad input apart from other details', () => {
    const errors = [{ in: 'body' as const, pointer: '/name', code: 'required', detail: 'is missing' }];
    expect(renderProblem({ ...facts, code: 'invalid-request', details: { errors, limit: 3 } }, '/')).toMatchObject({
      errors,
      details: { limit: 3 },
    });
  });
});
