/** What is said about skips that do not fit, where, and how often. */

import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/analysis/analyse.ts';
import { deduplicate } from '../../../src/analysis/diagnose.ts';
import type { Diagnostic } from '../../../src/ir/diagnostic.ts';
import type { Graph, ValueId } from '../../../src/ir/graph.ts';
import {
  densenetGraph,
  preactGraph,
  resnetGraph,
  Sketch,
  transformerGraph,
  unetGraph,
} from '../../support/networks.ts';

/** One block around `body` on an activation of 8 channels, 16×16. */
function block(body: (net: Sketch, x: ValueId) => ValueId): Graph {
  const net = new Sketch('Net');
  const x = net.conv('stem', net.input([2, 3, 16, 16]), 3, 8, 3);
  return net.build(net.in('block', 'Block', () => body(net, x)));
}

const say = (graph: Graph): string[] =>
  analyse(graph).diagnostics.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

describe('sound networks', () => {
  test.each<[string, Graph]>([
    ['ResNet', resnetGraph()],
    ['bottlenecks', resnetGraph({ block: 'bottleneck' })],
    ['option A', resnetGraph({ shortcut: 'pad' })],
    ['pre-activation', preactGraph()],
    ['transformer', transformerGraph()],
    ['DenseNet', densenetGraph()],
    ['U-Net', unetGraph()],
  ])('%s: nothing', (_, graph) => {
    expect(analyse(graph).diagnostics).toEqual([]);
  });
});

describe('consequences of a mismatch', () => {
  const widened = (net: Sketch, name: string, x: ValueId): ValueId =>
    net.in(name, 'Block', () => net.add(net.conv('conv', x, 8, 16, 3), x));

  test('a block that fits the stream as it was meant is not complained about', () => {
    const graph = block((net, x) => {
      const y = widened(net, 'first', x);
      return net.in('second', 'Block', () => net.add(net.conv('conv', net.relu(net.norm('bn', y, 8)), 8, 8, 3), y));
    });
    expect(say(graph)).toEqual([expect.stringContaining('skip-shape-mismatch: Skip connection: [2, 16, 16, 16] +')]);
  });

  test('a second mistake is', () => {
    const graph = block((net, x) => {
      const y = widened(net, 'first', x);
      return net.in('second', 'Wider', () => net.add(net.conv('conv', y, 8, 24, 3), y, 'again'));
    });
    expect(say(graph)).toHaveLength(2);
  });
});

describe('one wrong number', () => {
  /** A stem of `width` channels where 8 were meant; what follows takes 8. */
  const stemOf = (width: number, body: (net: Sketch, x: ValueId) => ValueId): Graph => {
    const net = new Sketch('Net');
    return net.build(body(net, net.norm('bn', net.conv('stem', net.input([2, 3, 8, 8]), 3, width, 3), 8)));
  };

  test('of channels shows where it is first seen; the other places and the layer behind it are linked', () => {
    const graph = stemOf(9, (net, x) =>
      net.op('Concat', [net.conv('a', net.relu(x), 8, 4, 1), net.conv('b', x, 8, 4, 1)], { axis: 1 }),
    );
    const { diagnostics } = analyse(graph);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'The input has 9 channels, the normalisation expects 8.',
    ]);
    expect(diagnostics[0]!.related.map(({ message }) => message)).toEqual([
      'bn is made here.',
      'stem makes 9: with 8 all of this fits.',
      ...['The input has 9 channels, the weight expects 8.', 'The input has 9 channels, the weight expects 8.'],
    ]);
  });

  test('is followed through what joins and flattens it, as often as it counts', () => {
    const graph = stemOf(9, (net, x) => {
      const both = net.op('Concat', [x, net.conv('a', x, 8, 8, 1), x], { axis: 1 });
      const next = net.conv('next', both, 24, 4, 1);
      const flat = net.op('Flatten', [net.op('Concat', [net.relu(x), next], { axis: 1 })], { axis: 1 });
      return net.linear('fc', flat, 12 * 64, 10, true);
    });
    expect(say(graph)).toHaveLength(1);
  });

  test('hides no other one', () => {
    const graph = stemOf(9, (net, x) => {
      const wrong = net.conv('b', net.conv('a', x, 8, 4, 1), 5, 8, 1);
      return net.conv('c', net.op('Concat', [x, wrong], { axis: 1 }), 18, 8, 1);
    });
    expect(say(graph)).toEqual([
      expect.stringContaining('has 9 channels, the normalisation expects 8'),
      expect.stringContaining('has 4 channels, the weight expects 5'),
      expect.stringContaining('has 17 channels, the weight expects 18'),
    ]);
  });

  test('that a layer takes, in equal blocks of other widths, shows once and blames no layer before it', () => {
    const net = new Sketch('Net');
    const block = (name: string, x: ValueId, from: number, to: number): ValueId =>
      net.in(name, 'Block', () => net.conv('out', net.conv('in', x, from, from, 1), from + 1, to, 1));
    const graph = net.build(block('second', block('first', net.input([1, 8, 4, 4]), 8, 16), 16, 32));
    const { diagnostics } = analyse(graph);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'The input has 8 channels, the weight expects 9. (And in 1 more call.)',
    ]);
    expect(diagnostics[0]!.related.map(({ message }) => message)).toEqual(['first.out is made here.']);
  });
});

