import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseConfig, settingNames } from '#kernel';
import { parseSettings } from '#registry';
import { formats } from './formats.js';

const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
const origin = 'http://127.0.0.1:8081';

/** Name and default of each row of the table of settings. */
const rows = [...readme.matchAll(/^\| `(LARDER_\w+)` *\| (.+?) *\|/gm)].map(([, name = '', value = '']) => ({
  name,
  value,
}));

describe('the README', () => {
  it('lists every setting, and no other', () => {
    expect(rows.map(row => row.name).toSorted()).toEqual([...settingNames].toSorted());
  });

  it('gives the defaults that hold', () => {
    const defaults = parseConfig({}, '/');
    const stated = (name: string): string => rows.find(row => row.name === name)?.value ?? '';
    expect({
      host: stated('LARDER_HOST'),
      port: stated('LARDER_PORT'),
      data: stated('LARDER_DATA_DIR'),
      logLevel: stated('LARDER_LOG_LEVEL'),
      workers: stated('LARDER_WORKERS'),
      starters: stated('LARDER_STARTER_REPOSITORIES'),
    }).toEqual({
      host: `\`${defaults.host}\``,
      port: `\`${defaults.port}\``,
      data: `\`.${defaults.dataDir}\``,
      logLevel: `\`${defaults.logLevel}\``,
      workers: `\`${defaults.workers}\``,
      starters: `\`${defaults.starterRepositories}\``,
    });
  });

  it('names every starter repository', () => {
    const names = formats.flatMap(format => format.starterRepositories.map(repository => repository.name));
    expect(names.filter(name => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it.each(formats.map(format => [format.name, format] as const))(
    'shows for %s what the server prints at its start',
    (_name, format) => {
      const [starter] = format.starterRepositories;
      const baseUrl = `${origin}${format.mount?.prefix ?? '/repository'}/${starter!.name}`;
      const settings = parseSettings(format, starter!.settings);
      const printed = format.snippets({
        origin,
        host: new URL(origin).host,
        repository: starter!.name,
        baseUrl,
        settings,
      });
      expect(printed.filter(snippet => !readme.includes(snippet.text)).map(snippet => snippet.title)).toEqual([]);
    },
  );
});
