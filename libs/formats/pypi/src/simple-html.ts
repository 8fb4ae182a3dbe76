import { fileHref } from './filenames.js';
import type { PageFile, ProjectPage } from './project-page.js';
import { apiVersion, upToRepository, type RootProject } from './simple-json.js';

/**
 * The project page as HTML 1.4. Only files are links: hatch takes every anchor's text for a file name. Attributes without a value are left out: pip takes
 * `data-yanked="false"` for yanked and `data-core-metadata="false"` for offered.
 */
export function renderProjectHtml(page: ProjectPage): string {
  const title = `Links for ${page.name}`;
  const status = '<meta name="pypi:project-status" content="active">\n';
  return html(title, status, page.files.map(anchor));
}

export function renderRootHtml(projects: readonly RootProject[]): string {
  const anchors = projects.map(
    ({ name, displayName }) => `<a href="${escapeHtml(name)}/">${escapeHtml(displayName)}</a><br>\n`,
  );
  return html('Simple index', '', anchors);
}

// pip 22.0 refuses a page without exactly this doctype.
function html(title: string, meta: string, anchors: readonly string[]): string {
  return (
    '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n' +
    `<meta name="pypi:repository-version" content="${apiVersion}">\n${meta}` +
    `<title>${escapeHtml(title)}</title>\n</head>\n<body>\n<h1>${escapeHtml(title)}</h1>\n${anchors.join('')}</body>\n</html>\n`
  );
}

function anchor(file: PageFile): string {
  const attributes: (readonly [name: string, value: string])[] = [
    ['href', `${upToRepository}${fileHref(file.path)}#sha256=${file.sha256}`],
  ];
  if (file.requiresPython !== undefined) attributes.push(['data-requires-python', file.requiresPython]);
  if (file.coreMetadataSha256 !== undefined) {
    attributes.push(['data-core-metadata', `sha256=${file.coreMetadataSha256}`]);
    attributes.push(['data-dist-info-metadata', `sha256=${file.coreMetadataSha256}`]);
  }
  if (file.yanked !== undefined) attributes.push(['data-yanked', file.yanked]);
  // Not in the standard; uv reads them.
  attributes.push(['data-size', String(file.sizeBytes)], ['data-upload-time', file.uploadedAt.toISOString()]);
  const text = attributes.map(([name, value]) => ` ${name}="${escapeHtml(value)}"`).join('');
  return `<a${text}>${escapeHtml(file.fileName)}</a><br>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, character => entities[character]!) : text;
}
