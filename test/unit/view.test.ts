/** The drawing as data: what is on the canvas, and where; skips keep clear of nodes and of the main path. */

import Elk from 'elkjs/lib/elk.bundled.js';
import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { captionOf, headerText, opNote, textWidth } from '../../src/view/captions.ts';
import { edgeLabels } from '../../src/view/edgeLabels.ts';
import { formatCount, formatMacs, macsText, paramsText } from '../../src/view/label.ts';
import { crosses, runsAlong } from '../../src/view/lanes.ts';
import type { LayoutEngine, Placement } from '../../src/view/layout.ts';
import { layoutScene } from '../../src/view/layout.ts';
import { SHEETS, sizeOf } from '../../src/view/sizes.ts';
import { locate } from '../../src/view/locate.ts';
import { colourAt, scaleOf } from '../../webview/metrics.ts';
import type { Item } from '../../src/view/item.ts';
import { BLANK } from '../../src/view/item.ts';
import { outlineOf } from '../../src/view/outline.ts';
import { drawSvg } from '../../src/view/picture.ts';
import type { Scene } from '../../src/view/scene.ts';
import { buildScene } from '../../src/view/scene.ts';
import { densenetGraph, preactGraph, resnetGraph, transformerGraph, unetGraph } from '../support/networks.ts';

const engine = new (Elk as unknown as new () => LayoutEngine)();
const everything = (graph: Graph): ReadonlySet<string> => {
  const outline = outlineOf(graph, findBlocks(graph));
  return new Set([...outline.items.values()].filter((item) => item.children.length).map((item) => item.id));
};
const sceneOf = (graph: Graph, expanded?: ReadonlySet<string>): Scene => buildScene(graph, findBlocks(graph), expanded);
const resnet50 = (): Graph => resnetGraph({ block: 'bottleneck', blocks: [3, 4, 6, 3], width: 8, size: 32 });

const NETWORKS: Readonly<Record<string, () => Graph>> = {
  'a bottleneck ResNet': resnet50,
  'a ResNet with padded shortcuts': () => resnetGraph({ shortcut: 'pad' }),
  'a mismatched ResNet': () => resnetGraph({ mismatched: 'layer2.0' }),
  'a pre-activation ResNet': preactGraph,
  'a transformer': transformerGraph,
  'a post-norm transformer': () => transformerGraph({ norm: 'post' }),
  'a DenseNet': () => densenetGraph(5),
  'a U-Net': unetGraph,
};

/** Skip edges that enter a box of their own level, or lie on a flow edge. */
function faults(scene: Scene, placement: Placement): string[] {
  const found: string[] = [];
  const ancestors = (id: string | null): string[] =>
    id === null ? [] : [id, ...ancestors(scene.nodes.get(id)!.group)];
  for (const edge of scene.edges) {
    if (edge.kind === 'flow') continue;
    const points = placement.edges.get(edge.id)!;
    const own = new Set([...ancestors(edge.group), edge.source.node, edge.target.node]);
    for (const node of scene.nodes.values())
      if (!own.has(node.id) && crosses(points, placement.nodes.get(node.id)!))
        found.push(`${edge.id} crosses ${node.id}`);
    for (const other of scene.edges)
      if (other.kind === 'flow' && other.group === edge.group && runsAlong(points, placement.edges.get(other.id)!, 2))
        found.push(`${edge.id} runs along ${other.id}`);
  }
  return found;
}

