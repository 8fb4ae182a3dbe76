import type { Snippet, SnippetAddress } from '#registry';

export function snippets({ baseUrl }: SnippetAddress): readonly Snippet[] {
  return [
    {
      client: 'curl',
      title: 'Publish a file',
      purpose: 'publish',
      text: `curl -fsS -u "$USER:$TOKEN" -T ./report.pdf ${baseUrl}/reports/report.pdf`,
    },
    {
      client: 'curl',
      title: 'Download it',
      purpose: 'read',
      text: `curl -fsS -u "$USER:$TOKEN" -O ${baseUrl}/reports/report.pdf`,
    },
  ];
}
