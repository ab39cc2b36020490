/** Reports to histograms of the numbers at one block. */

import type { BlockProfile, Histogram } from '../types.ts';
import type { Figure } from './figure.ts';
import type { NamedReport } from './variants.ts';
import { variantsOf } from './variants.ts';

/** How big the numbers of one block's output and gradient are; empty where they were not counted. */
export function histogramFigures(shown: readonly NamedReport[], path: string): readonly Figure[] {
  const variants = variantsOf(shown);
  const figure = (id: string, title: string, read: (block: BlockProfile) => Histogram | null): Figure | null => {
    const counted = variants.flatMap((variant) => {
      const block = variant.run.blocks.find((one) => one.path === path);
      const histogram = block ? read(block) : null;
      return histogram ? [{ ...variant, histogram }] : [];
    });
    if (counted.length === 0) return null;
    const filled = counted.flatMap(({ histogram: { first, counts } }) =>
      counts.flatMap((count, at) => (count > 0 ? [first + at] : [])),
    );
    const from = Math.min(...filled);
    const xs = Array.from({ length: Math.max(...filled) - from + 1 }, (_, at) => from + at);
    const zeros = counted.map(({ histogram }) => histogram.zeros / totalOf(histogram));
    return {
      id,
      title: `${title} of ${path}`,
      note: `share by size |x|, in powers of two; zeros: ${zeros.map((share) => `${(share * 100).toFixed(0)} %`).join(', ')}`,
      scale: 'linear',
      reach: [0, 0],
      rule: null,
      xTitle: 'size',
      xs,
      xFormat: 'power-of-two',
      blocks: null,
      stages: [],
      lines: counted.map(({ label, shortLabel, colour, dash, histogram }) => ({
        label,
        shortLabel,
        colour,
        dash,
        points: xs.map((x) => ({
          value: (histogram.counts[x - histogram.first] ?? 0) / totalOf(histogram),
          band: null,
        })),
      })),
    };
  };
  return [
    figure('histogram-activation', 'Activations', ({ activation }) => activation.histogram),
    figure('histogram-gradient', 'Gradients', ({ gradient }) => gradient?.histogram ?? null),
  ].filter((one) => one !== null);
}

const totalOf = ({ counts, zeros }: Histogram): number => counts.reduce((sum, count) => sum + count, zeros);
