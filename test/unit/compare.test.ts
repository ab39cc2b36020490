/** What differs between two networks, whatever they are called and wherever they stand. */

import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { measureCost } from '../../src/analysis/cost.ts';
import type { Attrs, Graph } from '../../src/ir/graph.ts';
import type { Difference, DifferenceKind, Side } from '../../src/view/compare/difference.ts';
import type { Total } from '../../src/view/compare/difference.ts';
import { compareNetworks, describeTotal } from '../../src/view/compare/difference.ts';
import { outlineOf } from '../../src/view/outline.ts';
import { densenetGraph, preactGraph, resnetGraph } from '../support/networks.ts';
import { torchvisionResnet } from '../support/torchNetworks.ts';

const side = (graph: Graph): Side => {
  const blocks = findBlocks(graph);
  return { graph, blocks, cost: measureCost(graph), outline: outlineOf(graph, blocks) };
};
const compare = (a: Graph, b: Graph): Difference => compareNetworks(side(a), side(b));
const pathsOf = ({ entries }: Difference, kind: DifferenceKind): string[] =>
  entries.filter((entry) => entry.kind === kind).map(({ a, b }) => (b ?? a)!.path);
const resnet = (blocks: readonly number[], options = {}): Graph =>
  torchvisionResnet({ blocks, bottleneck: false, batch: 1, size: 64, ...options });

const totalOf = (a: number | null, b: number | null, least = 0): Total => ({
  a: { exact: a, atLeast: a ?? least },
  b: { exact: b, atLeast: b ?? least },
});

describe('compare', () => {
  test('a network is the same as itself', () => {
    const found = compare(resnet([2, 2, 2, 2]), resnet([2, 2, 2, 2]));
    expect(found.entries.length).toBeGreaterThan(8);
    expect(new Set(found.entries.map(({ kind }) => kind))).toEqual(new Set(['same']));
    expect(found.params).toEqual(totalOf(11_689_512, 11_689_512));
  });

  test('from ResNet-18 to 34, the blocks that came are added and no other one changed', () => {
    const found = compare(resnet([2, 2, 2, 2]), resnet([3, 4, 6, 3]));
    const added = ['layer1.2', 'layer2.2', 'layer2.3', 'layer3.2', 'layer3.3', 'layer3.4', 'layer3.5', 'layer4.2'];
    expect(pathsOf(found, 'added')).toEqual(added);
    expect(found.entries.filter(({ kind }) => kind !== 'same' && kind !== 'added')).toEqual([]);
    expect(found.params.b.exact! - found.params.a.exact!).toBe(21_797_672 - 11_689_512);
    expect(pathsOf(compare(resnet([3, 4, 6, 3]), resnet([2, 2, 2, 2])), 'removed')).toEqual(added);
  });

  test('a network inside another module has moved and nothing else', () => {
    const one = preactGraph({ width: 8, size: 8, batch: 1 });
    const rename = (graph: Graph, path: (path: string) => string): Graph => ({
      ...graph,
      nodes: graph.nodes.map((node) => ({ ...node, module: path(node.module) })),
      modules: graph.modules.map((module) => ({ ...module, path: path(module.path) })),
    });
    const found = compare(
      one,
      rename(one, (path) => (path === '' ? '' : `net.${path}`)),
    );
    // Functional calls of the root stay in the root.
    expect(new Set(found.entries.map(({ kind }) => kind))).toEqual(new Set(['moved', 'same']));
    const moved = found.entries.filter(({ kind }) => kind === 'moved');
    expect(moved.length).toBeGreaterThan(3);
    for (const { changes } of moved) expect(changes[0]).toMatch(/^path .* → net\./);
  });

  test('bottlenecks in place of basic blocks are changes that say what changed', () => {
    const found = compare(resnet([2, 2, 2, 2]), resnet([2, 2, 2, 2], { bottleneck: true }));
    const entry = found.entries.find(({ b }) => b?.path === 'layer1.0')!;
    expect(entry.kind).toBe('changed');
    expect(entry.changes).toEqual(
      expect.arrayContaining(['class BasicBlock → Bottleneck', 'skip identity → projection']),
    );
    expect(entry.changes.some((text) => /^params .* → /.test(text))).toBe(true);
  });

  test('what only has other shapes pass through it is resized, not changed', () => {
    const small = resnetGraph({ blocks: [2, 2], width: 8, batch: 1, size: 16 });
    const large = resnetGraph({ blocks: [2, 2], width: 8, batch: 1, size: 32 });
    const kinds = new Set(compare(small, large).entries.map(({ kind }) => kind));
    expect(kinds.has('resized')).toBe(true);
    expect(kinds.has('changed') || kinds.has('added') || kinds.has('removed')).toBe(false);
  });

  test('a change that the labels of the operations do not say is said by attribute', () => {
    const graph = resnetGraph({ blocks: [2, 2], width: 8, batch: 1, size: 16 });
    const edit = (attrs: Attrs): Graph => ({
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.module === 'layer2.1.conv1' ? { ...node, attrs: { ...node.attrs, ...attrs } } : node,
      ),
    });
    const entry = compare(graph, edit({ pads: [2, 2, 2, 2] })).entries.find(({ kind }) => kind !== 'same')!;
    expect([entry.kind, entry.b!.path, entry.changes]).toEqual([
      'changed',
      'layer2.1',
      ['conv 3×3, 16: padding 1 → 2'],
    ]);
    expect(compare(graph, edit({ strides: [2, 2] })).entries.find(({ kind }) => kind !== 'same')!.changes[0]).toBe(
      'conv 3×3, 16 → conv 3×3, 16, /2',
    );
  });

  test('another growth rate changes the dense layers in place', () => {
    const found = compare(densenetGraph(3, 4), densenetGraph(3, 6));
    expect(pathsOf(found, 'added').concat(pathsOf(found, 'removed'))).toEqual([]);
    expect(pathsOf(found, 'changed').length).toBeGreaterThan(2);
  });

  test('deep networks are compared', () => {
    const deep = (depth: number): Graph =>
      resnetGraph({ shortcut: 'pad', blocks: [depth, depth, depth], width: 4, batch: 1, size: 8 });
    const found = compare(deep(100), deep(101));
    expect(pathsOf(found, 'added')).toHaveLength(3);
    expect(found.entries.filter(({ kind }) => kind !== 'same' && kind !== 'added')).toEqual([]);
  });

  test('totals say what they grew by', () => {
    expect(describeTotal(totalOf(10, 25), String)).toBe('10 → 25 (+15)');
    expect(describeTotal(totalOf(25, 10), String)).toBe('25 → 10 (−15)');
    expect(describeTotal(totalOf(7, 7), String)).toBe('7 (same)');
    expect(describeTotal(totalOf(null, 7), String)).toBe('unknown → 7');
    expect(describeTotal(totalOf(7, null, 5), String)).toBe('7 → at least 5');
  });
});
