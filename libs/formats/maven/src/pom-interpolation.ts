/** Nested expressions are followed this far; Maven's own cycles end there too. */
const maxDepth = 10;
/** Characters that all expansions of one document may have together: properties can double themselves. */
const maxExpansion = 64 * 1024;

export interface Interpolator {
  /** The text with every expression resolved, or undefined when one cannot be. */
  certain(text: string | undefined): string | undefined;
  /** The text with the expressions that can be resolved; the others stay as they are written. */
  text(text: string | undefined): string | undefined;
}

/** Resolves `${name}` from the given values. A cycle or an expansion beyond the limits leaves the expression unresolved. */
export function interpolator(values: ReadonlyMap<string, string>): Interpolator {
  let budget = maxExpansion;
  const expand = (text: string, depth: number): string =>
    text.replace(/\$\{([^${}]{1,200})\}/g, (expression, name: string) => {
      const value = values.get(name.trim());
      if (value === undefined || depth >= maxDepth || value.length > budget) return expression;
      budget -= value.length;
      return expand(value, depth + 1);
    });
  const resolve = (text: string | undefined) => (text === undefined ? undefined : expand(text, 0));
  return {
    text: resolve,
    certain(text) {
      const resolved = resolve(text);
      return resolved?.includes('${') ? undefined : resolved;
    },
  };
}
