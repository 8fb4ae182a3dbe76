import { LarderError } from '#kernel';

/** One text for a wrong name, a wrong password and a disabled user: the answer must not tell which names exist. */
export function wrongCredentials(): LarderError {
  return new LarderError(
    'invalid-credentials',
    'The user name, password or access token is wrong. Check it, or create a new access token.',
  );
}

export function malformedCredentials(): LarderError {
  return new LarderError(
    'invalid-credentials',
    'The Authorization header cannot be read. Send Basic with user and password (or an access token as password), or Bearer with an access token.',
  );
}

/** @param retryAfterSeconds until the oldest counted failure is forgotten. */
export function tooManyFailures(retryAfterSeconds: number): LarderError {
  return new LarderError(
    'rate-limited',
    `Too many failed log-ins. Wait ${retryAfterSeconds} seconds, then try again with the right credentials.`,
    {
      retryAfterSeconds,
      rule: 'failed-logins',
    },
  );
}

export function deadToken(how: 'is revoked' | 'has expired'): LarderError {
  return new LarderError('invalid-credentials', `This access token ${how}. Create a new one and use it instead.`);
}
