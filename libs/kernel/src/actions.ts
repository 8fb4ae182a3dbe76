/**
 * What a principal may do with content. `overwrite` and `delete` are decided by what really happens, not by the URL: a
 * publish that replaces is an `overwrite`.
 */
export const contentActions = ['read', 'publish', 'overwrite', 'delete', 'tag', 'promote', 'manage'] as const;
export type ContentAction = (typeof contentActions)[number];

/** Rights over the server itself, granted through roles like the others. */
export const systemActions = ['system:repositories', 'system:users', 'system:audit'] as const;
export type SystemAction = (typeof systemActions)[number];

export type Action = ContentAction | SystemAction;
export const actions: readonly Action[] = [...contentActions, ...systemActions];
