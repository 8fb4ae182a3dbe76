import { LarderError } from '#kernel';

/** A representation of a simple page. Both HTML forms have the same bytes and differ in their content type. */
export type Representation = 'json' | 'html' | 'text-html';

export const mediaTypes: Readonly<Record<Representation, string>> = {
  json: 'application/vnd.pypi.simple.v1+json',
  html: 'application/vnd.pypi.simple.v1+html',
  'text-html': 'text/html',
};

// Offered types in the order that decides a tie among types that the client named.
const offers: readonly Representation[] = ['json', 'html', 'text-html'];

/** Names in a request, `latest` among them, which an answer never carries. `json` and `html` alone are an extension for people. */
const formats: ReadonlyMap<string, Representation> = new Map([
  [mediaTypes.json, 'json'],
  [mediaTypes.html, 'html'],
  ['application/vnd.pypi.simple.latest+json', 'json'],
  ['application/vnd.pypi.simple.latest+html', 'html'],
  ['text/html', 'text-html'],
  ['json', 'json'],
  ['html', 'text-html'],
] as const);

const maxAcceptLength = 4096;

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * Chooses the representation by the simple repository API, "Version + format selection": `?format=` wins; without a usable `Accept` people and old
 * clients get `text/html`; otherwise the highest quality wins and the order in the header means nothing.
 * @throws unsupported-media-type when nothing is acceptable; the message lists the types
 */
export function negotiate(accept: string | undefined, format: string | null): Representation {
  if (format !== null)
    return (
      formats.get(format.replace(/ /g, '+')) ??
      notAcceptable(`The format ${JSON.stringify(format.slice(0, 100))} is not known.`)
    );
  const ranges = parseAccept(accept ?? '');
  if (ranges.length === 0) return 'text-html';
  const best = bestOffer(ranges);
  // A client that takes JSON without knowing this API's own type is better served by JSON than refused.
  if (best === undefined && qualityOf('application/json', ranges) > 0) return 'json';
  return best ?? notAcceptable('No form of this page is acceptable to the client.');
}

function bestOffer(ranges: readonly MediaRange[]): Representation | undefined {
  let best: Representation | undefined;
  let highest = 0;
  // A tie out of wildcards alone means a client that does not know the API.
  const named = ranges.some(range => range.quality > 0 && range.type.startsWith('application/vnd.pypi.simple.'));
  for (const offer of named ? offers : offers.toReversed()) {
    const quality = qualityOf(mediaTypes[offer], ranges);
    if (quality > highest) {
      best = offer;
      highest = quality;
    }
  }
  return best;
}

/** Quality of the most specific range that matches. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const latest = type.replace('.v1+', '.latest+');
  const group = `${type.slice(0, type.indexOf('/'))}/*`;
  const exact = ranges.filter(range => range.type === type || range.type === latest);
  const matching = exact.length > 0 ? exact : ranges.filter(range => range.type === group);
  const found = matching.length > 0 ? matching : ranges.filter(range => range.type === '*/*');
  return Math.max(0, ...found.map(range => range.quality));
}

/** Ranges of the header. One whose quality is malformed counts as absent. */
function parseAccept(header: string): MediaRange[] {
  const ranges: MediaRange[] = [];
  for (const part of header.slice(0, maxAcceptLength).split(',')) {
    const [type, ...parameters] = part.split(';').map(piece => piece.trim().toLowerCase());
    const quality = parameters.find(parameter => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, '') ?? '1';
    if (type && /^[01](?:\.\d{0,3})?$/.test(quality) && Number(quality) <= 1)
      ranges.push({ type, quality: Number(quality) });
  }
  return ranges;
}

function notAcceptable(what: string): never {
  throw new LarderError('unsupported-media-type', `${what} Accept one of ${Object.values(mediaTypes).join(', ')}.`);
}
