import { Bench } from './bench.js';
import { parseOptions, usage, type Options } from './options.js';
import { measurements } from './rows/index.js';
import { renderTable, type Row } from './table.js';

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(2);
  }
}

async function measureAll(bench: Bench, only: RegExp): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { title, measure } of measurements) {
    if (!only.test(title)) continue;
    process.stderr.write(`${title} …\n`);
    rows.push({ what: title, ...(await measure(bench)) });
  }
  return rows;
}

/** Resolves at the first Ctrl-C. */
function interruption(): Promise<'interrupted'> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('interrupted'));
  });
}

const options = readOptions();
const bench = await Bench.open(options.seconds);
const measured = measureAll(bench, options.only);
// What fails because everything is being stopped is no news.
measured.catch(() => undefined);
try {
  const rows = await Promise.race([measured, interruption()]);
  if (rows === 'interrupted') process.exitCode = 130;
  else
    process.stdout.write(
      `\nNode ${process.version}, ${new Date().toISOString().slice(0, 10)}\n\n${renderTable(rows)}\n`,
    );
} finally {
  await bench.close();
}