describe('mismatched skips', () => {
  const conv = (net: Sketch, x: ValueId, from: number, to: number, first: number, second: number): ValueId =>
    net.conv('conv2', net.relu(net.conv('conv1', x, from, to, 3, first)), to, to, 3, second);

  test.each<[string, (net: Sketch, x: ValueId) => ValueId, string]>([
    [
      'channels and stride, the sum as it is written',
      (net, x) => net.add(conv(net, x, 8, 16, 2, 1), x),
      '[2, 16, 8, 8] + [2, 8, 16, 16]. Axis 1: conv2 makes 16 channels, the skip carries 8. Axis 2, 3: stride 2 at conv1.',
    ],
    [
      'the skip first',
      (net, x) => net.add(x, conv(net, x, 8, 8, 1, 2)),
      '[2, 8, 16, 16] + [2, 8, 8, 8]. Axis 2, 3: stride 2 at conv2.',
    ],
    [
      'two strides',
      (net, x) => net.add(conv(net, x, 8, 8, 2, 2), x),
      '[2, 8, 4, 4] + [2, 8, 16, 16]. Axis 2, 3: stride 2 at conv1 and stride 2 at conv2.',
    ],
    [
      'a stride that the projection has too is no cause',
      (net, x) => net.add(conv(net, x, 8, 8, 2, 2), net.conv('project', x, 8, 8, 1, 2)),
      '[2, 8, 4, 4] + [2, 8, 8, 8]. Axis 2, 3: stride 2 at conv2.',
    ],
    [
      'a stride on the projection alone',
      (net, x) => net.add(conv(net, x, 8, 8, 1, 1), net.conv('project', x, 8, 8, 1, 2)),
      '[2, 8, 16, 16] + [2, 8, 8, 8]. Axis 2, 3: stride 2 at project on the skip.',
    ],
    [
      'channels of the projection',
      (net, x) => net.add(conv(net, x, 8, 16, 1, 1), net.conv('project', x, 8, 12, 1)),
      '[2, 16, 16, 16] + [2, 12, 16, 16]. Axis 1: conv2 makes 16 channels, project makes 12 channels.',
    ],
    [
      'features of a linear layer',
      (net, x) => {
        const flat = net.op('Reshape', [net.op('GlobalAveragePool', [x]), net.ints(2, 8)]);
        const skip = net.relu(flat, 'r');
        return net.add(net.linear('fc2', net.relu(net.linear('fc1', skip, 8, 16, true)), 16, 12, true), skip);
      },
      '[2, 12] + [2, 8]. Axis 1: fc2 makes 12 features, the skip carries 8.',
    ],
    [
      'a picture that shrinks without padding',
      (net, x) => {
        const weight = net.weight('w', [8, 8, 3, 3]);
        const attrs = { dilations: [1, 1], group: 1, kernel_shape: [3, 3], pads: [0, 0, 0, 0], strides: [1, 1] };
        return net.add(net.op('Conv', [x, weight], attrs), x);
      },
      '[2, 8, 14, 14] + [2, 8, 16, 16]. Axis 2, 3: kernel 3 at Conv makes 14 of 16.',
    ],
  ])('%s', (_, body, message) => {
    expect(say(block(body))).toEqual([`error skip-shape-mismatch: Skip connection: ${message}`]);
  });

  test('stands on the add and links the calls and constructors that caused it', () => {
    const graph = resnetGraph({ mismatched: 'layer2.0' });
    const { blocks, diagnostics } = analyse(graph);
    const culprit = blocks.find(({ path }) => path === 'layer2.0')!;
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ ...culprit.location, severity: 'error' });
    expect(diagnostics[0]!.related.map(({ message }) => message)).toEqual([
      ...['conv2 makes 16 channels.', 'conv2 is made here.', 'stride 2 at conv1.', 'conv1 is made here.'],
    ]);
  });

  test('one diagnostic for a line that several blocks run', () => {
    const net = new Sketch('Net');
    let x = net.conv('stem', net.input([2, 3, 16, 16]), 3, 8, 3);
    for (const name of ['0', '1', '2']) {
      const input = x;
      x = net.in(name, 'Block', () => net.add(input, conv(net, input, 8, 8, 1, 2)));
    }
    expect(say(net.build(x))).toEqual([
      'error skip-shape-mismatch: Skip connection: [2, 8, 16, 16] + [2, 8, 8, 8]. ' +
        'Axis 2, 3: stride 2 at conv2. (And in 2 more blocks.)',
    ]);
  });

  test('what follows an unknown shape is not complained about', () => {
    const graph = block((net, x) => net.add(net.op('Unknown', [x]), net.conv('c', x, 8, 4, 1)));
    expect(say(graph).filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

describe('broadcasting skips', () => {
  test.each<[string, (net: Sketch, x: ValueId) => ValueId, readonly string[]]>([
    [
      'one channel in the branch',
      (net, x) => net.add(x, net.conv('conv', x, 8, 1, 3)),
      [
        'error silent-broadcast: Skip connection: [2, 8, 16, 16] + [2, 1, 16, 16] broadcasts to [2, 8, 16, 16], ' +
          'which repeats axis 1 of the branch.',
      ],
    ],
    [
      'a mean of the input, added back to what the network makes of it',
      (net, x) => net.add(net.conv('conv', x, 8, 8, 3), net.op('GlobalAveragePool', [x])),
      [],
    ],
    [
      'a part that was taken off before it is added back',
      (net, x) => {
        const part = net.conv('part', x, 8, 1, 1);
        return net.add(net.conv('conv', net.op('Sub', [x, part]), 8, 8, 3), part);
      },
      [],
    ],
    [
      'a pooled context, perhaps on purpose',
      (net, x) => net.add(x, net.conv('context', net.op('GlobalAveragePool', [x]), 8, 8, 1)),
      [
        'warning silent-broadcast: Skip connection: [2, 8, 16, 16] + [2, 8, 1, 1] broadcasts to [2, 8, 16, 16], ' +
          'which repeats axis 2, 3 of the branch.',
      ],
    ],
    ['a bias is no skip', (net, x) => net.add(x, net.weight('bias', [8, 1, 1])), []],
    [
      'squeeze-and-excite multiplies',
      (net, x) => net.op('Mul', [x, net.op('Sigmoid', [net.conv('gate', net.op('GlobalAveragePool', [x]), 8, 8, 1)])]),
      [],
    ],
  ])('%s', (_, body, expected) => {
    expect(say(block(body))).toEqual(expected);
  });
});

describe('deduplicate', () => {
  const at = (line: number, severity: Diagnostic['severity'], message: string): Diagnostic => ({
    file: 'net.py',
    range: { start: { line, character: 0 }, end: { line, character: 9 } },
    ...{ severity, code: 'code', message, related: [] },
  });

  test('keeps the gravest of each range, and of those the first', () => {
    const given = [at(1, 'warning', 'a'), at(2, 'info', 'b'), at(1, 'error', 'c'), at(1, 'error', 'd')];
    expect(deduplicate(given).map(({ message }) => message)).toEqual(['c', 'b']);
  });
});
