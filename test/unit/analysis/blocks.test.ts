/** Which merges are residual blocks, and what they are called. */

import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../../src/analysis/blocks.ts';
import type { ResidualBlock } from '../../../src/analysis/types.ts';
import type { Graph, ValueId } from '../../../src/ir/graph.ts';
import {
  densenetGraph,
  preactGraph,
  resnetGraph,
  Sketch,
  transformerGraph,
  unetGraph,
} from '../../support/networks.ts';

const show = (graph: Graph): string[] =>
  findBlocks(graph).map(({ path, class: name, kind, skip }) => `${path} ${name} ${kind} ${skip}`);

const stages = (kind: string, options: { first?: string; down: string; prefix: string; name: string }): string[] =>
  [1, 2, 3].flatMap((stage, index) => [
    `${options.prefix.replace('*', String(stage))}.0 ${options.name} ${kind} ${index ? options.down : (options.first ?? 'identity')}`,
    `${options.prefix.replace('*', String(stage))}.1 ${options.name} ${kind} identity`,
  ]);

describe('whole networks', () => {
  test.each<[string, Graph, readonly string[]]>([
    [
      'basic blocks',
      resnetGraph(),
      stages('post-activation', { down: 'projection', prefix: 'layer*', name: 'BasicBlock' }),
    ],
    [
      'bottlenecks',
      resnetGraph({ block: 'bottleneck' }),
      stages('post-activation', {
        ...{ first: 'projection', down: 'projection', prefix: 'layer*', name: 'Bottleneck' },
      }),
    ],
    [
      'option A shortcuts are identities',
      resnetGraph({ shortcut: 'pad' }),
      stages('post-activation', { down: 'identity', prefix: 'layer*', name: 'BasicBlock' }),
    ],
    [
      'a mismatched skip is a block all the same',
      resnetGraph({ mismatched: 'layer2.0' }),
      stages('post-activation', { down: 'projection', prefix: 'layer*', name: 'BasicBlock' }).map((line) =>
        line.startsWith('layer2.0') ? line.replace('projection', 'identity') : line,
      ),
    ],
    [
      'pre-activation',
      preactGraph(),
      ['0.0 identity', '0.1 identity', '1.0 projection', '1.1 identity', '2.0 projection', '2.1 identity'].map(
        (line) => `stages.${line.replace(' ', ' PreActBlock pre-activation ')}`,
      ),
    ],
    [
      'two blocks for each transformer layer, named for the submodule at work',
      transformerGraph(),
      ['0.attention', '0.mlp', '1.attention', '1.mlp'].map(
        (path) => `layers.${path} EncoderLayer transformer identity`,
      ),
    ],
    [
      'norm after the add',
      transformerGraph({ norm: 'post', layers: 1 }),
      ['attention', 'mlp'].map((path) => `layers.0.${path} EncoderLayer transformer identity`),
    ],
    ['dense layers', densenetGraph(), [1, 2, 3].map((layer) => `block1.layer${layer} DenseLayer dense concat`)],
    ['a long skip', unetGraph(), ['middle UNet long-skip concat']],
  ])('%s', (_, graph, expected) => {
    expect(show(graph)).toEqual(expected);
  });
});

/** One graph around `body`, which gets an activation of 8 channels. */
function sketch(body: (net: Sketch, x: ValueId) => ValueId): Graph {
  const net = new Sketch('Net');
  const x = net.conv('stem', net.input([2, 3, 8, 8]), 3, 8, 3);
  return net.build(net.in('body', 'Body', () => body(net, x)));
}

const branchOf = (net: Sketch, x: ValueId, name = 'branch'): ValueId =>
  net.in(name, 'Branch', () => net.conv('b', net.relu(net.conv('a', x, 8, 8, 3)), 8, 8, 3));

