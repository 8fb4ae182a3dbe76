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
  if (strictRefusal !== undefined && mavenSettings(ctx.repository.settings).layoutPolicy === 'strict') {
    throw new LarderError('invalid-request', strictRefusal, { rule: 'layout-policy:strict' });
  }
  if (artifact) refuseByVersionPolicy(ctx, artifact.baseVersion);
}

/** @throws invalid-version when the repository does not take such versions */
export function refuseByVersionPolicy(ctx: RepositoryContext, baseVersion: string): void {
  const { versionPolicy } = mavenSettings(ctx.repository.settings);
  const refusal = versionPolicyRefusal(ctx.repository.name, versionPolicy, baseVersion);
  if (refusal !== undefined)
    throw new LarderError('invalid-version', refusal, { rule: `version-policy:${versionPolicy}` });
}
