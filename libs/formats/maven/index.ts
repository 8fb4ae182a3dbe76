import type { Format } from '#registry';
import { renderError } from './src/errors.js';
import { MavenModule } from './src/maven.module.js';
import { route } from './src/route.js';
import { settingsSchema } from './src/settings.js';
import { snippets } from './src/snippets.js';

/** Maven repositories: hosted releases and snapshots in the Maven 2 layout. */
export const maven: Format = {
  name: 'maven',
  title: 'Maven artifacts',
  kinds: ['hosted'],
  module: MavenModule,
  settings: settingsSchema,
  // For releases the same as `never`.
  defaults: { overwritePolicy: 'snapshots-only', tagRules: [] },
  starterRepositories: [
    { name: 'maven-releases', settings: { versionPolicy: 'release', overwritePolicy: 'never' } },
    { name: 'maven-snapshots', settings: { versionPolicy: 'snapshot', overwritePolicy: 'snapshots-only' } },
  ],
  route,
  renderError,
  snippets,
};
