import type { Measurement } from '../measurement.js';
import { bigTitle, smallTitle } from './small-reads.js';

const most = 1.1;

/** An index that were rendered for each request would cost more per byte the larger it is. */
export const byteCost: Measurement = {
  title: 'packument, 1,000 versions: time per byte against the small one',
  measure: async bench => {
    const [small, big] = [bench.figures.get(smallTitle), bench.figures.get(bigTitle)];
    const goal = `≤ ${most.toFixed(2)}`;
    if (!small || !big) return { larder: '', bare: '', ratio: '', goal, met: undefined };
    const larder = small.larder / big.larder;
    return {
      larder: larder.toFixed(3),
      bare: (small.bare / big.bare).toFixed(3),
      ratio: '',
      goal,
      met: larder <= most,
    };
  },
};
