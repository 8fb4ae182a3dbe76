import type { Snippet, SnippetAddress } from '#registry';

/** What the server prints at its start and the pages show: each text works as it stands. */
export function snippets({ origin, baseUrl }: SnippetAddress): readonly Snippet[] {
  const { protocol, host, hostname } = new URL(origin);
  const index = `${baseUrl.replace('://', '://__token__:$TOKEN@')}/simple/`;
  // pip takes plain http from this machine only, unless it is told to trust the host.
  const trusted = protocol === 'http:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  return [
    {
      client: 'pip',
      title: 'Make it the index of this user (writes pip.conf)',
      purpose: 'set-up',
      text: `pip config set global.index-url "${index}"${trusted ? `\npip config set global.trusted-host "${host}"` : ''}`,
    },
    {
      client: 'twine',
      title: 'Upload what was built',
      purpose: 'publish',
      text: `TWINE_USERNAME=__token__ TWINE_PASSWORD="$TOKEN" twine upload --repository-url ${baseUrl}/ dist/*`,
    },
    {
      client: 'pip',
      title: 'Install a package',
      purpose: 'read',
      text: `pip install --index-url "${index}"${trusted ? ` --trusted-host "${host}"` : ''} demo`,
    },
  ];
}
