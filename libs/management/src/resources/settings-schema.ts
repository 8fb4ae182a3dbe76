import { z } from 'zod';
import { overwritePolicySchema, tagRulesSchema } from '#policy';
import type { Format } from '#registry';

/** Settings of a repository: the common ones with the format's defaults, and the format's own. Unknown fields are errors. */
export function settingsSchemaOf(format: Format): z.ZodObject {
  const { overwritePolicy, tagRules } = format.defaults;
  return format.settings
    .extend({
      overwritePolicy: overwritePolicySchema.default(overwritePolicy),
      tagRules: tagRulesSchema.default(tagRules.map(rule => ({ ...rule }))),
    })
    .strict();
}
