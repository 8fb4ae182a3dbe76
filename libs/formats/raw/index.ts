import { z } from 'zod';
import type { Format } from '#registry';
import { renderError } from './src/errors.js';
import { RawModule } from './src/raw.module.js';
import { route } from './src/route.js';
import { snippets } from './src/snippets.js';

/** Plain files under paths: the smallest complete format, and the template for others. */
export const raw: Format = {
  name: 'raw',
  title: 'Plain files',
  kinds: ['hosted'],
  module: RawModule,
  settings: z.strictObject({
    /** Largest file that may be published; absent: no limit. */
    maxFileBytes: z.number().int().positive().optional(),
  }),
  defaults: { overwritePolicy: 'always', tagRules: [] },
  starterRepositories: [{ name: 'raw-hosted', settings: {} }],
  route,
  renderError,
  snippets,
};