describe.each(Object.entries(NETWORKS))('%s', (_, make) => {
  test.each(['as first seen', 'with everything open'])('keeps skips on lanes of their own %s', async (how) => {
    const graph = make();
    const scene = sceneOf(graph, how === 'as first seen' ? undefined : everything(graph));
    const placement = await layoutScene(scene, engine);
    expect(scene.skips).toBe(findBlocks(graph).filter((block) => block.skip !== 'none').length);
    expect(faults(scene, placement)).toEqual([]);
    // Every edge is drawn, and everything inside the picture.
    for (const edge of scene.edges) {
      const points = placement.edges.get(edge.id) ?? [];
      expect(points.length, edge.id).toBeGreaterThan(1);
      expect(
        points.every(({ x, y }) => x >= 0 && y >= 0 && x <= placement.width && y <= placement.height),
        edge.id,
      ).toBe(true);
    }
  });

  test('loses no operation', () => {
    const graph = make();
    const outline = outlineOf(graph, findBlocks(graph));
    const drawn = graph.nodes.filter((node) => node.outputs.some((output) => outline.index.isData(output)));
    expect([...outline.leafOf.keys()].sort((a, b) => a - b)).toEqual(drawn.map((node) => node.id));
    const count = (item: Item): number => item.children.reduce((sum, child) => sum + count(child), 1);
    expect(outline.items.size, 'ids are unique').toBe(count(outline.root));
  });

  test('is laid out the same every time', async () => {
    const [first, second] = [await layoutScene(sceneOf(make()), engine), await layoutScene(sceneOf(make()), engine)];
    expect([...second.nodes]).toEqual([...first.nodes]);
    expect([...second.edges]).toEqual([...first.edges]);
  });
});

test('stages count their blocks by class; without classes, as in an ONNX file, as blocks', () => {
  const graph = resnetGraph({ blocks: [1, 2] });
  const nameless = { ...graph, modules: graph.modules.map((module) => ({ ...module, class: '' })) };
  const stages = (of: Graph): unknown =>
    [...outlineOf(of, findBlocks(of)).items.values()]
      .filter(({ role }) => role === 'stage')
      .map((item) => item.summary);
  expect(stages(graph)).toEqual(['2 × BasicBlock']);
  expect(stages(nameless)).toEqual(['2 blocks']);
});

test('ResNet-50 shows stages, sixteen branches and sums, and its projections', () => {
  const scene = sceneOf(resnet50(), everything(resnet50()));
  const count = (kind: string): number => [...scene.nodes.values()].filter((node) => node.kind === kind).length;
  expect([scene.skips, count('stage'), count('branch'), count('merge'), count('shortcut')]).toEqual([16, 4, 16, 16, 4]);
  const kinds = scene.edges.filter((edge) => edge.target.port === 'skipIn').map((edge) => edge.kind);
  expect(kinds.filter((kind) => kind === 'identity').length).toBe(12);
  expect(kinds.filter((kind) => kind === 'projection').length).toBe(4);
  expect(scene.nodes.get('layer2.0/shortcut')!.item!.label).toBe('1×1, /2');
  expect(scene.nodes.get('layer2.0/branch')!.item!.summary).toBe('1×1 · 3×3, /2 · 1×1');
  expect(scene.nodes.get('layer2.0/merge')!.item!.tail).toBe('ReLU');
});

test('a DenseNet is a chain of joins: one skip for each layer, not one from every layer before', async () => {
  const graph = densenetGraph(24);
  const scene = sceneOf(graph);
  const skips = scene.edges.filter((edge) => edge.target.port === 'skipIn');
  const merges = [...scene.nodes.values()].filter((node) => node.kind === 'merge');
  expect(skips.length).toBe(merges.length);
  expect(skips.every((edge) => edge.kind === 'concat')).toBe(true);
  // Each skip comes from the join before, whose value is all that was joined so far.
  const sources = skips.map((edge) => scene.nodes.get(edge.source.node)!.kind);
  expect(sources.filter((kind) => kind === 'merge').length).toBe(merges.length - 1);
  expect((await layoutScene(scene, engine)).nodes.size).toBe(scene.nodes.size);
});

