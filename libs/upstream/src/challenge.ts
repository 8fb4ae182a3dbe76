/** What a registry asks for: a token from `realm` for `service` with `scope` (distribution's token authentication, RFC 9110 section 11). */
export interface BearerChallenge {
  readonly realm: string;
  readonly service: string | undefined;
  /** Scopes in the order given, separated by spaces in the header. */
  readonly scope: string | undefined;
}

interface Challenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** Longer headers are not looked at: a challenge has a few hundred characters. */
const headerLimit = 8 * 1024;

/**
 * Finds the Bearer challenge among those of a `WWW-Authenticate` header. Quoted strings, escapes and commas inside them are understood, and so are
 * several challenges in one header. undefined: there is none, or it has no realm.
 */
export function parseBearerChallenge(header: string | undefined): BearerChallenge | undefined {
  if (header === undefined || header.length > headerLimit) return undefined;
  const bearer = parseChallenges(header).find(({ scheme }) => scheme === 'bearer');
  const realm = bearer?.parameters.get('realm');
  if (!bearer || !realm) return undefined;
  return { realm, service: bearer.parameters.get('service'), scope: bearer.parameters.get('scope') };
}

/** Sticky patterns: each step reads on from where the last one ended, so the time is linear. */
const parameter = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const scheme = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s+|$|(?=,))/y;
const rest = /[^,]*(?:,|$)/y;

function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  for (let at = 0; at < header.length;) {
    const pair = match(parameter, header, at);
    const current = challenges.at(-1);
    if (pair) {
      const name = pair[1]!.toLowerCase();
      const value = pair[2]?.replace(/\\(.)/g, '$1') ?? pair[3]!;
      if (current && !current.parameters.has(name)) current.parameters.set(name, value);
      at = parameter.lastIndex;
      continue;
    }
    const word = match(scheme, header, at);
    if (word) challenges.push({ scheme: word[1]!.toLowerCase(), parameters: new Map() });
    const pattern = word ? scheme : rest;
    if (!word) match(rest, header, at);
    at = Math.max(at + 1, pattern.lastIndex);
  }
  return challenges;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
