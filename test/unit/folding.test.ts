/** Runs of equal blocks: found by structure, drawn once with "×N", and standing for every block in them. */

import { expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { Item } from '../../src/view/item.ts';
import { runNote, shortPath } from '../../src/view/captions.ts';
import { locate, visibleFor } from '../../src/view/locate.ts';
import type { Outline } from '../../src/view/outline.ts';
import { allExpanded, defaultExpanded, outlineOf } from '../../src/view/outline.ts';
import { buildScene } from '../../src/view/scene.ts';
import { expandedFor, membersOf } from '../../src/view/standIn.ts';
import { densenetGraph, preactGraph, resnetGraph, transformerGraph } from '../support/networks.ts';

const outline = (graph: Graph): Outline => outlineOf(graph, findBlocks(graph));
const runsOf = ({ items }: Outline): Item[] => [...items.values()].filter((item) => item.run);
const counts = (graph: Graph): number[] => runsOf(outline(graph)).map(({ run }) => run!.count);
const sceneOf = (made: Outline, expanded = defaultExpanded(made)) =>
  buildScene(made.index.graph, made.blocks, expanded, made);

const deep = (): Graph => resnetGraph({ block: 'bottleneck', blocks: [3, 8, 36, 3] });

test('a stage of ResNet-152 is its first block and a run of the others', () => {
  expect(counts(deep())).toEqual([2, 7, 35, 2]);
  const scene = sceneOf(outline(deep()));
  expect(scene.skips).toBe(50);
  expect([...scene.nodes.values()].filter((node) => node.kind === 'merge').length).toBe(8);
  const stage = scene.nodes.get('layer3/stage')!;
  const drawn = stage.children.filter((id) => scene.nodes.get(id)!.kind !== 'tap');
  expect(drawn).toEqual(['layer3.0/branch', 'layer3.0/shortcut', 'layer3.0/merge', 'layer3.1/run']);
  const run = scene.nodes.get('layer3.1/run')!;
  expect([run.folded, run.item!.label, run.item!.summary]).toEqual([true, 'Bottleneck', 'layer3.1–35']);
  // Its skip is drawn inside it: from the point where the stream comes in to the sum.
  const inside = scene.edges.filter((edge) => edge.group === run.id && edge.kind === 'identity');
  expect(inside.map((edge) => edge.target)).toEqual([{ node: 'layer3.1/merge', port: 'skipIn' }]);
});

test('what a run costs is the sum of its blocks', () => {
  const made = outline(deep());
  const run = made.items.get('layer3.1/run')!;
  const own = made.blocks.filter(({ module }) => /^layer3\.([1-9]|\d\d)$/.test(module));
  expect(own.length).toBe(35);
  expect(run.params).toBe(own.reduce((sum, { params }) => sum + params, 0));
  expect(run.macs).toBe(own.reduce((sum, { macs }) => sum + macs!, 0));
});

test('a layer of a transformer is one repetition, both of its sublayers in it', () => {
  const made = outline(transformerGraph({ layers: 12 }));
  const [run] = runsOf(made);
  expect([run!.run, run!.label, run!.summary]).toEqual([{ count: 12, size: 4 }, 'EncoderLayer', 'layers.0–11']);
  // The stage would say the same once more.
  expect([...made.items.values()].some((item) => item.role === 'stage')).toBe(false);
  expect(counts(transformerGraph({ layers: 3, norm: 'post' }))).toEqual([3]);
  expect(counts(preactGraph({ blocks: [4, 3] }))).toEqual([4, 2]);
});

test('the layers of a dense block are equal but for what has been joined before them', () => {
  const made = outline(densenetGraph(24));
  const [run] = runsOf(made);
  expect(run!.run).toEqual({ count: 24, size: 2 });
  expect(run!.summary).toBe('layer1–24 · 8 → 104 channels');
  expect(sceneOf(made).skips).toBe(24);
});

test('a block that differs in its shapes, attributes or mistakes is in no run', () => {
  // The second of four blocks is given another stride, dilation or weight.
  const graph = resnetGraph({ blocks: [5] });
  const change = (edit: (graph: Graph) => Graph): number[] => counts(edit(structuredClone(graph)));
  expect(change((same) => same)).toEqual([5]);
  const isSecond = (module: string): boolean => module === 'layer1.1.conv2';
  const edited = (patch: object) => (one: Graph) => ({
    ...one,
    nodes: one.nodes.map((node) => (isSecond(node.module) ? { ...node, ...patch } : node)),
  });
  const conv = graph.nodes.find((node) => isSecond(node.module))!;
  expect(change(edited({ attrs: { ...conv.attrs, dilations: [2, 2], pads: [2, 2, 2, 2] } }))).toEqual([3]);
  expect(change(edited({ problems: [{ code: 'shape', message: 'wrong' }] }))).toEqual([3]);
});

test('a block whose inner value is read outside of the run breaks it', () => {
  const graph = resnetGraph({ blocks: [5] });
  const inner = graph.nodes.find((node) => node.module === 'layer1.2.bn1')!.outputs[0]!;
  expect(counts({ ...graph, outputs: [...graph.outputs, inner] })).toEqual([2, 2]);
});

test('one run unfolds alone, and everything unfolds', () => {
  const made = outline(deep());
  const open = sceneOf(made, new Set([...defaultExpanded(made), 'layer2.1/run']));
  expect([...open.nodes.values()].filter((node) => node.kind === 'merge').length).toBe(8 + 6);
  expect(open.nodes.get('layer2.1/run')!.folded).toBe(false);
  const all = sceneOf(made, allExpanded(made));
  expect([...all.nodes.values()].filter((node) => node.kind === 'merge').length).toBe(50);
  expect([all.skips, open.skips]).toEqual([50, 50]);
});

test('a place in the source, and an item, are found in the block that stands for theirs', () => {
  const made = outline(deep());
  const folded = sceneOf(made);
  expect(visibleFor(made, folded, 'layer3.20/branch')).toBe('layer3.1/branch');
  expect(visibleFor(made, folded, 'layer3.20.conv2')).toBe('layer3.1/branch');
  expect(visibleFor(made, folded, 'layer3.0.conv2')).toBe('layer3.0/branch');
  const graph = made.index.graph;
  const conv = graph.nodes.find((node) => node.module === 'layer3.20.conv2')!;
  const frame = { file: 'other.py', range: { start: { line: 7, character: 0 }, end: { line: 7, character: 9 } } };
  const moved = {
    ...graph,
    nodes: graph.nodes.map((node) => (node === conv ? { ...node, frames: [frame] } : node)),
  };
  const again = outline(moved);
  expect(locate(again, sceneOf(again), frame)).toBe('layer3.1/branch');
  expect(locate(again, sceneOf(again, allExpanded(again)), frame)).toBe('layer3.20.conv2');
  // What has to be opened to see it itself.
  expect(expandedFor(made, 'layer3.20.conv2')).toEqual(['layer3.20/branch', 'layer3.1/run', 'layer3/stage']);
  expect(expandedFor(made, 'layer3.1.conv2')).toEqual(['layer3.1/branch', 'layer3/stage']);
});

test('a drawn block names every block that it stands for', () => {
  const made = outline(deep());
  const open = defaultExpanded(made);
  expect(membersOf(made, open, 'layer2.1/branch').map(({ path }) => path)).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((at) => `layer2.${at}`),
  );
  expect(membersOf(made, open, 'layer2.0/branch').map(({ path }) => path)).toEqual(['layer2.0']);
  expect(membersOf(made, allExpanded(made), 'layer2.1/branch').map(({ path }) => path)).toEqual(['layer2.1']);
});

test('paths are shortened to what tells them apart', () => {
  expect(shortPath('features.denseblock1.denselayer4')).toBe('denselayer4');
  expect(shortPath('backbone.layer1.0')).toBe('layer1.0');
  expect(shortPath('transformer.h.0.attn')).toBe('h.0.attn');
  expect(shortPath('encoder.norm')).toBe('encoder.norm');
  expect(runNote('a.layer3.1', 'a.layer3.35')).toBe('a.layer3.1–35');
  expect(runNote('a.b', 'c')).toBe('a.b – c');
});
