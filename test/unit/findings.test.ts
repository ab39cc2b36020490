/** What a profile's figures say of a design, on the lines that it comes from: each finding, and its threshold. */

import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { findingsOf } from '../../src/profile/findings.ts';
import type { BlockProfile, PathProfile, VerdictKind } from '../../src/profile/types.ts';
import { preactGraph } from '../support/networks.ts';
import { sampleReport } from '../support/reports.ts';

// Of 8 pictures of 16 × 16 no norm has fewer than 128 numbers for a statistic.
const sound = preactGraph({ batch: 8, size: 16 });

interface Changes {
  readonly graph?: typeof sound;
  /** Of the second block. */
  readonly block?: Partial<BlockProfile>;
  readonly verdict?: VerdictKind;
  readonly paths?: Partial<PathProfile>;
}

function found({ graph = sound, block = {}, verdict = 'healthy', paths }: Changes) {
  const blocks = findBlocks(graph);
  const [template] = sampleReport().blocks;
  const measured = blocks.map(({ path }, at) => ({ ...template!, path, ...(at === 1 ? block : {}) }));
  const evidence = [
    { what: '', value: 2, interval: null, threshold: null, calibrated: true, blocks: [blocks[2]!.path] },
  ];
  const judged = { kind: verdict, text: 'What the verdict says.', evidence };
  const whole = { norms: [], meanLength: 2, branches: blocks.length, identityShare: 0.5, residue: 0, ...paths };
  const run = { loss: null, parameters: {}, blocks: measured, verdict: judged };
  return findingsOf(graph, blocks, run, paths ? whole : null);
}

const activation = sampleReport().blocks[0]!.activation;

describe('a finding', () => {
  test.each<[string, Changes, Changes]>([
    ['dead-channels', { block: { deadFraction: 0.11 } }, { block: { deadFraction: 0.1 } }],
    [
      'mean-shift',
      { block: { activation: { ...activation, channelVariance: 1, channelSquaredMean: 1.1 } } },
      { block: { activation: { ...activation, channelVariance: 1, channelSquaredMean: 0.9 } } },
    ],
    ['long-paths', { paths: { meanLength: 2.1 } }, { paths: { meanLength: 1.9 } }],
    [
      'small-batch-statistics',
      { graph: preactGraph({ batch: 2, size: 8 }) },
      { graph: preactGraph({ batch: 4, size: 16 }) },
    ],
  ])('%s is said beyond its threshold, which is called a rule of thumb', (code, beyond, within) => {
    const [finding] = found(beyond).filter((one) => one.code === code);
    expect(finding).toMatchObject({ file: 'net.py' });
    expect(finding!.message).toMatch(/\(The threshold is a rule of thumb\.\)$/);
    expect(found(within).filter((one) => one.code === code)).toEqual([]);
  });

  test('of a verdict stands where the blocks that it names are written', () => {
    for (const kind of ['explodes', 'vanishes', 'blocked', 'shatters'] as const) {
      const [finding, ...more] = found({ verdict: kind });
      expect(more).toEqual([]);
      expect(finding).toMatchObject({
        code: `gradient-${kind}`,
        severity: 'warning',
        message: 'What the verdict says.',
      });
    }
    for (const kind of ['healthy', 'unclear', 'unmeasured'] as const) expect(found({ verdict: kind })).toEqual([]);
  });
});
