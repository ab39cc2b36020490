/** Plots of a profile as data, as geometry, as pictures and as rows of numbers. */

import { describe, expect, test } from 'vitest';
import { csvOf } from '../../src/profile/figures/csv.ts';
import { depthFigures, stagesOf } from '../../src/profile/figures/depth.ts';
import { histogramFigures } from '../../src/profile/figures/histograms.ts';
import type { NamedReport } from '../../src/profile/figures/variants.ts';
import { formatNumber } from '../../src/profile/figures/figure.ts';
import { layoutFigure } from '../../src/profile/figures/layout.ts';
import { figuresSvg } from '../../src/profile/figures/svg.ts';
import { parseAblation } from '../../src/profile/spelling.ts';
import type { SampleOptions } from '../support/reports.ts';
import { sampleReport } from '../support/reports.ts';

const named = (name: string, options: SampleOptions = {}): NamedReport => ({ name, report: sampleReport(options) });
const figure = (shown: readonly NamedReport[], id: string) => depthFigures(shown).find((one) => one.id === id)!;
const SIZE = { width: 400, height: 220 };

describe('figures', () => {
  test('the network and its ablations are lines of their own, with bands', () => {
    const { lines, blocks, stages } = figure([named('run', { ablations: ['plain', 'scaled:0.5'] })], 'gradient');
    expect(lines.map(({ label }) => label)).toEqual(['with skips', 'plain twin', 'skips × 0.5']);
    expect(new Set(lines.map(({ colour }) => colour)).size).toBe(3);
    expect(new Set(lines.map(({ dash }) => dash)).size).toBe(3);
    expect(blocks).toHaveLength(9);
    expect(lines[0]!.points.every((point) => point!.band!.low < point!.value)).toBe(true);
    expect(stages.map(({ label, from, to }) => [label, from, to])).toEqual([
      ['layer1', 0, 2],
      ['layer2', 3, 5],
      ['layer3', 6, 8],
    ]);
  });

  test('the gradient’s figure says by how much it grows, of few lines', () => {
    const one = sampleReport({ stages: [1, 1], ablations: ['plain'] });
    const [first, last] = one.blocks.map((block) => block.gradient!.l2);
    const { note } = figure([{ name: 'run', report: one }], 'gradient');
    expect(note).toBe(
      `first over last block: with skips ×${formatNumber(first! / last!)}, plain twin ×${formatNumber(
        one.ablations[0]!.blocks[0]!.gradient!.l2 / one.ablations[0]!.blocks[1]!.gradient!.l2,
      )}`,
    );
    expect(figure([named('first'), named('second')], 'gradient').note).toBeNull();
  });

  test('of runs over one another, a colour is a run and a dash an ablation', () => {
    const { lines } = figure([named('first'), named('second', { growth: 1.1 })], 'gradient');
    expect(lines.map(({ label }) => label)).toEqual(['first', 'first, plain twin', 'second', 'second, plain twin']);
    expect(lines.map(({ colour }) => colour)).toEqual([0, 0, 1, 1]);
    expect(lines.map(({ dash }) => dash)).toEqual([0, 1, 0, 1]);
    expect(lines.map(({ shortLabel }) => shortLabel)).toEqual(['first', 'plain twin', 'second', 'plain twin']);
  });

  test('another architecture is laid over by depth, without gaps', () => {
    const { lines, blocks } = figure([named('deep', { stages: [5, 5, 5] }), named('flat')], 'gradient');
    expect(blocks).toHaveLength(15);
    const known = lines[2]!.points.map((point) => point !== null);
    expect(known).toEqual([...new Array<boolean>(9).fill(true), ...new Array<boolean>(6).fill(false)]);
  });

  test('what was not measured has no figure', () => {
    const report = { ...sampleReport(), paths: null };
    const forward = { ...report, blocks: report.blocks.map((block) => ({ ...block, gradient: null })), ablations: [] };
    const ids = depthFigures([{ name: 'run', report: forward }]).map(({ id }) => id);
    expect(ids).not.toContain('gradient');
    expect(ids).not.toContain('paths');
    expect(ids).toContain('activation');
  });

  test('sizes of a block are shares of all its numbers', () => {
    const [activations] = histogramFigures([named('run', { ablations: [] })], 'layer2.1');
    const shares = activations!.lines[0]!.points.map((point) => point!.value);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.5, 10);
    expect(activations!.note).toContain('zeros: 50 %');
    expect(histogramFigures([named('run')], 'nowhere')).toEqual([]);
  });

  test('blocks that are their own stage have no stages', () => {
    expect(stagesOf(['a.0', 'b.0', 'c.0', 'd.0', 'e.0'])).toEqual([]);
    expect(stagesOf(['blocks.0', 'blocks.0#2', 'blocks.1'])).toEqual([]);
  });
});

