/** torchvision's ResNets and the example transformer, written down by hand with torch's names and initialisers. */

import type { Graph, InitSpec, ValueId } from '../../src/ir/graph.ts';
import { Sketch } from './networks.ts';

export interface TorchvisionOptions {
  readonly blocks: readonly number[];
  readonly bottleneck: boolean;
  readonly batch: number;
  readonly size: number;
  readonly zeroInitResidual?: boolean;
}

const EXPANSION = 4;
const CLASSES = 1000;

/** torchvision.models.resnet: kaiming_normal_(fan_out) convolutions, norms at 1 and 0, torch's default Linear. */
export function torchvisionResnet(options: TorchvisionOptions): Graph {
  const { blocks, bottleneck, batch, size } = options;
  const net = new Sketch('ResNet');
  const expansion = bottleneck ? EXPANSION : 1;
  let x = net.relu(net.norm('bn1', net.conv('conv1', net.input([batch, 3, size, size]), 3, 64, 7, 2), 64));
  x = net.op('MaxPool', [x], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    ceil_mode: 0,
  });
  let channels = 64;
  blocks.forEach((count, stage) => {
    const planes = 64 * 2 ** stage;
    const stageBody = (): void => {
      for (let index = 0; index < count; index++) {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const from = channels;
        const input = x;
        x = net.in(String(index), bottleneck ? 'Bottleneck' : 'BasicBlock', () => {
          const to = planes * expansion;
          const out = bottleneck
            ? bottleneckBranch(net, input, from, planes, stride)
            : basicBranch(net, input, from, planes, stride);
          const project = (): ValueId => net.norm('1', net.conv('0', input, from, to, 1, stride), to);
          const skip = stride !== 1 || from !== to ? net.in('downsample', 'Sequential', project, true) : input;
          return net.relu(net.add(out, skip), 'out');
        });
        channels = planes * expansion;
      }
    };
    net.in(`layer${stage + 1}`, 'Sequential', stageBody, true);
  });
  x = net.op('Reshape', [net.op('GlobalAveragePool', [x]), net.ints(batch, channels)]);
  const graph = net.build(net.linear('fc', x, channels, CLASSES, true));
  if (!options.zeroInitResidual) return graph;
  const last = bottleneck ? /\.bn3\.weight$/ : /\.bn2\.weight$/;
  const zero: InitSpec = { kind: 'constant', value: 0 };
  return { ...graph, parameters: graph.parameters.map((own) => (last.test(own.name) ? { ...own, init: zero } : own)) };
}

function basicBranch(net: Sketch, x: ValueId, from: number, planes: number, stride: number): ValueId {
  const out = net.relu(net.norm('bn1', net.conv('conv1', x, from, planes, 3, stride), planes));
  return net.norm('bn2', net.conv('conv2', out, planes, planes, 3), planes);
}

function bottleneckBranch(net: Sketch, x: ValueId, from: number, planes: number, stride: number): ValueId {
  let out = net.relu(net.norm('bn1', net.conv('conv1', x, from, planes, 1), planes), '1');
  out = net.relu(net.norm('bn2', net.conv('conv2', out, planes, planes, 3, stride), planes), '2');
  return net.norm('bn3', net.conv('conv3', out, planes, planes * EXPANSION, 1), planes * EXPANSION);
}

/** examples/transformer_encoder.py at its defaults. */
export function exampleTransformer(batch: number): Graph {
  const [vocabulary, width, heads, layers, length, classes] = [1000, 64, 4, 4, 32, 10];
  const net = new Sketch('TransformerEncoder');
  const ids = net.input([batch, length], 'int64', 'ids');
  const embed = (): ValueId => net.op('Gather', [net.weight('weight', [vocabulary, width]), ids], { axis: 0 });
  let x = net.add(net.in('tokens', 'Embedding', embed, true), net.weight('positions', [1, length, width]));
  for (let layer = 0; layer < layers; layer++) {
    const input = x;
    x = net.in(`layers.${layer}`, 'EncoderLayer', () => {
      const mixed = attention(net, net.layerNorm('norm1', input, width), [batch, length, width, heads]);
      const middle = net.add(input, mixed, '1');
      const ready = net.layerNorm('norm2', middle, width);
      const mlp = net.in(
        'mlp',
        'Sequential',
        () => net.linear('2', gelu(net, net.linear('0', ready, width, 4 * width)), 4 * width, width),
        true,
      );
      return net.add(middle, mlp, '2');
    });
  }
  const pooled = net.op('ReduceMean', [net.layerNorm('norm', x, width)], { axes: [1], keepdims: 0 });
  return net.build(net.linear('head', pooled, width, classes, true));
}

const gelu = (net: Sketch, x: ValueId): ValueId => net.op('Gelu', [x], { approximate: 'none' });

function attention(net: Sketch, x: ValueId, dims: readonly [number, number, number, number]): ValueId {
  const [batch, length, width, heads] = dims;
  return net.in('attention', 'SelfAttention', () => {
    const packed = net.linear('qkv', x, width, 3 * width);
    const parts = net.ops('Split', [packed, net.ints(width, width, width)], { axis: -1 }, 3);
    const [q, k, v] = parts.map((part, index) => {
      const split = net.op('Reshape', [part, net.ints(batch, length, heads, width / heads)], {}, String(index));
      return net.op('Transpose', [split], { perm: index === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3] }, String(index));
    });
    const scores = net.op('MatMul', [q!, k!], {}, 'scores');
    const scaled = net.op('Div', [scores, net.builder.constant([Math.sqrt(width / heads)], [])]);
    const weights = net.op('Softmax', [scaled], { axis: -1 });
    const mixed = net.op('Transpose', [net.op('MatMul', [weights, v!], {}, 'mix')], { perm: [0, 2, 1, 3] }, 'join');
    return net.linear('out', net.op('Reshape', [mixed, net.ints(batch, length, width)], {}, 'join'), width, width);
  });
}
