import type { Format } from '#registry';
import { renderError } from './src/errors.js';
import { NpmModule } from './src/npm.module.js';
import { route } from './src/route.js';
import { settings } from './src/settings.js';
import { snippets } from './src/snippets.js';

export const npm: Format = {
  name: 'npm',
  title: 'npm packages',
  kinds: ['hosted'],
  module: NpmModule,
  settings,
  defaults: { overwritePolicy: 'never', tagRules: [] },
  encodedSlashes: true,
  starterRepositories: [{ name: 'npm-hosted', settings: {} }],
  route,
  renderError,
  snippets,
};