test('stages line up, and the text of their headers keeps clear of the stream', async () => {
  const scene = sceneOf(resnet50());
  const { nodes } = await layoutScene(scene, engine);
  const stages = [...scene.nodes.values()].filter((node) => node.kind === 'stage');
  expect(new Set(stages.map((stage) => nodes.get(stage.id)!.x)).size).toBe(1);
  expect(new Set(stages.map((stage) => nodes.get(stage.id)!.width)).size).toBe(1);
  for (const stage of stages) {
    const box = nodes.get(stage.id)!;
    const tap = nodes.get(stage.ports.find((port) => port.side === 'north')!.id)!;
    const stream = tap.x + tap.width / 2 - box.x;
    const { left, right } = headerText(stage.item!, stream, box.width - stream);
    expect(left).toBeLessThanOrEqual(stream);
    expect(right).toBeLessThanOrEqual(box.width - stream);
  }
});

test('an open block shows its operations and leaves the other ids alone', () => {
  const graph = resnetGraph();
  const closed = sceneOf(graph);
  const open = sceneOf(
    graph,
    new Set([...[...closed.nodes.values()].filter((n) => n.open).map((n) => n.id), 'layer1.0/branch']),
  );
  expect([...closed.nodes.keys()].filter((id) => !open.nodes.has(id))).toEqual([]);
  expect(open.nodes.get('layer1.0/branch')!.children).toEqual(
    expect.arrayContaining(['layer1.0.conv1', 'layer1.0.bn1', 'layer1.0/Relu', 'layer1.0.conv2', 'layer1.0.bn2']),
  );
});

test('equal stages are laid out once', async () => {
  let calls = 0;
  const counting: LayoutEngine = { layout: (graph) => (calls++, engine.layout(graph)) };
  // Six equal layers: their attentions and MLPs are laid out for the first layer only.
  const graph = transformerGraph({ layers: 6 });
  const scene = sceneOf(graph, everything(graph));
  await layoutScene(scene, counting);
  expect([...scene.nodes.values()].filter((node) => node.open).length).toBeGreaterThan(12);
  expect(calls).toBeLessThan(8);
});

test('the shape below a stack stands clear of its lower sheets; what is written on a box is not said again', async () => {
  const scene = sceneOf(resnetGraph({ blocks: [3, 4] }));
  const placement = await layoutScene(scene, engine);
  const labels = edgeLabels(scene, placement);
  const topOf = (id: string): number => Number(/ y="([\d.]+)"/.exec(labels.get(id)!)![1]) - 9;
  const below = scene.edges.filter(({ id, source }) => scene.nodes.get(source.node)!.folded && labels.has(id));
  expect(below.length).toBeGreaterThan(0);
  for (const { id, source } of below) {
    const box = placement.nodes.get(source.node)!;
    expect(topOf(id)).toBeGreaterThan(box.y + box.height + SHEETS - 1);
  }
  const flatten = [...scene.nodes.values()].find(({ item }) => item?.family === 'shape')!;
  expect(opNote(flatten.item!)).not.toBe('');
  expect(scene.edges.filter(({ id, source }) => source.node === flatten.id && labels.has(id))).toEqual([]);
});

test('a mismatched sum marks both of its edges with their whole shapes', () => {
  const scene = sceneOf(resnetGraph({ mismatched: 'layer2.0' }));
  const wrong = scene.edges.filter((edge) => edge.problem);
  expect(wrong.map((edge) => edge.label).sort()).toEqual(['[2, 16, 8, 8]', '[2, 8, 16, 16]']);
  expect(wrong.every((edge) => edge.block === 'layer2.0')).toBe(true);
});

test('a U-Net has a long skip, a DenseNet joins by concatenation', () => {
  expect(sceneOf(unetGraph()).edges.filter((edge) => edge.kind === 'long').length).toBe(1);
  const dense = sceneOf(densenetGraph(3));
  expect(dense.edges.some((edge) => edge.kind === 'concat')).toBe(true);
  expect(dense.edges.some((edge) => edge.kind === 'identity')).toBe(false);
});

