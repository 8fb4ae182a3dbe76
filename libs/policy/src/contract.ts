/** May a coordinate that is taken be published again with other bytes? */
export const overwritePolicies = ['never', 'snapshots-only', 'always'] as const;
export type OverwritePolicy = (typeof overwritePolicies)[number];

/** `fixed`: set once, never moved or removed. `guarded`: only principals with the action `manage` on the name may move it. `free`: whoever may `tag`. */
export const tagModes = ['fixed', 'guarded', 'free'] as const;
export type TagMode = (typeof tagModes)[number];

/** The first rule whose patterns match decides; without a match a tag is `free`. */
export interface TagRule {
  /** Glob over the package name; `*` when absent. */
  readonly package?: string;
  /** Glob over the tag, or the word `@version` for anything that looks like a version (`1.4.0`, `v2.1`, `2026.11`). */
  readonly tag: string;
  readonly mode: TagMode;
}

/** The answer of a pure rule. `rule` names it, for the decision and for the message. */
export type Verdict =
  | { readonly allow: true; readonly rule: string }
  | {
      readonly allow: false;
      readonly rule: string;
      readonly code:
        | 'version-exists'
        | 'version-removed'
        | 'tag-fixed'
        | 'tag-guarded'
        | 'policy-denied'
        | 'conflict'
        | 'precondition-failed';
      readonly reason: string;
    };
