import { fileHref } from './filenames.js';
import type { PageFile, ProjectPage } from './project-page.js';
import type { ReleaseFacts } from './release-facts.js';
import { isPreRelease, readVersion } from './versions.js';

/** What the JSON API tells about a project and one of its releases. */
export interface JsonApiAnswer {
  readonly page: ProjectPage;
  readonly displayName: string;
  /** One of the page's versions. */
  readonly version: string;
  /** As stored with the version; empty for one that has none. */
  readonly facts: Partial<ReleaseFacts>;
  readonly description: string | undefined;
  /** URL of the repository. */
  readonly baseUrl: string;
  /** Only the project's own route lists all releases. */
  readonly withReleases: boolean;
}

/** The highest version that is neither a pre-release nor yanked; else the highest pre-release; else the highest yanked one. */
export function latestVersion(page: ProjectPage): string | undefined {
  const yanked = new Set(page.files.filter(file => file.yanked !== undefined).map(file => file.version));
  const offered = page.versions.filter(version => !yanked.has(version));
  return offered.findLast(version => !isPreRelease(readVersion(version)!)) ?? offered.at(-1) ?? page.versions.at(-1);
}

/** The document of `/pypi/<name>/json` and `/pypi/<name>/<version>/json`, with every key that the public index gives. */
export function renderJsonApi(answer: JsonApiAnswer): string {
  const { page, version, baseUrl } = answer;
  const urls = page.files.filter(file => file.version === version);
  const releases = answer.withReleases
    ? Object.fromEntries(
        page.versions.map(text => [
          text,
          page.files.filter(file => file.version === text).map(file => fileEntry(file, baseUrl)),
        ]),
      )
    : undefined;
  return JSON.stringify({
    info: info(answer, urls),
    last_serial: 0,
    releases,
    urls: urls.map(file => fileEntry(file, baseUrl)),
    vulnerabilities: [],
    ownership: { roles: [], organization: null },
  });
}

function info({ page, displayName, version, facts, description, baseUrl }: JsonApiAnswer, urls: readonly PageFile[]) {
  const projectUrl = `${baseUrl}/simple/${page.name}/`;
  const yanked = urls.find(file => file.yanked !== undefined)?.yanked;
  return {
    author: facts.author ?? '',
    author_email: facts.authorEmail ?? '',
    bugtrack_url: null,
    classifiers: facts.classifiers ?? [],
    description: description ?? '',
    description_content_type: facts.descriptionContentType ?? null,
    docs_url: null,
    download_url: facts.downloadUrl ?? '',
    downloads: { last_day: -1, last_month: -1, last_week: -1 },
    dynamic: facts.dynamic ?? null,
    home_page: facts.homePage ?? '',
    keywords: facts.keywords ?? '',
    license: facts.license ?? '',
    license_expression: facts.licenseExpression ?? null,
    license_files: facts.licenseFiles ?? null,
    maintainer: facts.maintainer ?? '',
    maintainer_email: facts.maintainerEmail ?? '',
    name: displayName,
    package_url: projectUrl,
    platform: facts.platforms?.join(', ') ?? '',
    project_url: projectUrl,
    project_urls: labelledUrls(facts.projectUrls ?? []),
    provides_extra: facts.providesExtra ?? null,
    release_url: projectUrl,
    requires_dist: facts.requiresDist ?? null,
    requires_python: facts.requiresPython ?? '',
    summary: facts.summary ?? '',
    version,
    yanked: yanked !== undefined,
    yanked_reason: yanked || null,
  };
}

function labelledUrls(lines: readonly string[]): Record<string, string> | null {
  if (lines.length === 0) return null;
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(',')).trim(), line.slice(line.indexOf(',') + 1).trim()]),
  );
}

function fileEntry(file: PageFile, baseUrl: string) {
  const time = file.uploadedAt.toISOString();
  return {
    comment_text: '',
    'core-metadata': file.coreMetadataSha256 === undefined ? false : { sha256: file.coreMetadataSha256 },
    digests: { md5: file.md5, sha256: file.sha256 },
    downloads: -1,
    filename: file.fileName,
    has_sig: false,
    md5_digest: file.md5,
    packagetype: file.packageType,
    python_version: file.pythonVersion,
    requires_python: file.requiresPython ?? null,
    size: file.sizeBytes,
    upload_time: time.slice(0, 19),
    upload_time_iso_8601: time,
    url: `${baseUrl}/${fileHref(file.path)}`,
    yanked: file.yanked !== undefined,
    yanked_reason: file.yanked || null,
  };
}
