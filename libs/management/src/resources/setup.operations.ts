import { z } from 'zod';
import { timestamp, word } from '../http/fields.js';
import { operation } from '../http/operation.js';

// Log-in bodies are small; what is larger is refused before it is read.
export const smallBodyBytes = 16 * 1024;
/** The length rules of passwords belong to the access room; this only bounds the text. */
export const password = z.string().min(1).max(1024).meta({ format: 'password' });
export const userName = word(100);

export const signedIn = z
  .strictObject({
    token: z.string().meta({ description: 'Send it as `Authorization: Bearer`. Shown only here.' }),
    expiresAt: timestamp.nullable(),
    user: z.strictObject({ id: z.string(), name: z.string() }),
  })
  .meta({ id: 'SignedIn' });

export const getSetup = operation({
  id: 'getSetup',
  method: 'GET',
  path: '/setup',
  action: 'public',
  summary: 'Tells whether the first administrator exists',
  answer: z.strictObject({ completed: z.boolean() }),
});

export const completeSetup = operation({
  id: 'completeSetup',
  method: 'POST',
  path: '/setup',
  action: 'public',
  summary: 'Makes the first administrator, once, with the set-up code from the data folder',
  body: z.strictObject({
    code: word(200),
    name: userName,
    password,
    everyoneMayRead: z
      .boolean()
      .default(false)
      .meta({ description: 'Grants everyone the role reader on every repository.' }),
  }),
  bodyLimitBytes: smallBodyBytes,
  status: 201,
  answer: signedIn,
  neverStore: true,
  errors: ['conflict', 'invalid-credentials', 'rate-limited'],
});

export const createSession = operation({
  id: 'createSession',
  method: 'POST',
  path: '/sessions',
  action: 'public',
  summary: 'Signs in with name and password and gives a session token',
  body: z.strictObject({ name: userName, password }),
  bodyLimitBytes: smallBodyBytes,
  status: 201,
  answer: signedIn,
  neverStore: true,
  errors: ['invalid-credentials', 'rate-limited'],
});

export const endSession = operation({
  id: 'endSession',
  method: 'DELETE',
  path: '/sessions',
  action: 'signed-in',
  summary: 'Signs out: revokes the session token of this request',
});
