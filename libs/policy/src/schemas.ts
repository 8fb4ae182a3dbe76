import { z } from 'zod';
import { overwritePolicies, tagModes } from './contract.js';

// Package names are at most 255 characters and tags at most 128 in every format, so a longer pattern can match nothing.
const pattern = z
  .string()
  .min(1)
  .max(256)
  // Control characters are what this expression is for.
  // oxlint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters');

export const overwritePolicySchema = z.enum(overwritePolicies);

export const tagRuleSchema = z.strictObject({ package: pattern.optional(), tag: pattern, mode: z.enum(tagModes) });

/** At most 50 rules: each move of a tag looks at them in order. */
export const tagRulesSchema = z.array(tagRuleSchema).max(50);
