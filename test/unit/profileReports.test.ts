/** Pure parts of a report: means over seeds, verdicts on made-up figures, and two reports beside each other. */

import { expect, test } from 'vitest';
import { compareReports } from '../../src/profile/compare.ts';
import { intervalOfMean, quartiles } from '../../src/profile/spread.ts';
import type { BlockProfile, ProfileReport } from '../../src/profile/types.ts';
import { judge } from '../../src/profile/verdict.ts';

test('the interval of a mean is Student’s, quartiles interpolate', () => {
  const { low, high } = intervalOfMean([1, 2, 3, 4, 5])!;
  // 3 ± 2.776 √(2.5 / 5)
  expect([low, high].map((value) => value.toFixed(3))).toEqual(['1.037', '4.963']);
  expect(intervalOfMean([1])).toBeNull();
  expect(quartiles([1, 2, 3, 4])).toEqual({ low: 1.75, high: 3.25 });
});

const tensor = (secondMoment: number) => ({
  ...{ l2: Math.sqrt(secondMoment), secondMoment, mean: 0, channelVariance: secondMoment, channelSquaredMean: 0 },
  ...{ zeroFraction: 0, deadFraction: 0, histogram: null, nonFinite: false },
});

const block = (path: string, y: number, g: number | null, rest: Partial<BlockProfile> = {}): BlockProfile => ({
  ...{ path, activation: tensor(y), gradient: g === null ? null : tensor(g), branchVariance: 1, branchRatio: 0.5 },
  ...{ skipGradNorm: 1, branchGradNorm: 0.5, cosine: 0, branchGain: 0.25, skipGain: 1, identityShare: 1 },
  ...{ deadFraction: 0, intervals: {}, bySeed: {}, forwardMs: null, backwardMs: null, forwardSpread: null },
  ...{ backwardSpread: null, ...rest },
});

const chain = (count: number, y: (at: number) => number, g: (at: number) => number | null) =>
  Array.from({ length: count }, (_, at) => block(`blocks.${at}`, y(at), g(at)));

const say = (blocks: readonly BlockProfile[]) =>
  judge(
    { loss: null, parameters: {}, blocks },
    blocks.map(() => ({ stage: 0, layers: 2 })),
  );

test.each<[string, BlockProfile[]]>([
  [
    'healthy',
    chain(
      10,
      (at) => 1 + at,
      (at) => (11 - at) ** 1.5,
    ),
  ],
  [
    'explodes',
    chain(
      10,
      () => 1,
      (at) => 2 ** -at,
    ),
  ],
  [
    'explodes',
    chain(
      10,
      (at) => 2 ** at,
      () => 1,
    ),
  ],
  [
    'vanishes',
    chain(
      10,
      () => 1,
      (at) => 2 ** at,
    ),
  ],
  [
    'vanishes',
    chain(
      10,
      () => 1,
      (at) => (at < 5 ? 0 : 1),
    ),
  ],
  [
    'unclear',
    chain(
      2,
      () => 1,
      () => 1,
    ),
  ],
  [
    'unmeasured',
    chain(
      4,
      () => 1,
      () => null,
    ),
  ],
  ['unmeasured', []],
  [
    'blocked',
    chain(
      6,
      () => 1,
      () => 1,
    ).map((own) => ({ ...own, skipGain: 0.25 })),
  ],
])('verdict: %s', (kind, blocks) => {
  const verdict = say(blocks);
  expect(verdict.kind, verdict.text).toBe(kind);
  expect(verdict.text).toMatch(/^[A-Z].*\.$/);
});

test('a verdict on one seed says so, and names the blocks whose branches are loud', () => {
  const blocks = chain(
    10,
    () => 1,
    (at) => 2 ** -at,
  );
  const verdict = say(blocks.map((own, at) => (at === 4 ? { ...own, branchGain: 9 } : own)));
  expect(verdict.text).toContain('one seed');
  expect(verdict.text).toContain('blocks.4');
  expect(verdict.evidence.find(({ blocks: named }) => named.length)!.blocks).toEqual(['blocks.4']);
});

test('of blocks beside a stream there is no verdict, and the sentence says why', () => {
  const blocks = chain(
    6,
    () => 1,
    () => 1,
  );
  const { kind, text } = judge(
    { loss: null, parameters: {}, blocks },
    blocks.map(() => ({ stage: null, layers: 2 })),
  );
  expect(kind).toBe('unclear');
  expect(text).toMatch(/^No verdict: the blocks are concatenated/);
});

test('over stages of other sizes the whole is told by the norm, as the plot tells it', () => {
  const blocks = chain(
    6,
    () => 1,
    (at) => 1.05 ** -at,
  ).map((own, at) => (at < 3 ? { ...own, gradient: { ...own.gradient!, l2: 8 * own.gradient!.l2 } } : own));
  const { text } = judge(
    { loss: null, parameters: {}, blocks },
    blocks.map((_, at) => ({ stage: at < 3 ? 0 : 1, layers: 2 })),
  );
  expect(text).toContain('×1.05 per block');
  // 8 × √1.05⁵
  expect(text).toContain('the norm ×9 over all blocks');
});

test('two reports: blocks and parameters are matched by name, and intervals tell apart', () => {
  const parameter = { gradNorm: 1, weightNorm: 1, gradToWeight: 1 };
  const report = (blocks: BlockProfile[], names: string[], batch: number) =>
    ({
      ...{ blocks, batch, seeds: 3, mode: 'train', lossKind: 'random-labels', loss: 2, backend: { provider: 'wasm' } },
      parameters: Object.fromEntries(names.map((name) => [name, parameter])),
    }) as unknown as ProfileReport;
  const around = (low: number, high: number) => ({ intervals: { gradientSecondMoment: { low, high } } });
  const a = report([block('one', 1, 1, around(0.9, 1.1)), block('two', 1, 1, around(0.5, 2))], ['w', 'old'], 8);
  const b = report(
    [block('one', 1, 4, around(3, 5)), block('two', 1, 1.5, around(1, 2)), block('new', 1, 1)],
    ['w'],
    4,
  );
  const { blocks, parameters, caveats } = compareReports(a, b);
  expect(caveats).toEqual(['batch: 8 against 4']);
  expect(parameters).toEqual({ onlyA: ['old'], onlyB: [], both: 1 });
  expect(blocks.map(({ path, in: where }) => `${path} ${where}`)).toEqual(['one both', 'two both', 'new b']);
  expect(blocks[0]!.metrics.gradientSecondMoment).toEqual({ a: 1, b: 4, change: 4, apart: true });
  expect(blocks[1]!.metrics.gradientSecondMoment!.apart).toBe(false);
  expect(blocks[0]!.metrics.cosine).toEqual({ a: 0, b: 0, change: 0, apart: null });
});
