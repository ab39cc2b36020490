/** Every lint on a network that breaks its rule and on one that does not, and nothing to warn of on sound networks. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../../src/analysis/blocks.ts';
import { lint, LINTS, lintsAt } from '../../../src/analysis/lints/index.ts';
import type { Graph, InitSpec, ValueId } from '../../../src/ir/graph.ts';
import {
  densenetGraph,
  preactGraph,
  resnetGraph,
  Sketch,
  transformerGraph,
  unetGraph,
} from '../../support/networks.ts';
import { renderLints } from '../../support/lintsDoc.ts';

const codes = (graph: Graph, level: 'warnings' | 'all' = 'all'): string[] => [
  ...new Set(lintsAt(lint(graph, findBlocks(graph)), level).map(({ code }) => code)),
];

const CHANNELS = 8;

/** A stem, blocks that `body` writes down, and a head. */
function stack(
  count: number,
  body: (net: Sketch, x: ValueId, index: number) => ValueId,
  { finish = (net: Sketch, x: ValueId): ValueId => net.relu(net.norm('last', x, CHANNELS), 'last') } = {},
): Graph {
  const net = new Sketch('Net');
  let x = net.conv('stem', net.input([2, 3, 8, 8]), 3, CHANNELS, 3);
  for (let index = 0; index < count; index++) {
    const input = x;
    x = net.in(`blocks.${index}`, 'Block', () => body(net, input, index));
  }
  x = net.op('Reshape', [net.op('GlobalAveragePool', [finish(net, x)]), net.ints(2, CHANNELS)]);
  return net.build(net.linear('fc', x, CHANNELS, 4, true));
}

const conv = (net: Sketch, name: string, x: ValueId, size = 3, stride = 1): ValueId =>
  net.conv(name, x, CHANNELS, CHANNELS, size, stride);

/** Norm, activation, layer, twice: a pre-activation branch. */
const branch = (net: Sketch, x: ValueId): ValueId => {
  const hidden = conv(net, 'conv1', net.relu(net.norm('bn1', x, CHANNELS), '1'));
  return conv(net, 'conv2', net.relu(net.norm('bn2', hidden, CHANNELS), '2'));
};

/** The next call overwrites its first input. */
function inPlace(net: Sketch, op: string, inputs: readonly ValueId[]): ValueId {
  const made = net.op(op, inputs, {}, 'in place');
  const nodes = net.builder.nodes as { -readonly [Key in keyof (typeof net.builder.nodes)[number]]: unknown }[];
  nodes[nodes.length - 1] = { ...nodes.at(-1)!, inPlace: true };
  return made;
}

const constant = (graph: Graph, pattern: RegExp, value: number): Graph => ({
  ...graph,
  parameters: graph.parameters.map((own) =>
    pattern.test(own.name) ? { ...own, init: { kind: 'constant', value } satisfies InitSpec } : own,
  ),
});

/** Layer, norm, activation, layer, norm, add, activation. */
const postActivated = (count: number, shortcut = (_: Sketch, x: ValueId): ValueId => x): Graph =>
  stack(count, (net, x) => {
    const hidden = net.relu(net.norm('bn1', conv(net, 'conv1', x), CHANNELS), '1');
    const out = net.norm('bn2', conv(net, 'conv2', hidden), CHANNELS);
    return net.relu(net.add(out, shortcut(net, x)), 'out');
  });

const withBias = (net: Sketch, name: string, x: ValueId): ValueId =>
  net.in(name, 'Conv2d', () => {
    const weights = [net.weight('weight', [CHANNELS, CHANNELS, 3, 3]), net.weight('bias', [CHANNELS])];
    const attrs = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 };
    return net.op('Conv', [x, ...weights], attrs);
  });

function chain(layers: number, body: (net: Sketch, x: ValueId, name: string) => ValueId): Graph {
  const net = new Sketch('Chain');
  let x = net.input([4, CHANNELS, 4, 4]);
  for (let index = 0; index < layers; index++) x = net.relu(body(net, x, `conv${index}`), String(index));
  return net.build(x);
}

