import { sha256 } from './bytes.js';
import type { Answer } from './http-client.js';
import type { Sighting } from './write.js';

/** The bytes of an answer, hashed: a file is there only if they are exactly the published ones. */
export function seeBytes(answer: Answer, digest: string): Sighting {
  if (answer.status === 404) return 'absent';
  if (answer.status !== 200) return { wrong: `answered ${answer.status}: ${textOf(answer)}` };
  const found = sha256(answer.body);
  return found === digest
    ? 'there'
    : { wrong: `has ${answer.body.length} bytes of sha256 ${found} instead of ${digest}` };
}

/** Whether an index holds a text; an index that is not there holds nothing. */
export function seeText(answer: Answer, text: string): Sighting {
  if (answer.status === 404) return 'absent';
  if (answer.status !== 200) return { wrong: `answered ${answer.status}: ${textOf(answer)}` };
  return answer.body.includes(text) ? 'there' : 'absent';
}

/** Whether a JSON index has an entry, and the right one. */
export function seeEntry<T>(answer: Answer, pick: (document: T) => unknown, expected: unknown): Sighting {
  if (answer.status === 404) return 'absent';
  if (answer.status !== 200) return { wrong: `answered ${answer.status}: ${textOf(answer)}` };
  const found = pick(JSON.parse(answer.body.toString('utf8')) as T);
  if (found === undefined) return 'absent';
  return found === expected
    ? 'there'
    : { wrong: `says ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}` };
}

/** For a removal: that nothing is to be seen any more is what must be there. */
export function inverse(sighting: Sighting): Sighting {
  if (typeof sighting !== 'string') return sighting;
  return sighting === 'there' ? 'absent' : 'there';
}

export function textOf(answer: Answer): string {
  return answer.body.toString('utf8').slice(0, 300).trim();
}
