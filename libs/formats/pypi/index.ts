import type { Format } from '#registry';
import { renderError } from './src/errors.js';
import { PypiModule } from './src/pypi.module.js';
import { route } from './src/route.js';
import { defaults, settings } from './src/settings.js';
import { snippets } from './src/snippets.js';

/** Python packages: the simple repository API and the legacy upload API. */
export const pypi: Format = {
  name: 'pypi',
  title: 'Python packages',
  kinds: ['hosted'],
  module: PypiModule,
  settings,
  defaults,
  starterRepositories: [{ name: 'pypi-hosted', settings: {} }],
  route,
  renderError,
  snippets,
};
