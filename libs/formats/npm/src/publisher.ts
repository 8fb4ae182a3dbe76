import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import semver from 'semver';
import { LarderError } from '#kernel';
import { announcedSize, humanBytes, parseJson } from '#http';
import {
  Publishing,
  type Draft,
  type Released,
  type RepositoryContext,
  type StagedBlob,
  type StoredBlob,
} from '#registry';
import { checkIntegrity } from './integrity.js';
import { composeManifest, type Manifest } from './manifest.js';
import { asObject, asText, type Json, type JsonObject } from './manifest-fields.js';
import { tarballFile, tarballPath } from './names.js';
import { maxDocumentBytes, readPublishBody } from './publish-body.js';
import { readClaim, type PublishClaim } from './publish-claim.js';
import type { PackageParams } from './route.js';
import { tarballLimitBytes } from './settings.js';
import { readTarball, type TarballContents } from './tarball.js';

type Context = RepositoryContext<PackageParams>;

/** A `PUT` of a package document, with its tarball already in the staging folder. */
export interface ReceivedDocument {
  readonly document: JsonObject;
  readonly tarball: StagedBlob | undefined;
}

@Injectable()
export class Publisher {
  constructor(private readonly publishing: Publishing) {}

  /**
   * The steps of an npm publish, in their order (guide, section 7.3). Nothing stays behind when one of them refuses.
   * @throws what the steps throw; version-exists when the version is there with other bytes
   */
  async publish(ctx: Context, received: ReceivedDocument): Promise<Released> {
    const claim = readClaim(received.document, ctx.params.name);
    const tarball = requireTarball(received);
    checkIntegrity(claim, tarball);
    const contents = await readTarball(tarball);
    requireSamePackage(claim, contents);
    requireNotPrivate(contents);
    const manifest = composeManifest(manifestFacts(ctx, claim, tarball, contents));
    const blob = await this.publishing.store(tarball);
    return this.publishing.release(ctx, draftOf(claim, contents, manifest, blob));
  }

  /**
   * Reads the document while the decoded tarball goes to the staging folder, hashed on the way: a chunk is all that is held of it.
   * What the headers decide is refused before the body is read. Gives the document to `use`, and removes the staged bytes afterwards
   * unless they were stored.
   */
  async receive<T>(ctx: Context, req: IncomingMessage, use: (received: ReceivedDocument) => Promise<T>): Promise<T> {
    const limitBytes = tarballLimitBytes(ctx.repository.settings);
    refuseByHeaders(req, limitBytes);
    let tarball: StagedBlob | undefined;
    try {
      const body = await readPublishBody(req, async bytes => {
        tarball = await this.publishing.stage(ctx, bytes, {
          algorithms: ['sha1', 'sha512'],
          limitBytes,
          signal: ctx.signal,
        });
      });
      return await use({ document: parseDocument(body.document), tarball });
    } finally {
      if (tarball) await this.publishing.discard(tarball);
    }
  }
}

/** @throws too-large, unsupported-media-type: all that can be known without the body */
function refuseByHeaders(req: IncomingMessage, limitBytes: number): void {
  const coding = req.headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity') {
    throw new LarderError('unsupported-media-type', 'Send the publish document without Content-Encoding.');
  }
  const mostBytes = Math.ceil(limitBytes / 3) * 4 + maxDocumentBytes;
  if ((announcedSize(req) ?? 0) > mostBytes) {
    throw new LarderError('too-large', `Tarball is larger than the limit of ${humanBytes(limitBytes)}.`, {
      details: { limitBytes },
    });
  }
}

/** Many versions with many keys each: a deprecation sends all of them back. Dependencies may be called like JavaScript's own words. */
function parseDocument(text: Buffer): JsonObject {
  const document = asObject(parseJson(text, { keys: 500_000, dataKeys: true }) as Json);
  if (!document) throw new LarderError('invalid-request', 'Request body is not valid JSON: it must be an object.');
  return document;
}

function requireTarball({ tarball }: ReceivedDocument): StagedBlob {
  if (!tarball || tarball.sizeBytes === 0) {
    throw new LarderError(
      'invalid-package',
      'Attachment is not a valid gzipped tar archive: it is empty. Pack it again with npm pack.',
    );
  }
  return tarball;
}

/**
 * npm cleans a version (`v1.0.0`, `1.0.0+build`) in the document but not in the tarball (libnpmpublish, publish.js), so the tarball's is
 * compared cleaned.
 */
function requireSamePackage(claim: PublishClaim, contents: TarballContents): void {
  const { name, version } = contents.packageJson;
  if (
    name === claim.name &&
    typeof version === 'string' &&
    version.length <= 256 &&
    semver.clean(version) === claim.version
  )
    return;
  const own = `${asText(name as Json) ?? 'no name'}@${asText(version as Json) ?? 'no version'}`.slice(0, 500);
  throw new LarderError(
    'invalid-package',
    `package.json in the tarball says ${own}, the publish request says ${claim.name}@${claim.version}. Pack and publish again.`,
  );
}

function requireNotPrivate(contents: TarballContents): void {
  if (contents.packageJson.private === true) {
    throw new LarderError(
      'policy-denied',
      'Package is marked private. Remove "private" from package.json to publish it.',
      {
        rule: 'npm-private',
      },
    );
  }
}

function manifestFacts(ctx: Context, claim: PublishClaim, tarball: StagedBlob, contents: TarballContents) {
  return {
    name: claim.name,
    version: claim.version,
    announced: claim.manifest,
    contents,
    sha1: tarball.checksums.sha1 ?? '',
    sha512: tarball.checksums.sha512 ?? '',
    publisher: ctx.principal.name,
  };
}

/** A first publish under another tag also sets `latest`: yarn and pnpm fail on a package without it. */
function draftOf(claim: PublishClaim, contents: TarballContents, manifest: Manifest, blob: StoredBlob): Draft {
  const { full, abbreviated, summary } = manifest;
  const readme = contents.readme && JSON.stringify(contents.readme);
  return {
    package: claim.name,
    version: {
      text: claim.version,
      metadata: summary,
      fragments: readme === undefined ? { full, abbreviated } : { full, abbreviated, readme },
      whenPresent: 'refuse',
      whenRemoved: 'refuse',
    },
    files: [
      {
        path: tarballPath(claim.name, tarballFile(claim.name, claim.version)),
        blob,
        mediaType: 'application/octet-stream',
      },
    ],
    tags: [
      ...claim.tags.map(name => ({ name })),
      ...(claim.tags.includes('latest') ? [] : [{ name: 'latest', when: 'if-absent' as const }]),
    ],
  };
}
