import type { PackageRow } from '#registry';

export interface ListingEntry {
  readonly name: string;
  readonly type: 'file' | 'directory';
}

export interface Listing {
  readonly path: string;
  readonly entries: readonly ListingEntry[];
  /** Value of `after` for the next page. */
  readonly next: string | undefined;
}

/** The direct children below a prefix, in the order of names. `more` says that rows follow behind the last one given. */
export function makeListing(prefix: string, rows: readonly PackageRow[], more: boolean): Listing {
  const entries: ListingEntry[] = [];
  for (const { name } of rows) {
    const rest = name.slice(prefix.length);
    const slash = rest.indexOf('/');
    const entry: ListingEntry =
      slash === -1 ? { name: rest, type: 'file' } : { name: rest.slice(0, slash + 1), type: 'directory' };
    if (entries.at(-1)?.name !== entry.name) entries.push(entry);
  }
  return { path: prefix, entries, next: more ? rows.at(-1)?.name : undefined };
}

export function renderListingHtml(listing: Listing): string {
  const title = escapeHtml(`/${listing.path}`);
  const items = listing.entries.map(
    ({ name }) => `<li><a href="${escapeHtml(encodePath(name))}">${escapeHtml(name)}</a></li>`,
  );
  const next = listing.next === undefined ? '' : `<p><a href="?after=${encodeURIComponent(listing.next)}">next</a></p>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1><ul>${items.join('')}</ul>${next}</body></html>`;
}

function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
