import { LarderError } from '#kernel';
import type { RepositoryContext } from '#registry';
import type { FileParams } from './route.js';
import { mavenSettings, versionPolicyRefusal } from './settings.js';

/**
 * Refuses what the path alone decides, before a body is read: by the layout policy and by the version policy.
 * @throws invalid-request, invalid-version
 */
export function refuseByPath(ctx: RepositoryContext<FileParams>): void {
  const { artifact, strictRefusal } = ctx.params;
  const settings = mavenSettings(ctx.repository.settings);
  if (settings.layoutPolicy === 'strict' && strictRefusal !== undefined)
    throw new LarderError('invalid-request', strictRefusal);
  const refusal = artifact && versionPolicyRefusal(ctx.repository.name, settings.versionPolicy, artifact.baseVersion);
  if (refusal !== undefined)
    throw new LarderError('invalid-version', refusal, { rule: `version-policy:${settings.versionPolicy}` });
}