test('a place in the source finds the innermost visible node', () => {
  const graph = resnetGraph();
  const blocks = findBlocks(graph);
  const outline = outlineOf(graph, blocks);
  const scene = buildScene(graph, blocks);
  const conv = graph.nodes.find((node) => node.module === 'layer1.0.conv1')!;
  expect(locate(outline, scene, conv.frames[0]!)).toBe('layer1.0/branch');
  expect(locate(outline, buildScene(graph, blocks, everything(graph)), conv.frames[0]!)).toBe('layer1.0.conv1');
  const range = { start: { line: 9999, character: 0 }, end: { line: 9999, character: 0 } };
  expect(locate(outline, scene, { file: 'net.py', range })).toBeNull();
});

test('of equal blocks that share a line, the nearest is found, then the first', () => {
  const graph = resnetGraph();
  const shared = graph.nodes.find((node) => node.module === 'layer1.0.conv1')!.frames;
  const same = {
    ...graph,
    nodes: graph.nodes.map((node) => (node.op === 'Conv' ? { ...node, frames: shared } : node)),
  };
  const blocks = findBlocks(same);
  const outline = outlineOf(same, blocks);
  const scene = buildScene(same, blocks, everything(same));
  const far = (id: string): number => (id.startsWith('layer2.1') ? 1 : 2);
  expect(locate(outline, scene, shared[0]!, far)).toBe('layer2.1.conv1');
  expect(locate(outline, scene, shared[0]!)).toBe(same.nodes.find(({ op }) => op === 'Conv')!.module);
});

test('a picture stands by itself and escapes what it shows', async () => {
  const graph = resnetGraph();
  const named = {
    ...graph,
    modules: graph.modules.map((m) => (m.path === 'layer1.0' ? { ...m, class: 'A<b>&"c"' } : m)),
  };
  const svg = await drawSvg(named, findBlocks(named), { theme: 'dark' });
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain('A&lt;b&gt;&amp;&quot;c&quot;');
  expect(svg).not.toContain('A<b>');
  expect(svg.match(/class="plus"/g)).toHaveLength(6);
  // What only browsers know would be black elsewhere.
  expect(svg).not.toMatch(/var\(|color-mix|--sk-|undefined|NaN/);
});

test('a closed box is as wide as what stands on it', () => {
  const counts = { params: 4640, paramsAtLeast: true, macs: null, macsAtLeast: 4_718_592 };
  const item = { ...BLANK, role: 'branch', label: 'Block', path: 'blocks.0', ...counts } as const;
  const { lines } = captionOf(item);
  expect(lines.at(-1)).toBe('at least 4.64 K params · at least 4.72 MMAC');
  for (const line of lines) expect(textWidth(line, 11)).toBeLessThan(sizeOf(item).width - 20);
});

test('figures are short', () => {
  const params = [
    { params: 25_557_032, paramsAtLeast: false },
    { params: 120, paramsAtLeast: true },
    { params: 0, paramsAtLeast: true },
  ];
  expect(params.map((counts) => paramsText(counts))).toEqual(['25.6 M params', 'at least 120 params', '? params']);
  expect([0, 12, 999, 1000, 25_557_032, 999_950, 4_089_184_256].map(formatCount)).toEqual([
    '0',
    '12',
    '999',
    '1.00 K',
    '25.6 M',
    '1.00 M',
    '4.09 G',
  ]);
  expect([0, 2e6].map((macsAtLeast) => macsText({ macs: null, macsAtLeast })).concat(formatMacs(12))).toEqual([
    '? MAC',
    'at least 2.00 MMAC',
    '12 MAC',
  ]);
});

test('the colour scale goes by decades where values span more than one', () => {
  expect(scaleOf([1, 10, 100]).at(10)).toBeCloseTo(0.5);
  expect(scaleOf([1, 2, 3]).at(2)).toBeCloseTo(0.5);
  expect(scaleOf([5]).at(5)).toBe(0.5);
  expect(colourAt(0)).toBe('rgb(0, 34, 78)');
  expect(colourAt(1)).toBe('rgb(254, 232, 56)');
});
