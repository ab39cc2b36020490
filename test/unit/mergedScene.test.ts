/** Two networks in one drawing: what was added, what changed, and what was removed as a ghost where it stood. */

import Elk from 'elkjs/lib/elk.bundled.js';
import { expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { measureCost } from '../../src/analysis/cost.ts';
import type { Graph, Node } from '../../src/ir/graph.ts';
import type { Comparison, Network } from '../../src/view/compare/comparison.ts';
import { compareDown } from '../../src/view/compare/comparison.ts';
import { ghostId, mergedScene } from '../../src/view/compare/mergedScene.ts';
import type { LayoutEngine } from '../../src/view/layout.ts';
import { layoutScene } from '../../src/view/layout.ts';
import { allExpanded, defaultExpanded } from '../../src/view/outline.ts';
import type { Scene } from '../../src/view/scene.ts';
import { buildScene } from '../../src/view/scene.ts';
import { drawComparison } from '../../src/view/picture.ts';
import { densenetGraph, resnetGraph, Sketch } from '../support/networks.ts';

const network = (graph: Graph): Network => ({ graph, blocks: findBlocks(graph), cost: measureCost(graph) });
const compare = (a: Graph, b: Graph): Comparison => compareDown(network(a), network(b));

function sceneOf(comparison: Comparison, all = false): Scene {
  const { outline } = comparison.b;
  const expanded = all ? allExpanded(outline) : defaultExpanded(outline);
  return mergedScene(buildScene(outline.index.graph, outline.blocks, expanded, outline), comparison);
}

const marked = ({ nodes }: Scene): Record<string, string> =>
  Object.fromEntries([...nodes].flatMap(([id, { difference }]) => (difference ? [[id, difference]] : [])));

const edit = (graph: Graph, module: string, patch: (node: Node) => Partial<Node>): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node) => (node.module === module ? { ...node, ...patch(node) } : node)),
});

/** The same network without the addition of a block: what followed it reads the branch. */
function withoutSkip(graph: Graph, block: string): Graph {
  const add = graph.nodes.find(({ module, op }) => module === block && op === 'Add')!;
  const kept = graph.nodes.filter((node) => node !== add);
  const ids = new Map(kept.map((node, at) => [node.id, at]));
  const read = (input: number | null): number | null => (input === add.outputs[0] ? add.inputs[0]! : input);
  return { ...graph, nodes: kept.map((node) => ({ ...node, id: ids.get(node.id)!, inputs: node.inputs.map(read) })) };
}

test('blocks that came are drawn apart from their equal neighbours, and marked', () => {
  const scene = sceneOf(compare(resnetGraph({ blocks: [2, 2] }), resnetGraph({ blocks: [2, 5] })));
  const all = marked(scene);
  expect(Object.keys(all)).toContain('layer2.2/run');
  expect(scene.nodes.get('layer2.2/run')!.item!.run!.count).toBe(3);
  expect(all['layer2.2/branch']).toBe('added');
  expect(all['layer2/stage']).toBe('changed');
  expect([...scene.nodes.values()].filter(({ kind, difference }) => kind === 'tap' && difference)).toEqual([]);
  expect([all['layer2.1/branch'], all['layer1.0/branch'], all['fc']]).toEqual([undefined, undefined, undefined]);
});

test('blocks that went are ghosts between their neighbours, with their skip', async () => {
  const comparison = compare(resnetGraph({ blocks: [2, 3] }), resnetGraph({ blocks: [2, 2] }));
  const scene = sceneOf(comparison);
  const stage = scene.nodes.get('layer2.1/branch')!.group!;
  const ghost = ghostId('layer2.2/branch');
  expect(scene.nodes.get(ghost)).toMatchObject({ difference: 'removed', group: stage, open: false });
  const order = scene.nodes.get(stage)!.children;
  expect(order.indexOf(ghost)).toBeGreaterThan(order.indexOf('layer2.1/merge'));
  const edges = scene.edges.filter(({ difference }) => difference === 'removed');
  const merge = ghostId('layer2.2/merge');
  const ends = edges.map(({ kind, source, target }) => [kind, source.node, target.node, target.port]);
  expect(ends).toEqual(
    expect.arrayContaining([
      ['flow', 'layer2.1/merge', ghost, 'in'],
      ['flow', ghost, merge, 'in'],
      ['identity', 'layer2.1/merge', merge, 'skipIn'],
    ]),
  );
  const placement = await layoutScene(scene, new (Elk as unknown as new () => LayoutEngine)());
  for (const id of [ghost, merge]) expect(placement.nodes.has(id)).toBe(true);
  expect(placement.nodes.get(ghost)!.y).toBeGreaterThan(placement.nodes.get('layer2.1/merge')!.y);
});

