import { z } from 'zod';
import { LarderError, parseRepositoryName } from '#kernel';
import { overwritePolicySchema, tagRulesSchema } from '#policy';
import type { Format, Kind } from './format.js';

/** The settings of a hosted repository of that format: the common ones and the format's own. Unknown names are errors. */
export function settingsSchema(format: Format): z.ZodObject {
  return format.settings
    .extend({
      overwritePolicy: overwritePolicySchema.default(format.defaults.overwritePolicy),
      tagRules: tagRulesSchema.default([...format.defaults.tagRules]),
    })
    .strict();
}

/**
 * Fills in defaults and checks.
 * @throws invalid-request with `errors: [{pointer, code, detail}]` among the details
 */
export function parseSettings(format: Format, settings: unknown): Readonly<Record<string, unknown>> {
  const parsed = settingsSchema(format).safeParse(settings);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(issue => ({
    pointer: `/settings/${issue.path.join('/')}`,
    code: issue.code,
    detail: issue.message,
  }));
  throw new LarderError(
    'invalid-request',
    `The settings are not valid: ${errors.map(error => `${error.pointer} ${error.detail}`).join('; ')}.`,
    {
      details: { errors },
    },
  );
}

/** @throws invalid-name, invalid-request for a kind that the format does not have */
export function checkNewRepository(format: Format, name: string, kind: Kind): void {
  parseRepositoryName(name, { lowerCaseOnly: format.lowerCaseRepositoryNames === true });
  if (!format.kinds.includes(kind)) {
    throw new LarderError(
      'invalid-request',
      `A repository of format ${format.name} can be ${format.kinds.join(' or ')}, not ${kind}.`,
    );
  }
}
