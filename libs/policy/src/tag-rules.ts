import { compileGlob } from '#kernel';
import type { TagMode, TagRule, Verdict } from './contract.js';
import { looksLikeVersion } from './version-like.js';

export interface TagMove {
  readonly rules: readonly TagRule[];
  /** Normalised package name. */
  readonly package: string;
  readonly tag: string;
  /** Name of the repository, for the message. */
  readonly repository?: string;
  /** The digest or version text that the tag points at now; absent when there is no such tag. */
  readonly holder?: string;
  /** Where the tag shall point; absent when it shall be removed. */
  readonly target?: string;
  /** True when the principal has the action `manage` on this name. */
  readonly mayManage: boolean;
}

/** The first rule whose patterns match, undefined when none does. */
export function matchTagRule(rules: readonly TagRule[], packageName: string, tag: string): TagRule | undefined {
  return rules.find(rule => matchesTag(rule.tag, tag) && compileGlob(rule.package ?? '*').matches(packageName));
}

/** How a tag may move: the mode of the first rule that matches, `free` without one. */
export function tagModeOf(rules: readonly TagRule[], packageName: string, tag: string): TagMode {
  return matchTagRule(rules, packageName, tag)?.mode ?? 'free';
}

/**
 * May this tag be set, moved or removed? Setting a tag that does not exist yet is free under every mode, and so is setting one to where it
 * already points: a `fixed` tag is set once, a `guarded` one needs `manage` from its first move on.
 * A refusal is `tag-fixed` or `tag-guarded`; its reason names the rule, the holder of the tag and the way out.
 */
export function decideTagMove(move: TagMove): Verdict {
  const matched = matchTagRule(move.rules, move.package, move.tag);
  const rule = matched ? `tag-rule:${nameOf(matched)}` : 'tag-rule:none';
  if (!matched || matched.mode === 'free' || move.holder === undefined || move.holder === move.target)
    return { allow: true, rule };
  if (matched.mode === 'guarded') {
    return move.mayManage
      ? { allow: true, rule }
      : { allow: false, rule, code: 'tag-guarded', reason: guardedReason(move, matched) };
  }
  return { allow: false, rule, code: 'tag-fixed', reason: fixedReason(move, matched) };
}

function matchesTag(pattern: string, tag: string): boolean {
  return pattern === '@version' ? looksLikeVersion(tag) : compileGlob(pattern).matches(tag);
}

function nameOf(rule: TagRule): string {
  return rule.package === undefined || rule.package === '*' ? rule.tag : `${rule.package}:${rule.tag}`;
}

function fixedReason(move: TagMove, rule: TagRule): string {
  const wayOut = move.target === undefined ? '' : 'publish under a new tag, or ';
  return `${opening(move, rule, 'fixed')}; ${wayOut}ask an administrator to change the tag rules of ${move.repository ?? 'this repository'}.`;
}

function guardedReason(move: TagMove, rule: TagRule): string {
  const verb = move.target === undefined ? 'remove' : 'move';
  return `${opening(move, rule, 'guarded')}; only someone with the action manage on ${move.package} may ${verb} it, so ask a manager of the package.`;
}

function opening(move: TagMove, rule: TagRule, word: string): string {
  return `Tag ${move.tag} is ${word} by the tag rule ${nameOf(rule)} and already points at ${move.holder}`;
}