describe('adds that are no residual blocks', () => {
  test.each<[string, (net: Sketch, x: ValueId) => ValueId]>([
    ['two equal branches', (net, x) => net.add(branchOf(net, x, 'one'), branchOf(net, x, 'two'))],
    [
      'two activated branches of an inception module',
      (net, x) => net.add(net.relu(net.conv('a', x, 8, 8, 1), 'a'), net.relu(net.conv('b', x, 8, 8, 3), 'b')),
    ],
    [
      'parallel convolutions without an activation',
      (net, x) => net.add(net.conv('a', x, 8, 8, 1), net.conv('b', x, 8, 8, 3)),
    ],
    ['a bias', (net, x) => net.add(net.conv('a', x, 8, 8, 3), net.weight('bias', [8, 1, 1]))],
    ['a learnt position', (net, x) => net.add(x, net.weight('positions', [1, 8, 8, 8]))],
    [
      'a gate',
      (net, x) => net.op('Mul', [x, net.op('Sigmoid', [net.conv('gate', net.op('GlobalAveragePool', [x]), 8, 8, 1)])]),
    ],
    ['a tensor added to itself', (net, x) => net.add(x, x)],
    [
      'a cubic approximation of GELU',
      (net, x) => net.add(x, net.op('Mul', [net.op('Pow', [x, net.builder.constant([3], [])]), net.weight('c', [1])])),
    ],
    [
      'a conditioning bias beside a conditioning scale',
      (net, x) => {
        const code = net.op('GlobalAveragePool', [x]);
        const scale = net.conv('s2', net.relu(net.conv('s1', code, 8, 8, 1)), 8, 8, 1);
        const features = net.conv('f2', net.relu(net.conv('f1', code, 8, 8, 1), 'f'), 8, 8, 1);
        const wide = net.op('Mul', [net.op('Expand', [features, net.ints(2, 8, 8, 8)]), scale]);
        return net.add(wide, net.conv('shift', code, 8, 8, 1));
      },
    ],
  ])('%s', (_, body) => {
    expect(show(sketch(body))).toEqual([]);
  });
});

describe('single blocks', () => {
  test.each<[string, (net: Sketch, x: ValueId) => ValueId, string]>([
    ['F(x) + x', (net, x) => net.add(branchOf(net, x), x), 'body Body plain identity'],
    ['x + F(x)', (net, x) => net.add(x, branchOf(net, x)), 'body Body plain identity'],
    ['relu(x + F(x))', (net, x) => net.relu(net.add(x, branchOf(net, x)), 'out'), 'body Body post-activation identity'],
    [
      'SiLU after the add is two nodes of one call',
      (net, x) => {
        const sum = net.add(x, branchOf(net, x));
        net.builder.origin = { ...net.builder.origin, origin: 'torch.nn.functional.silu' };
        return net.builder.op('Mul', [sum, net.builder.op('Sigmoid', [sum])]);
      },
      'body Body post-activation identity',
    ],
    [
      'zero channels joined to the skip',
      (net, x) => {
        const skip = net.op('Concat', [x, net.builder.constant(new Array(512).fill(0), [2, 4, 8, 8])], { axis: 1 });
        const branch = net.conv('b', net.relu(net.conv('a', x, 8, 8, 3)), 8, 12, 3);
        return net.add(branch, skip);
      },
      'body Body plain identity',
    ],
    [
      'a pooled projection',
      (net, x) => {
        const pool = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] };
        const skip = net.norm('n', net.conv('p', net.op('AveragePool', [x], pool), 8, 8, 1), 8);
        return net.add(net.conv('b', net.relu(net.conv('a', x, 8, 8, 3, 2)), 8, 8, 3), skip);
      },
      'body Body plain projection',
    ],
    [
      'squeeze-and-excite in the branch',
      (net, x) => {
        const branch = branchOf(net, x);
        const gate = net.op('Sigmoid', [net.conv('gate', net.op('GlobalAveragePool', [branch]), 8, 8, 1)]);
        return net.add(net.op('Mul', [branch, gate]), x);
      },
      'body Body plain identity',
    ],
  ])('%s', (_, body, expected) => {
    expect(show(sketch(body))).toEqual([expected]);
  });

  test('a second input of the branch does not hide the skip', () => {
    const net = new Sketch('Decoder');
    const x = net.input([2, 4, 8]);
    const memory = net.input([2, 8, 4], 'float32', 'memory');
    const out = net.in('cross', 'Cross', () => {
      const scores = net.op('Softmax', [net.op('MatMul', [net.linear('q', x, 8, 8), memory])], { axis: -1 });
      const values = net.op('Transpose', [memory], { perm: [0, 2, 1] });
      return net.add(x, net.op('MatMul', [scores, values], {}, 'mix'));
    });
    expect(show(net.build(out))).toEqual(['cross Cross transformer identity']);
  });

  test('parallel branches added one after the other are two blocks on one fork', () => {
    const graph = sketch((net, x) => net.add(net.add(x, branchOf(net, x, 'one'), '1'), branchOf(net, x, 'two'), '2'));
    const blocks = findBlocks(graph);
    expect(blocks.map(({ path, skip }) => `${path} ${skip}`)).toEqual(['body.one identity', 'body.two identity']);
    expect(blocks[1]!.fork).toBe(blocks[0]!.fork);
  });

  test('a module that runs twice gives two paths', () => {
    const net = new Sketch('Net');
    let x = net.conv('stem', net.input([2, 3, 8, 8]), 3, 8, 3);
    for (let turn = 0; turn < 2; turn++) x = net.in('body', 'Body', () => net.add(branchOf(net, x, `b${turn}`), x));
    expect(findBlocks(net.build(x)).map(({ path }) => path)).toEqual(['body.b0', 'body.b1']);
  });

  test('an instance of the same class without a skip is listed', () => {
    const net = new Sketch('Net');
    const block = (name: string, x: ValueId, stride: number): ValueId =>
      net.in(name, 'Inverted', () => {
        const out = net.conv('b', net.relu(net.conv('a', x, 8, 8, 3, stride)), 8, 8, 1);
        return stride === 1 ? net.add(x, out) : out;
      });
    const x = net.conv('stem', net.input([2, 3, 8, 8]), 3, 8, 3);
    const graph = net.build(block('f.1', block('f.0', x, 2), 1));
    expect(show(graph)).toEqual(['f.0 Inverted plain none', 'f.1 Inverted plain identity']);
    expect(findBlocks(graph)[0]).toMatchObject({
      merge: null,
      fork: x,
      outputShape: [2, 8, 4, 4],
      params: 8 * 8 * 9 + 8 * 8,
    });
  });
});