const small = (net: Sketch, x: ValueId, name: string): ValueId =>
  net.in(name, 'Conv2d', () => {
    const bound = 1 / Math.sqrt(CHANNELS);
    const weight = net.weight('weight', [CHANNELS, CHANNELS, 1, 1], { kind: 'uniform', low: -bound, high: bound });
    const attrs = { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
    return net.op('Conv', [x, weight], attrs);
  });

const scaled = (factor: number) => (net: Sketch, x: ValueId) =>
  net.add(branch(net, x), net.op('Mul', [x, net.builder.constant([factor], [])]));

/** Shortcut-only gating (He et al. 2016): F(x) + (1 − σ(Wx + b))·x. */
const gated = (bias: number) => (net: Sketch, x: ValueId) => {
  const value = net.in('gate', 'Conv2d', () => {
    const weight = net.weight('weight', [CHANNELS, CHANNELS, 1, 1]);
    const attrs = { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
    return net.op('Conv', [x, weight, net.weight('bias', [CHANNELS], { kind: 'constant', value: bias })], attrs);
  });
  const open = net.op('Sub', [net.builder.constant([1], []), net.op('Sigmoid', [value])]);
  return net.add(branch(net, x), net.op('Mul', [x, open]));
};

const normed = (training: boolean): Graph => {
  const net = new Sketch('Sum', training);
  const x = net.norm('bn', net.conv('conv', net.input([2, 3, 4, 4]), 3, 4, 3), 4);
  return net.build(net.op('ReduceSum', [x], { keepdims: 0 }));
};

/** For each lint: a network that breaks the rule, and one like it that does not. */
const CASES: Readonly<Record<string, readonly [Graph, Graph]>> = {
  'in-place-identity': [
    stack(1, (net, x) => {
      const active = inPlace(net, 'Relu', [x]);
      return net.add(conv(net, 'conv', active), active);
    }),
    stack(1, (net, x) => {
      const active = inPlace(net, 'Relu', [net.norm('bn', x, CHANNELS)]);
      return net.add(conv(net, 'conv', active), x);
    }),
  ],
  'in-place-add': [
    stack(1, (net, x) => inPlace(net, 'Add', [net.relu(conv(net, 'conv', x)), x])),
    stack(1, (net, x) => inPlace(net, 'Add', [net.norm('bn', conv(net, 'conv', x), CHANNELS), x])),
  ],
  'dropout-on-skip': [
    stack(1, (net, x) => net.add(branch(net, x), net.op('Dropout', [x], {}))),
    stack(1, (net, x) => net.add(net.op('Dropout', [branch(net, x)], {}), x)),
  ],
  'scaled-skip': [stack(3, scaled(0.5)), stack(3, scaled(1))],
  'blocked-stage': [
    stack(3, (net, x) => net.add(branch(net, x), net.op('Neg', [x]))),
    stack(3, (net, x, index) => net.add(branch(net, x), index === 1 ? x : net.op('Neg', [x]))),
  ],
  'closed-gate': [stack(3, gated(0)), stack(3, gated(-6))],
  'projection-everywhere': [
    postActivated(30, (net, x) => conv(net, 'project', x, 1)),
    postActivated(8, (net, x) => conv(net, 'project', x, 1)),
  ],
  'norm-after-add': [
    stack(4, (net, x) => net.norm('after', net.add(branch(net, x), x), CHANNELS)),
    stack(4, (net, x) => net.add(branch(net, x), x)),
  ],
  'activation-before-add': [
    stack(4, (net, x) => net.add(net.relu(branch(net, x), 'end'), x)),
    stack(4, (net, x) => net.add(branch(net, x), x)),
  ],
  'no-final-norm': [
    stack(4, (net, x) => net.add(branch(net, x), x), { finish: (_, x) => x }),
    stack(4, (net, x) => net.add(branch(net, x), x)),
  ],
  'post-norm-depth': [transformerGraph({ layers: 13, norm: 'post' }), transformerGraph({ layers: 12, norm: 'post' })],
  'unnormalised-branches': [
    stack(6, (net, x) => net.add(conv(net, 'conv2', net.relu(conv(net, 'conv1', net.relu(x, '1')), '2')), x)),
    stack(6, (net, x) => {
      const out = conv(net, 'conv2', net.relu(conv(net, 'conv1', net.relu(x, '1')), '2'));
      return net.add(net.op('Mul', [out, net.weight('scale', [1], { kind: 'constant', value: 0 })]), x);
    }),
  ],
  'long-plain-chain': [
    chain(21, (net, x, name) => net.norm(`${name}.bn`, conv(net, name, x), CHANNELS)),
    chain(16, (net, x, name) => net.norm(`${name}.bn`, conv(net, name, x), CHANNELS)),
  ],
  'default-init-depth': [chain(11, small), chain(11, (net, x, name) => conv(net, name, x))],
  'dead-branch': [constant(postActivated(1), /(bn2|conv2)\.weight$/, 0), constant(postActivated(1), /bn2\.weight$/, 0)],
  'sum-after-norm': [normed(true), normed(false)],
  'post-activation': [postActivated(3), stack(3, (net, x) => net.add(branch(net, x), x))],
  'gamma-not-zero': [postActivated(3), constant(postActivated(3), /bn2\.weight$/, 0)],
  'bias-before-norm': [
    stack(1, (net, x) => net.norm('bn', withBias(net, 'conv', x), CHANNELS)),
    stack(1, (net, x) => net.relu(withBias(net, 'conv', x))),
  ],
  'projection-without-norm': [
    postActivated(2, (net, x) => conv(net, 'project', x, 1)),
    postActivated(2, (net, x) => net.norm('bn', conv(net, 'project', x, 1), CHANNELS)),
  ],
  'stride-in-1x1': [strided(2, 1), strided(1, 2)],
  'strided-shortcut': [resnetGraph(), preactGraph()],
};

/** A bottleneck whose stride is in the first or in the second layer; it pools its skip. */
function strided(first: number, second: number): Graph {
  return stack(1, (net, x) => {
    const out = conv(net, 'conv2', net.relu(conv(net, 'conv1', x, 1, first), '1'), 3, second);
    const attrs = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], count_include_pad: 0, ceil_mode: 0 };
    return net.add(
      conv(net, 'conv3', net.relu(out, '2'), 1),
      conv(net, 'project', net.op('AveragePool', [x], attrs), 1),
    );
  });
}

