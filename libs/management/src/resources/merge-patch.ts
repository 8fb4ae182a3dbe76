type Json = Readonly<Record<string, unknown>>;

/** JSON merge patch (RFC 7396): objects are merged, null removes, everything else replaces. The depth of a body is bounded where it is parsed. */
export function mergePatch(target: unknown, patch: Json): Json {
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, isObject(value) ? mergePatch(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
