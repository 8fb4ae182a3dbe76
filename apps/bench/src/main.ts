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

const options = readOptions();
const bench = await Bench.open(options.seconds);
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    void bench.close().then(() => process.exit(130));
  });
}
try {
  const rows = await measureAll(bench, options.only);
  process.stdout.write(`\nNode ${process.version}, ${new Date().toISOString().slice(0, 10)}\n\n${renderTable(rows)}\n`);
} finally {
  await bench.close();
}
