/** Networks with their skips changed. */

import { describe, expect, test } from 'vitest';
import { ablate, ablateWithBlocks } from '../../../src/analysis/ablate.ts';
import { findBlocks } from '../../../src/analysis/blocks.ts';
import { measureCost } from '../../../src/analysis/cost.ts';
import type { Ablation } from '../../../src/analysis/types.ts';
import type { Graph } from '../../../src/ir/graph.ts';
import { printGraph } from '../../../src/ir/print.ts';
import { verifyGraph } from '../../../src/ir/verify.ts';
import { densenetGraph, preactGraph, resnetGraph, Sketch, transformerGraph } from '../../support/networks.ts';

const NETS: readonly [string, Graph][] = [
  ['ResNet', resnetGraph()],
  ['option A', resnetGraph({ shortcut: 'pad' })],
  ['pre-activation', preactGraph()],
  ['transformer', transformerGraph()],
  ['DenseNet', densenetGraph()],
];
const ABLATIONS: readonly Ablation[] = [{ kind: 'plain' }, { kind: 'identity' }, { kind: 'scaled', factor: 0.5 }];

const skips = (graph: Graph): string[] => findBlocks(graph).map(({ path, skip }) => `${path} ${skip}`);
const names = (graph: Graph): string[] => graph.parameters.map(({ name }) => name);

describe.each(NETS)('%s', (_, graph) => {
  test.each(ABLATIONS)('$kind gives a sound graph with the same outputs', (ablation) => {
    const { graph: changed, blocks } = ablateWithBlocks(graph, findBlocks(graph), ablation);
    expect(verifyGraph(changed)).toEqual([]);
    expect(changed.nodes.map(({ id }) => id)).toEqual([...changed.nodes.keys()]);
    expect(changed.outputs).toEqual(graph.outputs);
    const made = new Set(changed.nodes.flatMap(({ outputs }) => outputs));
    for (const { fork, output } of blocks) expect(made.has(fork) && made.has(output)).toBe(true);
  });
});

test('plain: the adds and projections go, norms, activations and strides stay', () => {
  const graph = resnetGraph({ blocks: [1, 1], width: 2, size: 4, batch: 1, training: false });
  const plain = ablate(graph, findBlocks(graph), { kind: 'plain' });
  expect(printGraph(plain)).toMatchSnapshot();
  expect(names(graph).filter((name) => !names(plain).includes(name))).toEqual(
    ['0.weight', '1.weight', '1.bias', '1.running_mean', '1.running_var'].map((name) => `layer2.0.downsample.${name}`),
  );
});

test('identity: projections stay', () => {
  const graph = resnetGraph();
  const changed = ablate(graph, findBlocks(graph), { kind: 'identity' });
  expect(skips(changed).filter((line) => !line.endsWith(' none'))).toEqual([
    ...['layer2.0 projection', 'layer3.0 projection'],
  ]);
  expect(names(changed)).toEqual(names(graph));
});

test('scaled: every skip is multiplied, and scaling by one changes nothing', () => {
  const graph = preactGraph();
  const blocks = findBlocks(graph);
  const { graph: half, blocks: changed } = ablateWithBlocks(graph, blocks, { kind: 'scaled', factor: 0.5 });
  for (const { merge, skipInput, shortcut } of changed) {
    expect(half.nodes[merge!]!.inputs).toContain(skipInput);
    expect(half.nodes[shortcut.at(-1)!]).toMatchObject({ op: 'Mul', outputs: [skipInput] });
  }
  expect(half.nodes.filter(({ op }) => op === 'Mul')).toHaveLength(blocks.length);
  expect(measureCost(half).params).toBe(measureCost(graph).params);
  expect(ablate(graph, blocks, { kind: 'scaled', factor: 1 })).toEqual(graph);
});

test('lesion: one branch goes with its parameters', () => {
  const graph = transformerGraph({ layers: 2 });
  const changed = ablate(graph, findBlocks(graph), { kind: 'lesion', block: 'layers.1.mlp' });
  const gone = names(graph).filter((name) => !names(changed).includes(name));
  expect(gone).toEqual(
    ['norm2.weight', 'norm2.bias', 'mlp.0.weight', 'mlp.0.bias', 'mlp.2.weight', 'mlp.2.bias'].map(
      (name) => `layers.1.${name}`,
    ),
  );
  expect(skips(changed)).toEqual(['layers.0.attention', 'layers.0.mlp', 'layers.1'].map((path) => `${path} identity`));
});

test('lesion of what is no block is refused', () => {
  const graph = resnetGraph();
  expect(() => ablate(graph, findBlocks(graph), { kind: 'lesion', block: 'layer9' })).toThrow('layer9');
});

test('parallel branches stay together when their skip goes', () => {
  const net = new Sketch('Net');
  const x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4, 3);
  const branch = (name: string) => net.in(name, 'Branch', () => net.conv('c', x, 4, 4, 3));
  const graph = net.build(net.in('body', 'Body', () => net.add(net.add(x, branch('one'), '1'), branch('two'), '2')));
  const plain = ablate(graph, findBlocks(graph), { kind: 'plain' });
  expect(plain.nodes.map(({ op }) => op)).toEqual(['Conv', 'Conv', 'Identity', 'Conv', 'Add']);
});
