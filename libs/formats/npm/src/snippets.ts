import type { Snippet, SnippetAddress } from '#registry';

/**
 * What a user copies into a shell, in the folder of a project. npm keys credentials by the URL without its scheme, and the trailing
 * slash is part of the key.
 */
export function snippets({ baseUrl }: SnippetAddress): Snippet[] {
  const key = `${baseUrl.replace(/^https?:/, '')}/:_authToken`;
  return [
    {
      client: 'npm',
      title: 'Set up npm for this folder (writes .npmrc)',
      purpose: 'set-up',
      text: `npm config set --location=project "registry=${baseUrl}/" "${key}=$TOKEN"`,
    },
    { client: 'npm', title: 'Install a package', purpose: 'read', text: 'npm install my-package' },
    { client: 'npm', title: 'Publish the package in this folder', purpose: 'publish', text: 'npm publish' },
  ];
}
