import type { Snippet, SnippetAddress } from '#registry';

/**
 * What a user copies. npm keys credentials by the URL without its scheme, and the trailing slash is part of the key.
 */
export function snippets({ baseUrl }: SnippetAddress): Snippet[] {
  const key = baseUrl.replace(/^https?:/, '');
  return [
    {
      client: 'npm',
      title: 'Set up npm (.npmrc beside package.json)',
      purpose: 'set-up',
      text: `registry=${baseUrl}/\n${key}/:_authToken=$TOKEN\n`,
    },
    {
      client: 'npm',
      title: 'Install a package',
      purpose: 'read',
      text: `npm install --registry=${baseUrl}/ <package>\n`,
    },
    {
      client: 'npm',
      title: 'Publish the package in this folder',
      purpose: 'publish',
      text: `npm publish --registry=${baseUrl}/\n`,
    },
  ];
}
