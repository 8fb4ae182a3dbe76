import type { Snippet, SnippetAddress } from '#registry';
import { mavenSettings } from './settings.js';

/** Settings, deployment and resolution for one repository. The id ties them together, so it is the repository's name everywhere. */
export function snippets({ repository, baseUrl, settings }: SnippetAddress): readonly Snippet[] {
  const { versionPolicy } = mavenSettings(settings);
  const takesReleases = versionPolicy !== 'snapshot';
  const takesSnapshots = versionPolicy !== 'release';
  const url = `${baseUrl}/`;
  return [
    {
      client: 'mvn',
      title: 'Credentials in ~/.m2/settings.xml (one <server> for each repository)',
      purpose: 'set-up',
      text: lines(
        '<settings>',
        '  <servers>',
        '    <server>',
        `      <id>${repository}</id>`,
        '      <username>${env.USER}</username>',
        '      <password>${env.TOKEN}</password>',
        '    </server>',
        '  </servers>',
        '</settings>',
      ),
    },
    {
      client: 'mvn',
      title: 'Deploy with mvn deploy: in pom.xml',
      purpose: 'publish',
      text: lines(
        '<distributionManagement>',
        ...(takesReleases ? [`  <repository><id>${repository}</id><url>${url}</url></repository>`] : []),
        ...(takesSnapshots
          ? [`  <snapshotRepository><id>${repository}</id><url>${url}</url></snapshotRepository>`]
          : []),
        '</distributionManagement>',
      ),
    },
    {
      client: 'mvn',
      title: 'Resolve from this repository: in pom.xml',
      purpose: 'read',
      text: lines(
        '<repositories>',
        '  <repository>',
        `    <id>${repository}</id>`,
        `    <url>${url}</url>`,
        `    <releases><enabled>${takesReleases}</enabled></releases>`,
        `    <snapshots><enabled>${takesSnapshots}</enabled></snapshots>`,
        '  </repository>',
        '</repositories>',
      ),
    },
  ];
}

function lines(...text: string[]): string {
  return text.join('\n');
}
