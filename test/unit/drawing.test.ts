/** What the drawing says beyond residual blocks: gates, attributes; and that an edit leaves the rest where it is. */

import { expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { looksIn } from '../../src/view/scene.ts';
import { draw } from '../support/drawn.ts';
import { resnetGraph, Sketch } from '../support/networks.ts';

/** Squeeze and excitation; without weights in between it is an activation, x · σ(x), and no gate. */
function gated(weighted: boolean): Graph {
  const net = new Sketch('Gated');
  const x = net.relu(net.conv('conv', net.input([1, 3, 8, 8]), 3, 8, 3));
  const scale = net.in('se', 'SqueezeExcitation', () => {
    const pooled = net.op('GlobalAveragePool', [x]);
    return net.op('Sigmoid', [weighted ? net.conv('fc', pooled, 8, 8, 1) : pooled]);
  });
  return net.build(net.conv('last', net.op('Mul', [scale, x]), 8, 4, 1));
}

test('a multiplication by what was computed from x is a gate, with a skip of its own look', async () => {
  const { scene, placement } = await draw(gated(true));
  const gates = scene.edges.filter((edge) => edge.kind === 'gate');
  expect(gates.map(({ source, target }) => [source.node, target.node, target.port])).toEqual([
    ['/Relu', '/Mul', 'skipIn'],
  ]);
  expect(scene.nodes.get('/Mul')).toMatchObject({ kind: 'merge', item: { label: '×', skip: 'gate' } });
  expect([...looksIn(scene)]).toEqual(['gate']);
  expect(placement.edges.get(gates[0]!.id)!.length).toBeGreaterThan(2);
  expect((await draw(gated(false))).scene.edges.some((edge) => edge.kind === 'gate')).toBe(false);
});

test('operations carry the attributes that their labels leave out', async () => {
  const { scene } = await draw(resnetGraph());
  const conv = scene.nodes.get('layer2.0.conv1')!.item!;
  expect([conv.label, conv.detail]).toEqual(['conv 3×3, 16, /2', 'pads 1 · strides 2 · 1.15 K params']);
});

test('an edit of one block leaves everything outside of its stage where it was in its own', async () => {
  const graph = resnetGraph({ blocks: [3, 4, 3] });
  const edited: Graph = {
    ...graph,
    nodes: graph.nodes.map((node) =>
      node.module === 'layer2.2.conv1'
        ? { ...node, attrs: { ...node.attrs, dilations: [2, 2], pads: [2, 2, 2, 2] } }
        : node,
    ),
  };
  const [before, after] = [await draw(graph), await draw(edited)];
  const inStage = ({ scene, placement }: typeof before, stage: string): Record<string, number[]> => {
    const origin = placement.nodes.get(stage)!;
    const within = (id: string | null): boolean => id !== null && (id === stage || within(scene.nodes.get(id)!.group));
    const inside = [...placement.nodes].filter(([id]) => id !== stage && within(scene.nodes.get(id)!.group));
    return Object.fromEntries(
      inside.map(([id, { x, y, width, height }]) => [id, [x - origin.x, y - origin.y, width, height]]),
    );
  };
  for (const stage of ['layer1.0/run', 'layer3/stage']) {
    const places = inStage(before, stage);
    expect(Object.keys(places).length).toBeGreaterThan(20);
    expect(inStage(after, stage)).toEqual(places);
  }
  // In its stage the order is the same, from top to bottom.
  const order = ({ placement }: typeof before): string[] =>
    [...placement.nodes]
      .filter(([id]) => /^layer2\.\d\/(branch|merge)$/.test(id))
      .sort(([, a], [, b]) => a.y - b.y)
      .map(([id]) => id);
  expect(order(after)).toEqual(order(before));
});