describe('geometry', () => {
  const layout = layoutFigure(figure([named('run', { stages: [18, 18, 18], ablations: ['plain'] })], 'gradient'), SIZE);

  test('everything lies within the picture', () => {
    const { plot, lines, xTicks, yTicks } = layout;
    for (const { points, label } of lines) {
      for (const point of points) {
        expect(point!.x).toBeGreaterThanOrEqual(plot.left);
        expect(point!.x).toBeLessThanOrEqual(plot.right);
        expect(point!.y).toBeGreaterThanOrEqual(plot.top);
        expect(point!.y).toBeLessThanOrEqual(plot.bottom);
      }
      expect(label!.x).toBeGreaterThan(plot.right);
    }
    expect(xTicks[0]!.text).toBe('1');
    expect(yTicks.length).toBeGreaterThanOrEqual(3);
  });

  test('names of lines do not touch, and stand in the order of their lines', () => {
    const many = figure(
      [named('run', { ablations: ['plain', 'identity', 'scaled:0.5', 'scale-matched'] })],
      'gradient',
    );
    const heights = layoutFigure(many, SIZE)
      .lines.map(({ label }) => label!.y)
      .sort((a, b) => a - b);
    for (const [at, height] of heights.slice(1).entries()) expect(height - heights[at]!).toBeGreaterThanOrEqual(12.9);
    const [own, twin] = layout.lines;
    expect(own!.label!.y).toBeGreaterThan(twin!.label!.y);
  });

  test('a wide range has powers of ten, a narrow one digits', () => {
    expect(layout.yTicks.map(({ text }) => text)).toContain('100');
    const flat = layoutFigure(figure([named('run', { ablations: [], growth: 1 })], 'gradient'), SIZE);
    expect(flat.yTicks.map(({ text }) => text)).toContain('0.1');
    expect(flat.yTicks.length).toBeGreaterThanOrEqual(3);
    const steep = layoutFigure(figure([named('run', { stages: [40, 40], ablations: ['plain'] })], 'gradient'), SIZE);
    expect(steep.yTicks.map(({ text }) => text)).toEqual(['10⁰', '10²', '10⁴', '10⁶']);
  });
});

test('a picture stands alone: its colours are resolved and its texts escaped', () => {
  const svg = figuresSvg(depthFigures([named('run')]), {
    theme: 'dark',
    columns: 3,
    plot: SIZE,
    title: 'Net<T>() & more',
    lines: ['It is healthy.'],
  });
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).not.toContain('var(');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  expect(svg).toContain('Net&lt;T&gt;() &amp; more');
  expect(svg).toContain('#58a6ff');
});

test('rows of numbers name the run, the network and the block', () => {
  const rows = csvOf([named('my, run')])
    .trimEnd()
    .split('\n');
  expect(rows).toHaveLength(1 + 18);
  const header = rows[0]!.split(',');
  expect(header.slice(0, 6)).toEqual(['run', 'model', 'network', 'block', 'path', 'activationNorm']);
  expect(rows[1]).toMatch(/^"my, run",resnet20\(\),network,1,layer1\.0,/);
  expect(rows[10]).toMatch(/^"my, run",resnet20\(\),plain,1,layer1\.0,/);
  expect(csvOf([named('=1+1')])).toContain("'=1+1");
});

test('ablations are read as they are spelled', () => {
  expect(parseAblation('plain')).toEqual({ kind: 'plain' });
  expect(parseAblation('scaled:0.5@layer1.0')).toEqual({ kind: 'scaled', factor: 0.5, at: 'layer1.0' });
  expect(parseAblation('scale-matched')).toEqual({ kind: 'scale-matched' });
  expect(parseAblation('lesion:layer1.0')).toEqual({ kind: 'lesion', block: 'layer1.0' });
  for (const wrong of ['', 'none', 'scaled', 'scaled:x', 'lesion', 'plain:1']) expect(parseAblation(wrong)).toBeNull();
});

test('numbers are written for people', () => {
  expect([0, 0.123456, 12.3456, 1234.5, 123456, 1e-5, -0.5, NaN].map(formatNumber)).toEqual([
    ...['0', '0.123', '12.3', '1235', '1.23·10⁵', '1.00·10⁻⁵', '-0.500', 'NaN'],
  ]);
});