test('the table is tested, and docs/lints.md is what it says (else run `node scripts/lintsDoc.mjs`)', () => {
  expect(Object.keys(CASES).sort()).toEqual(LINTS.map(({ code }) => code).sort());
  for (const { code, rule, evidence } of LINTS) {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(rule, code).toMatch(/^[A-Z].*\.$/);
    expect(evidence, code).toMatch(/^[A-Z].*\.$/);
  }
  expect(readFileSync(new URL('../../../docs/lints.md', import.meta.url), 'utf8')).toBe(renderLints());
});

describe.each(Object.entries(CASES))('%s', (code, [broken, sound]) => {
  test('is said of a network that breaks the rule, at the place and in a sentence', () => {
    const found = lint(broken, findBlocks(broken)).filter((one) => one.code === code);
    expect(codes(broken)).toContain(code);
    for (const { message, file } of found) {
      expect(message).toMatch(/^[\dA-Z].*[.)]$/i);
      expect(file).toBe('net.py');
    }
  });

  test('is not said of one that keeps it', () => {
    expect(codes(sound)).not.toContain(code);
  });
});

test.each<[string, Graph]>([
  ['ResNet', resnetGraph()],
  ['bottlenecks', resnetGraph({ block: 'bottleneck' })],
  ['option A', resnetGraph({ shortcut: 'pad' })],
  ['pre-activation', preactGraph()],
  ['transformer', transformerGraph()],
  ['transformer with post-norm', transformerGraph({ norm: 'post', layers: 6 })],
  ['DenseNet', densenetGraph()],
  ['U-Net', unetGraph()],
])('%s: no warning', (_, graph) => {
  expect(codes(graph, 'warnings')).toEqual([]);
});

test('levels', () => {
  const all = lint(resnetGraph(), findBlocks(resnetGraph()));
  expect(lintsAt(all, 'off')).toEqual([]);
  expect(lintsAt(all, 'all')).toEqual(all);
  expect(all.length).toBeGreaterThan(0);
});
