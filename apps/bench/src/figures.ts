/** The middle one; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) throw new Error('the median of nothing');
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The same measure on both servers. */
export interface Pair {
  readonly larder: number;
  readonly bare: number;
}

/** Medians over all rounds. */
export interface Comparison extends Pair {
  /** Larder divided by bare within each round: what slows the machine for a while slows both. */
  readonly ratio: number;
}

/** Measures both servers in turns. The order changes with every round: who comes second finds a warmer machine. */
export async function inTurns(
  rounds: number,
  measure: (server: keyof Pair, round: number) => Promise<number>,
): Promise<Comparison> {
  const figures = { larder: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['larder', 'bare'] as const) : (['bare', 'larder'] as const);
    for (const server of order) figures[server].push(await measure(server, round));
  }
  const ratios = figures.larder.map((figure, round) => figure / figures.bare[round]!);
  return { larder: median(figures.larder), bare: median(figures.bare), ratio: median(ratios) };
}

export function perSecond(value: number): string {
  return `${value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1)}/s`;
}

export function mebibytesPerSecond(bytesPerSecond: number): string {
  return `${Math.round(bytesPerSecond / mebibyte)} MiB/s`;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MiB`;
}

export function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

export function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

export const mebibyte = 1024 * 1024;
