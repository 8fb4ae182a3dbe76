import { fileHref } from './filenames.js';
import type { ProjectPage } from './project-page.js';

/** The version of the simple repository API that both forms carry. HTML stays at it for ever (PEP 833). */
export const apiVersion = '1.4';

/** URLs are relative to the page, so that its bytes are the same behind every host name. */
export const upToRepository = '../../';

export interface RootProject {
  readonly name: string;
  readonly displayName: string;
}

/**
 * The project page as JSON 1.4. Keys without a value are left out and never null: uv fails on `size`, `upload-time` and `yanked` being null. The key
 * `dist-info-metadata` never appears: pip 22.3 to 23.1.2 crashes on it whatever its value.
 */
export function renderProjectJson(page: ProjectPage): string {
  return JSON.stringify({
    meta: { 'api-version': apiVersion },
    name: page.name,
    'project-status': { status: 'active' },
    versions: page.versions,
    files: page.files.map(file => ({
      filename: file.fileName,
      url: upToRepository + fileHref(file.path),
      hashes: { sha256: file.sha256 },
      'requires-python': file.requiresPython,
      'core-metadata': file.coreMetadataSha256 === undefined ? undefined : { sha256: file.coreMetadataSha256 },
      yanked: file.yanked === undefined ? false : file.yanked || true,
      size: file.sizeBytes,
      'upload-time': file.uploadedAt.toISOString(),
    })),
  });
}

export function renderRootJson(projects: readonly RootProject[]): string {
  return JSON.stringify({
    meta: { 'api-version': apiVersion },
    projects: projects.map(({ displayName }) => ({ name: displayName })),
  });
}
