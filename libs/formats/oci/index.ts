import type { Format } from '#registry';
import { renderError } from './src/errors.js';
import { OciModule } from './src/oci.module.js';
import { rootRoute, route } from './src/route.js';
import { defaults, settings } from './src/settings.js';
import { snippets } from './src/snippets.js';

/** Container images and other artifacts, as docker, podman, containerd, helm, oras and cosign push and pull them. */
export const oci: Format = {
  name: 'oci',
  title: 'Container images (OCI)',
  kinds: ['hosted'],
  module: OciModule,
  settings,
  defaults,
  lowerCaseRepositoryNames: true,
  mount: { prefix: '/v2', rootRoute },
  starterRepositories: [{ name: 'docker-hosted', settings: {} }],
  route,
  renderError,
  snippets,
};
