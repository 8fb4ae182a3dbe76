import type { StateRow } from '#registry';

const prefix = 'checksum mismatch at upload of ';

/** Why a version is held back whose publisher sent a checksum that its file does not have. Names the file, so that a repetition can lift it. */
export function mismatchReason(path: string): string {
  return `${prefix}${path}; its publisher must deploy the file again`;
}

/**
 * Why the files of a version may not be read, among the states that hold; undefined when they may. A checksum mismatch is kept as `unlisted`,
 * which a publisher may set and clear; `quarantined` is a manager's decision.
 */
export function quarantineOf(states: readonly StateRow[], versionId: string): string | undefined {
  const own = states.filter(state => state.versionId === versionId);
  return own.find(state => state.state === 'quarantined' || isMismatch(state))?.reason;
}

/** The mismatch of exactly this file. */
export function findMismatch(states: readonly StateRow[], versionId: string, path: string): StateRow | undefined {
  return states.find(
    state => state.versionId === versionId && isMismatch(state) && state.reason === mismatchReason(path),
  );
}

function isMismatch(state: StateRow): boolean {
  return state.state === 'unlisted' && state.reason.startsWith(prefix);
}
