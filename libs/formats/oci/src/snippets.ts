import type { Snippet, SnippetAddress } from '#registry';

/** What the server prints at its start and the pages show: each text works as it stands. */
export function snippets({ host, repository }: SnippetAddress): readonly Snippet[] {
  const image = `${host}/${repository}/app:1.0`;
  return [
    {
      client: 'docker',
      title: 'Sign in',
      purpose: 'set-up',
      text: `echo "$TOKEN" | docker login ${host} --username "$USER" --password-stdin`,
    },
    {
      client: 'docker',
      title: 'Build and push an image',
      purpose: 'publish',
      text: `docker build -t ${image} .\ndocker push ${image}`,
    },
    { client: 'docker', title: 'Pull an image', purpose: 'read', text: `docker pull ${image}` },
  ];
}