test('a skip that was taken out of a block leaves the operations matched and its sum as a ghost', () => {
  const graph = resnetGraph({ blocks: [3, 2] });
  const comparison = compare(graph, withoutSkip(graph, 'layer1.1'));
  const entry = comparison.difference.entries.find(({ kind }) => kind !== 'same')!;
  expect([entry.kind, (entry.b ?? entry.a)!.path]).toEqual(['changed', 'layer1.1']);
  expect(entry.changes).toContain('skip identity → none');
  expect(comparison.difference.entries.filter(({ kind }) => kind !== 'same')).toHaveLength(1);
  expect(comparison.a.counterparts.get('layer1.1.conv1')).toBe('layer1.1.conv1');
  expect(comparison.a.kinds.get('layer1.1/merge')).toBe('removed');
  const scene = sceneOf(comparison, true);
  const ghost = scene.nodes.get(ghostId('layer1.1/merge'))!;
  expect(ghost.difference).toBe('removed');
  const skips = scene.edges.filter(({ difference, kind }) => difference && kind === 'identity');
  expect(skips.map(({ source, target }) => [source.node, target.node])).toEqual([['layer1.0/merge', ghost.id]]);
});

test('a small block that lost its skip is still one block, though its operations are drawn loose', () => {
  const net = (skip: boolean): Graph => {
    const sketch = new Sketch('Net');
    let x = sketch.conv('stem', sketch.input([1, 3, 8, 8]), 3, 8, 3);
    for (const name of ['first', 'second'])
      x = sketch.in(name, 'Block', () => {
        const out = sketch.relu(sketch.conv('conv', x, 8, 8, 3));
        return skip || name === 'first' ? sketch.add(x, out) : out;
      });
    return sketch.build(x);
  };
  for (const [before, after] of [
    [true, false],
    [false, true],
  ] as const) {
    const comparison = compare(net(before), net(after));
    const [entry, ...more] = comparison.difference.entries.filter(({ kind }) => kind !== 'same');
    expect([entry!.kind, entry!.b!.path, more]).toEqual(['changed', 'second', []]);
    expect(entry!.changes[0]).toBe(before ? 'skip identity → none' : 'skip none → identity');
    expect(comparison.b.counterparts.get('second.conv')).toBe('second.conv');
  }
});

test('a changed dilation marks its convolution and block, another input size only what it resizes', () => {
  const graph = resnetGraph({ blocks: [2, 2] });
  const slow = (node: Node) =>
    node.op === 'Conv' ? { attrs: { ...node.attrs, dilations: [2, 2], pads: [2, 2, 2, 2] } } : {};
  const comparison = compare(graph, edit(graph, 'layer2.1.conv1', slow));
  const all = marked(sceneOf(comparison, true));
  expect(all).toMatchObject({ 'layer2.1/branch': 'changed', 'layer2.1.conv1': 'changed' });
  expect(all['layer2.1.conv2']).toBeUndefined();
  const wider = sceneOf(compare(resnetGraph({ size: 16 }), resnetGraph({ size: 32 })), true);
  expect(new Set(Object.values(marked(wider)))).toEqual(new Set(['resized']));
});

test('a part that went from inside a block is a ghost there, and marks the block while it is closed', () => {
  const graph = resnetGraph({ blocks: [2, 2], training: false });
  const norm = graph.nodes.find(({ module }) => module === 'layer2.1.bn2')!;
  const kept = graph.nodes.filter((node) => node !== norm);
  const ids = new Map(kept.map((node, at) => [node.id, at]));
  const read = (input: number | null): number | null => (input === norm.outputs[0] ? norm.inputs[0]! : input);
  const less = {
    ...graph,
    nodes: kept.map((node) => ({ ...node, id: ids.get(node.id)!, inputs: node.inputs.map(read) })),
  };
  const comparison = compare(graph, less);
  const [open, closed] = [sceneOf(comparison, true), sceneOf(comparison)];
  expect(open.nodes.get(ghostId('layer2.1.bn2'))).toMatchObject({ group: 'layer2.1/branch', difference: 'removed' });
  expect(closed.nodes.has(ghostId('layer2.1.bn2'))).toBe(false);
  expect(closed.nodes.get('layer2.1/branch')!.difference).toBe('changed');
});

test('the growth of a dense block is a change of its layers, in both folded alike', () => {
  const comparison = compare(densenetGraph(6, 4), densenetGraph(6, 6));
  expect([...sceneOf(comparison).nodes.values()].some(({ difference }) => difference === 'removed')).toBe(false);
  expect(comparison.b.kinds.get('block1.layer1/run')).toBe('changed');
});

test('equal networks have no marks, and other ones a picture that says each with a sign', async () => {
  expect(marked(sceneOf(compare(resnetGraph(), resnetGraph())))).toEqual({});
  const svg = await drawComparison(
    compare(resnetGraph({ blocks: [2, 3] }), resnetGraph({ block: 'bottleneck', blocks: [3, 2] })),
  );
  for (const [kind, sign] of [
    ['added', '+'],
    ['removed', '−'],
    ['changed', '~'],
  ]) {
    expect(svg).toMatch(new RegExp(`class="node [^"]*diff-${kind}`));
    expect(svg).toContain(`class="sign-text" text-anchor="middle">${sign}<`);
  }
});
