import type { Format, RepositoryRow } from '#registry';

export interface BannerFacts {
  readonly url: string;
  readonly formats: readonly Format[];
  readonly repositories: readonly RepositoryRow[];
  /** Path of the set-up code; undefined when there are users already. */
  readonly setupCodePath: string | undefined;
  readonly millisecondsToReady: number;
}

/** What the terminal shows after a start: where the server is, how to become its administrator, and what to paste into each client. */
export function banner(facts: BannerFacts): string {
  const lines = [``, `Larder is ready at ${facts.url} (after ${(facts.millisecondsToReady / 1000).toFixed(1)} s)`, ``];
  lines.push(...access(facts));
  for (const format of facts.formats) {
    const repositories = facts.repositories.filter(
      repository => repository.format === format.name && repository.kind === 'hosted',
    );
    for (const repository of repositories.slice(0, 2)) lines.push(...snippets(format, repository, facts.url));
  }
  lines.push(`Everything else: ${facts.url}/api/openapi.json`, ``);
  return lines.join('\n');
}

function access(facts: BannerFacts): string[] {
  const first =
    facts.setupCodePath === undefined
      ? [`Sign in with your user name and password: set USER and PASSWORD to them (export USER=admin PASSWORD=…).`]
      : [
          `No user exists yet. The one-time set-up code is in ${facts.setupCodePath}; choose a password and run:`,
          ``,
          `  export USER=admin; read -rs -p 'New password (at least 12 characters): ' PASSWORD`,
          `  curl -fsS ${facts.url}/api/v1/setup -H 'Content-Type: application/json' \\`,
          `    -d "{\\"code\\":\\"$(cat '${facts.setupCodePath}')\\",\\"name\\":\\"$USER\\",\\"password\\":\\"$PASSWORD\\"}"`,
        ];
  return [
    ...first,
    ``,
    `An access token for the clients below (shown once; TOKEN stands for it):`,
    ``,
    `  export TOKEN=$(curl -fsS -u "$USER:$PASSWORD" ${facts.url}/api/v1/me/tokens -H 'Content-Type: application/json' \\`,
    `    -d '{"name":"my machine"}' | sed -E 's/.*"token":"([^"]+)".*/\\1/')`,
    ``,
  ];
}

function snippets(format: Format, repository: RepositoryRow, url: string): string[] {
  const address = {
    origin: url,
    host: new URL(url).host,
    repository: repository.name,
    baseUrl: `${url}${format.mount?.prefix ?? '/repository'}/${repository.name}`,
    settings: repository.settings,
  };
  const lines = [`── ${format.title}: ${repository.name}`, ``];
  for (const snippet of format.snippets(address)) {
    lines.push(`  # ${snippet.title}`, ...snippet.text.split('\n').map(line => `  ${line}`), ``);
  }
  return lines;
}