describe('the parts of a block', () => {
  const ops = (graph: Graph, ids: readonly number[]): string => ids.map((id) => graph.nodes[id]!.op).join(' ');
  const parts = (graph: Graph, block: ResidualBlock): string[] => [
    ...[ops(graph, block.head), ops(graph, block.branch), ops(graph, block.shortcut), ops(graph, block.tail)],
  ];
  const norm = 'BatchNormalization';

  test.each<[string, Graph, string, readonly string[]]>([
    ['post-activation', resnetGraph(), 'layer2.0', ['', `Conv ${norm} Relu Conv ${norm}`, `Conv ${norm}`, 'Relu']],
    [
      'option A',
      resnetGraph({ shortcut: 'pad' }),
      'layer2.0',
      ['', `Conv ${norm} Relu Conv ${norm}`, 'Slice Pad', 'Relu'],
    ],
    ['pre-activation', preactGraph(), 'stages.0.0', ['', `${norm} Relu Conv ${norm} Relu Conv`, '', '']],
    [
      'pre-activation with projection',
      preactGraph(),
      'stages.1.0',
      [`${norm} Relu`, `Conv ${norm} Relu Conv`, 'Conv', ''],
    ],
  ])('%s', (_, graph, path, expected) => {
    const block = findBlocks(graph).find((each) => each.path === path)!;
    expect(parts(graph, block)).toEqual(expected);
    expect(graph.nodes[block.merge!]!.inputs).toEqual(expect.arrayContaining([block.skipInput, block.branchInput]));
  });

  test('a norm at the end of a module of several blocks belongs to none of them', () => {
    const stack = (isNormed: (at: number) => boolean): Graph => {
      const net = new Sketch('Stack');
      const x = net.input([2, 8, 16]);
      const block = (stream: ValueId, at: number): ValueId => {
        const sum = net.add(stream, net.linear(`layer.${at}`, stream, 16, 16), String(at));
        return isNormed(at) ? net.layerNorm(`norm.${at}`, sum, 16) : sum;
      };
      return net.build(net.in('stack', 'Stack', () => [0, 1, 2].reduce(block, x)));
    };
    const norms = (graph: Graph): string[] => findBlocks(graph).map(({ tail }) => ops(graph, tail));
    expect(norms(stack((at) => at === 2))).toEqual(['', '', '']);
    expect(norms(stack(() => true))).toEqual(new Array(3).fill('LayerNormalization'));
  });

  test('parameters and MACs are those of the nodes, transposed weights included', () => {
    const [attention, mlp] = findBlocks(transformerGraph({ layers: 1, width: 16, batch: 2, length: 6, heads: 2 }));
    expect(attention).toMatchObject({ params: 2 * 16 + 16 * 48 + 48 + 16 * 16 + 16 });
    expect(attention!.macs).toBe(12 * (16 * 48 + 16 * 16) + 2 * (2 * 2 * 6 * 6 * 8));
    expect(mlp).toMatchObject({ params: 2 * 16 + 2 * 16 * 64 + 64 + 16, macs: 12 * 2 * 16 * 64 });
  });
});

test('ten thousand operations', () => {
  const graph = resnetGraph({ blocks: [500, 500, 500], width: 2, size: 8 });
  expect(graph.nodes.length).toBeGreaterThan(10_000);
  expect(findBlocks(graph)).toHaveLength(1500);
});
