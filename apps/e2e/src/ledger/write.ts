import type { Answer, HttpClient } from './http-client.js';

/** One request, or one upload of several, that the server acknowledges as a whole: the unit of all or nothing. Everything in it can be read back from the ledger's file. */
export interface Write {
  readonly id: string;
  readonly format: string;
  /** Which step of its format's publish it is. */
  readonly kind: string;
  /** How many writes its publication has. */
  readonly steps: number;
  readonly repository: string;
  /** As the catalog names it. */
  readonly package: string;
  /** The version that it makes, if it makes one. */
  readonly version?: string;
  /** A version that is there already and to which it adds. */
  readonly joins?: string;
  /** sha256, in hex, of each file that it adds to the package. */
  readonly files: readonly string[];
  /** Tags that it moves, and where to; null ends them. */
  readonly tags: Readonly<Record<string, string | null>>;
  /** The write of the same publication that it takes back: all that was there of it is gone. */
  readonly undoes?: string;
  /** sha256, in hex, of each file that it removes from the package. */
  readonly removes?: readonly string[];
  /** The event that tells of it, for a change that adds no file and moves no tag. */
  readonly event?: string;
  /** Further things that readers must find, so that the bytes need not be made again to know them. */
  readonly facts?: Readonly<Record<string, string>>;
  /** From which its bytes are made again. */
  readonly publication: Publication;
}

/** What a user publishes; a format makes one write of it or several. */
export interface Publication {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  /** `1.0.<number>`: a version in every format. */
  readonly version: string;
  readonly seed: string;
  readonly sizeBytes: number;
}

/** What a reader sees of a write: all of it, nothing of it, or something else, in words. */
export type Sighting = 'there' | 'absent' | { readonly wrong: string };

/** By name of the way in which the reader looked. */
export type Sightings = Readonly<Record<string, Sighting>>;

/** How one format is published to and read back, with plain requests as its clients send them. */
export interface Protocol {
  readonly format: string;
  /** The writes of a publication in the order in which a client makes them. */
  plan(publication: Publication): Write[];
  /** The answer to the last request, or to the first that did not succeed. */
  send(client: HttpClient, write: Write): Promise<Answer>;
  /** Ways in which readers see the write: by name, by digest and in the indexes, the bytes read to their end and hashed. */
  probe(client: HttpClient, write: Write): Promise<Sightings>;
  /** Where a tag points for a reader: undefined when there is no such tag. */
  readTag?(client: HttpClient, repository: string, name: string, tag: string): Promise<string | undefined>;
}
