import { z } from 'zod';
import { id, paragraph, timestamp, word } from '../http/fields.js';
import { operation } from '../http/operation.js';
import { pageOf, pageQuery } from '../http/paging.js';

export const versionState = z.strictObject({ reason: z.string(), since: timestamp, changedBy: z.string() });
const states = z
  .record(z.string(), versionState)
  .meta({ description: 'By state: yanked, deprecated, unlisted, quarantined.' });

export const packageSummary = z
  .strictObject({
    id,
    repository: z.string(),
    format: z.string(),
    name: z.string(),
    displayName: z.string(),
    versionCount: z.int(),
    lastPublishedAt: timestamp.nullable(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Package' });

export const version = z
  .strictObject({
    id,
    packageId: id,
    repository: z.string(),
    format: z.string(),
    package: z.string(),
    version: z.string(),
    states,
    sizeBytes: z.int().meta({ description: 'Bytes of its distinct files.' }),
    fileCount: z.int(),
    downloads: z.int(),
    publishedAt: timestamp,
    publishedBy: z.string(),
    sealedAt: timestamp.nullable().meta({ description: 'Null while its publisher may still add files.' }),
    lastUsedAt: timestamp.nullable(),
  })
  .meta({ id: 'Version' });

export const file = z
  .strictObject({
    id,
    path: z.string().meta({ description: 'Below the address of the repository.' }),
    digest: z.string(),
    sizeBytes: z.int(),
    checksums: z.record(z.string(), z.string()),
    mediaType: z.string(),
    publishedAt: timestamp,
    publishedBy: z.string(),
  })
  .meta({ id: 'File' });

const packageId = z.strictObject({ packageId: id });
const versionId = z.strictObject({ versionId: id });

export const listPackages = operation({
  id: 'listPackages',
  method: 'GET',
  path: '/packages',
  action: 'public',
  summary: 'Lists the packages that I may read, by repository and name',
  query: pageQuery.extend({
    repository: word(63).optional(),
    name: word(256).optional().meta({ description: 'Exact name as the format writes it.' }),
    format: word(50).optional(),
  }),
  answer: pageOf(packageSummary),
});

export const getPackage = operation({
  id: 'getPackage',
  method: 'GET',
  path: '/packages/:packageId',
  action: 'public',
  summary: 'Gives one package',
  params: packageId,
  answer: packageSummary,
});

export const removePackage = operation({
  id: 'removePackage',
  method: 'DELETE',
  path: '/packages/:packageId',
  action: 'signed-in',
  summary: 'Removes a package with all its versions; their names stay taken; repeatable',
  params: packageId,
});

export const listVersions = operation({
  id: 'listVersions',
  method: 'GET',
  path: '/packages/:packageId/versions',
  action: 'public',
  summary: 'Lists the versions of a package, the newest first',
  params: packageId,
  query: pageQuery,
  answer: pageOf(version),
});

export const getVersion = operation({
  id: 'getVersion',
  method: 'GET',
  path: '/versions/:versionId',
  action: 'public',
  summary: 'Gives one version with the metadata of its artifact',
  params: versionId,
  answer: z
    .strictObject({ ...version.shape, metadata: z.record(z.string(), z.unknown()) })
    .meta({ id: 'VersionDetails' }),
});

const stateChange = z
  .strictObject({ reason: paragraph(2000).default('') })
  .nullable()
  .optional();

export const changeVersion = operation({
  id: 'changeVersion',
  method: 'PATCH',
  path: '/versions/:versionId',
  action: 'signed-in',
  summary: 'Yanks, deprecates or unlists a version, or takes that back with null',
  params: versionId,
  body: z.strictObject({
    states: z.strictObject({ yanked: stateChange, deprecated: stateChange, unlisted: stateChange }),
  }),
  answer: version,
});

export const removeVersion = operation({
  id: 'removeVersion',
  method: 'DELETE',
  path: '/versions/:versionId',
  action: 'signed-in',
  summary: 'Removes a version; its name stays taken; repeatable',
  params: versionId,
});

export const listFiles = operation({
  id: 'listFiles',
  method: 'GET',
  path: '/versions/:versionId/files',
  action: 'public',
  summary: 'Lists the files of a version, by path',
  params: versionId,
  query: pageQuery,
  answer: pageOf(file),
});

export const search = operation({
  id: 'search',
  method: 'GET',
  path: '/search',
  action: 'public',
  summary: 'Finds versions that I may read by name, version text or digest',
  description:
    'At least one of name, version and digest is needed. Without version and digest each package is found once, by its newest version.',
  query: pageQuery.extend({
    name: word(256).optional().meta({ description: 'Part of the name; `*` is any run of characters, `?` one.' }),
    version: word(256).optional().meta({ description: 'Exact version text.' }),
    digest: word(200)
      .optional()
      .meta({ description: 'A digest such as `sha256:…`, or the hex of sha256, sha512, sha1 or md5, of any file.' }),
    repository: word(63).optional(),
    format: word(50).optional(),
  }),
  answer: pageOf(
    z
      .strictObject({
        repository: z.string(),
        format: z.string(),
        packageId: id,
        package: z.string(),
        versionId: id.nullable(),
        version: z.string().nullable(),
        publishedAt: timestamp,
        publishedBy: z.string(),
        file: z.strictObject({ id, path: z.string(), digest: z.string(), sizeBytes: z.int() }).nullable(),
      })
      .meta({ id: 'SearchHit' }),
  ),
});
