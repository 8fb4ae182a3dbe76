/** One line of the table: everything as text, apart from whether the goal is met. */
export interface Row {
  readonly what: string;
  readonly larder: string;
  readonly bare: string;
  readonly ratio: string;
  readonly goal: string;
  /** Undefined: the row has no goal. */
  readonly met: boolean | undefined;
}

const heads = ['what', 'Larder', 'bare', 'ratio', 'goal', 'met'] as const;

/** A table for the terminal that is also a table in Markdown. */
export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map(row => [row.what, row.larder, row.bare, row.ratio, row.goal, metText(row.met)]);
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map(line => line[column]!.length)));
  const render = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? `:${'-'.repeat(width + 1)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [render(heads), rule, ...lines.map(render)].join('\n');
}

function metText(met: boolean | undefined): string {
  return met === undefined ? '' : met ? 'yes' : 'NO';
}
