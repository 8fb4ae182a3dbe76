/**
 * Named points along the write path at which a test may stop the process. Production code holds only this call: nothing
 * happens unless a test harness, loaded with `node --import`, has put a function under the symbol. No setting and no
 * environment variable can do it.
 *
 * Names are `<room>.<moment>` in the order of the write path; `faultPoints` lists them so that the test visits each.
 */
export const faultPoints = [
  'blob.staging-created',
  'blob.staging-written',
  'blob.staging-synced',
  'blob.pinned',
  'blob.linked',
  'blob.stored',
  'upload.appended',
  'upload.recorded',
  'publish.before-transaction',
  'publish.before-commit',
  'publish.after-commit',
  // Every other change of content: tags, states, seals, removals.
  'change.before-commit',
  'change.after-commit',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

const hook = Symbol.for('larder.fault-point');

/** Does nothing in production. In a test harness it may end the process or throw. */
export function faultPoint(name: FaultPoint): void {
  const installed = (globalThis as Record<symbol, unknown>)[hook];
  if (typeof installed === 'function') (installed as (name: FaultPoint) => void)(name);
}
