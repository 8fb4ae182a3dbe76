import { createHash } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';

export interface Answer {
  readonly status: number;
  /** HTTP/1.1 reason phrase: what Maven up to 3.8 prints. */
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** Sends paths exactly as they are written: `fetch` would tidy up what the tests of hostile paths need. */
export class MavenClient {
  constructor(
    private readonly url: string,
    private readonly repository: string,
    private readonly token?: string,
  ) {}

  as(token: string | undefined): MavenClient {
    return new MavenClient(this.url, this.repository, token);
  }

  in(repository: string): MavenClient {
    return new MavenClient(this.url, repository, this.token);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { headers });
  }

  head(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { method: 'HEAD', headers });
  }

  put(path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { method: 'PUT', body, headers });
  }

  ask(path: string, { method = 'GET', body, headers = {} }: Asked = {}): Promise<Answer> {
    const authorization = this.token === undefined ? {} : { authorization: `Basic ${btoa(`ci:${this.token}`)}` };
    const length =
      body === undefined || headers['transfer-encoding'] ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const req = request(this.url, {
        method,
        path: `/repository/${this.repository}/${path}`,
        agent: false,
        headers: { ...authorization, ...length, ...headers },
      });
      req.on('error', reject);
      req.on('response', res => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          req.destroy();
          resolve({
            status: res.statusCode ?? 0,
            reason: res.statusMessage ?? '',
            headers: res.headers,
            body: Buffer.concat(chunks).toString(),
          });
        });
      });
      // With `Expect` and an announced length the body is held back, as Maven does; the tests of refusals never send it.
      if (headers['expect']) req.flushHeaders();
      else req.end(body);
    });
  }

  /** What `mvn deploy` of a jar sends for a release, in its order. */
  async deployRelease(groupId: string, artifactId: string, version: string): Promise<void> {
    const base = `${groupId.replaceAll('.', '/')}/${artifactId}`;
    const file = `${base}/${version}/${artifactId}-${version}`;
    await this.putChecked(`${file}.jar`, jarOf(`${artifactId} ${version}`));
    await this.putChecked(`${file}.pom`, pomOf(groupId, artifactId, version));
    await this.putChecked(`${base}/maven-metadata.xml`, artifactMetadataOf(groupId, artifactId, version));
  }

  /** What `mvn deploy` sends for one build of a snapshot; without `finish` it breaks off before the metadata. */
  async deploySnapshot(at: {
    groupId: string;
    artifactId: string;
    version: string;
    build: string;
    content?: string;
    finish?: boolean;
  }): Promise<void> {
    const { groupId, artifactId, version, build, finish = true } = at;
    const base = `${groupId.replaceAll('.', '/')}/${artifactId}`;
    const resolved = version.replace(/SNAPSHOT$/, build);
    const file = `${base}/${version}/${artifactId}-${resolved}`;
    await this.putChecked(`${file}.jar`, jarOf(at.content ?? build));
    await this.putChecked(`${file}.pom`, pomOf(groupId, artifactId, version));
    if (!finish) return;
    await this.putChecked(`${base}/${version}/maven-metadata.xml`, snapshotMetadataOf(at));
    await this.putChecked(`${base}/maven-metadata.xml`, artifactMetadataOf(groupId, artifactId, version));
  }

  private async putChecked(path: string, body: string): Promise<void> {
    for (const [suffix, bytes] of [
      ['', body],
      ['.sha1', digestOf('sha1', body)],
      ['.md5', digestOf('md5', body)],
    ] as const) {
      const answer = await this.put(path + suffix, bytes);
      if (answer.status !== 201 && answer.status !== 200)
        throw new Error(`PUT ${path}${suffix}: ${answer.status} ${answer.reason}`);
    }
  }
}

export function digestOf(algorithm: string, body: string | Buffer): string {
  return createHash(algorithm).update(body).digest('hex');
}

/** Enough of an archive for a repository: it begins like one. */
export function jarOf(content: string): string {
  return `PK\u0003\u0004${content}`;
}

export function pomOf(groupId: string, artifactId: string, version: string, more = ''): string {
  return `<project><modelVersion>4.0.0</modelVersion><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version>${more}</project>`;
}

export function artifactMetadataOf(groupId: string, artifactId: string, ...versions: string[]): string {
  const listed = versions.map(version => `<version>${version}</version>`).join('');
  return `<metadata><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><versioning><versions>${listed}</versions></versioning></metadata>`;
}

export function snapshotMetadataOf({
  groupId,
  artifactId,
  version,
  build,
}: {
  groupId: string;
  artifactId: string;
  version: string;
  build: string;
}): string {
  const dash = build.lastIndexOf('-');
  return `<metadata><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version><versioning><snapshot><timestamp>${build.slice(0, dash)}</timestamp><buildNumber>${build.slice(dash + 1)}</buildNumber></snapshot></versioning></metadata>`;
}
