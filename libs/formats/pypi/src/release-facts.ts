import { valueOf, valuesOf, type CoreMetadata } from './core-metadata.js';

/** What is kept with a version, taken from its first file: small, because every listing of versions carries it. */
export interface ReleaseFacts {
  readonly metadataVersion: string | undefined;
  readonly summary: string | undefined;
  readonly author: string | undefined;
  readonly authorEmail: string | undefined;
  readonly maintainer: string | undefined;
  readonly maintainerEmail: string | undefined;
  readonly homePage: string | undefined;
  readonly downloadUrl: string | undefined;
  readonly keywords: string | undefined;
  readonly license: string | undefined;
  readonly licenseExpression: string | undefined;
  readonly licenseFiles: readonly string[];
  readonly platforms: readonly string[];
  readonly classifiers: readonly string[];
  readonly requiresPython: string | undefined;
  readonly requiresDist: readonly string[];
  readonly providesExtra: readonly string[];
  readonly dynamic: readonly string[];
  /** `Label, URL` */
  readonly projectUrls: readonly string[];
  readonly descriptionContentType: string | undefined;
}

const longestText = 2048;
const longestList = 500;

export function releaseFacts(metadata: CoreMetadata): ReleaseFacts {
  const text = (field: string) => valueOf(metadata, field)?.slice(0, longestText);
  const list = (field: string) => valuesOf(metadata, field).slice(0, longestList);
  return {
    metadataVersion: text('Metadata-Version'),
    summary: text('Summary'),
    author: text('Author'),
    authorEmail: text('Author-email'),
    maintainer: text('Maintainer'),
    maintainerEmail: text('Maintainer-email'),
    homePage: text('Home-page'),
    downloadUrl: text('Download-URL'),
    keywords: text('Keywords'),
    license: text('License'),
    licenseExpression: text('License-Expression'),
    licenseFiles: list('License-File'),
    platforms: list('Platform'),
    classifiers: list('Classifier'),
    requiresPython: text('Requires-Python'),
    requiresDist: list('Requires-Dist'),
    providesExtra: list('Provides-Extra'),
    dynamic: list('Dynamic'),
    projectUrls: list('Project-URL'),
    descriptionContentType: text('Description-Content-Type'),
  };
}
