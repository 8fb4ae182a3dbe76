import { z } from 'zod';
import type { OverwritePolicy } from '#registry';
import { isSnapshotVersion } from './coordinates.js';

/** Which versions a repository takes. */
export const versionPolicies = ['release', 'snapshot', 'mixed'] as const;
export type VersionPolicy = (typeof versionPolicies)[number];

/** `strict` takes artifacts at their Maven 2 path only; `permissive` keeps any other safe path as a plain file without coordinates. */
export const layoutPolicies = ['strict', 'permissive'] as const;
export type LayoutPolicy = (typeof layoutPolicies)[number];

export const settingsSchema = z.strictObject({
  versionPolicy: z.enum(versionPolicies).default('mixed'),
  layoutPolicy: z.enum(layoutPolicies).default('strict'),
});

export interface MavenSettings {
  readonly versionPolicy: VersionPolicy;
  readonly layoutPolicy: LayoutPolicy;
  readonly overwritePolicy: OverwritePolicy;
}

/** The settings of a repository row, which the format's schema has checked when they were written. */
export function mavenSettings(settings: Readonly<Record<string, unknown>>): MavenSettings {
  const { versionPolicy, layoutPolicy, overwritePolicy } = settings as Partial<MavenSettings>;
  return {
    versionPolicy: versionPolicy ?? 'mixed',
    layoutPolicy: layoutPolicy ?? 'strict',
    overwritePolicy: overwritePolicy ?? 'snapshots-only',
  };
}

export function takesVersion(policy: VersionPolicy, baseVersion: string): boolean {
  return policy === 'mixed' || (policy === 'snapshot') === isSnapshotVersion(baseVersion);
}

/** Why the version policy refuses a version, in a sentence; undefined when it takes it. */
export function versionPolicyRefusal(
  repository: string,
  policy: VersionPolicy,
  baseVersion: string,
): string | undefined {
  if (takesVersion(policy, baseVersion)) return undefined;
  return isSnapshotVersion(baseVersion)
    ? `${repository} has the version policy release and does not take ${baseVersion}; deploy it to a snapshot repository.`
    : `${repository} has the version policy snapshot and does not take ${baseVersion}; deploy it to a release repository.`;
}
