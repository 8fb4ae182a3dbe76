/** What the load process can be asked to do, and what it answers. Headers hold the credentials. */
type Headers = Readonly<Record<string, string>>;

/** The same small GET over and over, on several kept connections. */
export interface RequestsJob {
  readonly kind: 'requests';
  readonly url: string;
  readonly headers: Headers;
  readonly seconds: number;
}

/** One GET of a big body, read to its end. */
export interface PullJob {
  readonly kind: 'pull';
  readonly url: string;
  readonly headers: Headers;
}

/** Big bodies, all at once; every body differs by its seed. */
export interface PushJob {
  readonly kind: 'push';
  /** `plain`: one PUT to the URL. `image`: the three requests with which docker pushes a layer to the image at the URL. */
  readonly protocol: 'plain' | 'image';
  readonly url: string;
  readonly headers: Headers;
  readonly sizeBytes: number;
  readonly seeds: readonly number[];
}

/** npm publishes of packages with random contents. */
export interface PublishJob {
  readonly kind: 'publish';
  /** The package's name is appended. */
  readonly url: string;
  readonly headers: Headers;
  readonly releases: readonly Release[];
  readonly parallel: number;
  readonly sizeBytes: number;
}

export interface Release {
  readonly name: string;
  readonly version: string;
}

export type Job = RequestsJob | PullJob | PushJob | PublishJob;

export interface JobResult {
  /** Requests, bytes or publishes in a second, according to the job. */
  readonly perSecond: number;
  /** Median time of one publish; 0 for other jobs. */
  readonly medianMs: number;
}

export type Reply = { readonly result: JobResult } | { readonly error: string };
