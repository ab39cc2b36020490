/** Residual networks built without a front end, with module trees and made-up source places, for tests of every layer. */

import type { GraphBuilder } from '../../src/ir/builder.ts';
import type { Location } from '../../src/ir/diagnostic.ts';
import type { Attrs, Graph, InitSpec, ValueId } from '../../src/ir/graph.ts';
import type { DType } from '../../src/ir/type.ts';
import { tensorType } from '../../src/ir/type.ts';
import { createBuilder } from '../../src/ops/infer.ts';

const FILE = 'net.py';

/** A network being written down. Modules nest through {@link Sketch.in}; every call gets a line of its own per class. */
export class Sketch {
  readonly builder: GraphBuilder = createBuilder();
  private readonly scopes: { path: string; class: string; frame: Location | null }[] = [];
  private readonly lines = new Map<string, number>();

  constructor(
    readonly name: string,
    readonly training = true,
  ) {
    this.open('', name, false);
  }

  /** Runs `body` inside the module `name` of class `className`, as its forward would. */
  in<T>(name: string, className: string, body: () => T, builtin = false): T {
    const parent = this.scope();
    const path = parent.path ? `${parent.path}.${name}` : name;
    this.open(path, className, builtin, this.place(`${parent.class}.${name}`));
    const result = body();
    this.scopes.pop();
    return result;
  }

  input(shape: readonly number[], dtype: DType = 'float32', name = 'input'): ValueId {
    return this.builder.input(name, tensorType(dtype, shape));
  }

  weight(name: string, shape: readonly number[], init: InitSpec = { kind: 'normal', mean: 0, std: 0.05 }): ValueId {
    return this.parameter(name, shape, init, false);
  }

  buffer(name: string, shape: readonly number[], value: number): ValueId {
    return this.parameter(name, shape, { kind: 'constant', value }, true);
  }

  /** A call at a line of its own; `key` tells calls of the same operator apart. */
  op(op: string, inputs: readonly (ValueId | null)[], attrs: Attrs = {}, key = ''): ValueId {
    return this.ops(op, inputs, attrs, 1, key)[0]!;
  }

  ops(op: string, inputs: readonly (ValueId | null)[], attrs: Attrs, outputs: number, key = ''): readonly ValueId[] {
    const scope = this.scope();
    const frames = [scope.frame ?? this.place(`${scope.class}:${op}:${key}`)];
    this.builder.origin = { module: scope.path, origin: op, inPlace: false, frames };
    return this.builder.ops(op, inputs, attrs, outputs);
  }

  conv(name: string, x: ValueId, from: number, to: number, size: number, stride = 1, group = 1): ValueId {
    return this.in(
      name,
      'Conv2d',
      () => {
        const fan = (to * size * size) / group;
        const weight = this.weight('weight', [to, from / group, size, size], {
          kind: 'normal',
          mean: 0,
          std: Math.sqrt(2 / fan),
        });
        const pad = (size - 1) / 2;
        return this.op('Conv', [x, weight], {
          dilations: [1, 1],
          group,
          kernel_shape: [size, size],
          pads: [pad, pad, pad, pad],
          strides: [stride, stride],
        });
      },
      true,
    );
  }

  norm(name: string, x: ValueId, channels: number): ValueId {
    return this.in(
      name,
      'BatchNorm2d',
      () => {
        const scale = this.weight('weight', [channels], { kind: 'constant', value: 1 });
        const bias = this.weight('bias', [channels], { kind: 'constant', value: 0 });
        const mean = this.buffer('running_mean', [channels], 0);
        const variance = this.buffer('running_var', [channels], 1);
        const attrs = { epsilon: 1e-5, momentum: 0.9, training_mode: this.training ? 1 : 0 };
        return this.ops('BatchNormalization', [x, scale, bias, mean, variance], attrs, this.training ? 3 : 1)[0]!;
      },
      true,
    );
  }

  layerNorm(name: string, x: ValueId, width: number): ValueId {
    return this.in(
      name,
      'LayerNorm',
      () => {
        const scale = this.weight('weight', [width], { kind: 'constant', value: 1 });
        const bias = this.weight('bias', [width], { kind: 'constant', value: 0 });
        return this.op('LayerNormalization', [x, scale, bias], { axis: -1, epsilon: 1e-5 });
      },
      true,
    );
  }

  /** `flat`: a Gemm on [N, from]; otherwise a MatMul on the last axis and an Add of the bias. */
  linear(name: string, x: ValueId, from: number, to: number, flat = false): ValueId {
    return this.in(
      name,
      'Linear',
      () => {
        const bound = 1 / Math.sqrt(from);
        const init: InitSpec = { kind: 'uniform', low: -bound, high: bound };
        const weight = this.weight('weight', [to, from], init);
        const bias = this.weight('bias', [to], init);
        if (flat) return this.op('Gemm', [x, weight, bias], { alpha: 1, beta: 1, transA: 0, transB: 1 });
        return this.op('Add', [this.op('MatMul', [x, this.op('Transpose', [weight], { perm: [1, 0] })]), bias]);
      },
      true,
    );
  }

  relu(x: ValueId, key = ''): ValueId {
    return this.op('Relu', [x], {}, key);
  }

  add(a: ValueId, b: ValueId, key = ''): ValueId {
    return this.op('Add', [a, b], {}, key);
  }

  ints(...values: number[]): ValueId {
    return this.builder.constant(values, [values.length], 'int64');
  }

  build(output: ValueId): Graph {
    return this.builder.build(this.name, [output], this.training);
  }

  private parameter(name: string, shape: readonly number[], init: InitSpec, buffer: boolean): ValueId {
    const { path } = this.scope();
    const full = path ? `${path}.${name}` : name;
    return this.builder.parameter(full, tensorType('float32', shape), init, { trainable: !buffer, buffer });
  }

  private scope() {
    return this.scopes.at(-1)!;
  }

  private open(path: string, className: string, builtin: boolean, call: Location | null = null): void {
    // Calls inside the framework's own modules stand where the user's forward calls the module.
    this.scopes.push({ path, class: className, frame: builtin ? call : null });
    if (this.builder.modules.some((module) => module.path === path)) return;
    const created = path ? this.place(`new ${call?.range.start.line}:${className}`) : null;
    const defined = builtin ? null : this.place(`class ${className}`);
    this.builder.modules.push({ path, class: className, builtin, created, defined });
  }

  private place(key: string): Location {
    const line = this.lines.get(key) ?? this.lines.size + 1;
    this.lines.set(key, line);
    return { file: FILE, range: { start: { line, character: 8 }, end: { line, character: 24 } } };
  }
}

export interface ResnetOptions {
  /** `basic`: two 3×3 convolutions. `bottleneck`: 1×1, 3×3, 1×1 with four times as many channels out. */
  readonly block?: 'basic' | 'bottleneck';
  /** Blocks per stage. */
  readonly blocks?: readonly number[];
  readonly width?: number;
  /** `projection`: 1×1 convolution and norm. `pad`: subsample and pad with zero channels (option A). */
  readonly shortcut?: 'projection' | 'pad';
  /** N and H = W of the input picture. */
  readonly batch?: number;
  readonly size?: number;
  readonly classes?: number;
  readonly training?: boolean;
  /** Leave the skip as it is in this block, though the branch changes the shape: `layer2.0`. */
  readonly mismatched?: string;
}

/** A post-activation ResNet with a small stem, as in torchvision (`layer1.0.conv1`, `downsample`). */
export function resnetGraph(options: ResnetOptions = {}): Graph {
  const { block = 'basic', blocks = [2, 2, 2], width = 8, shortcut = 'projection' } = options;
  const { batch = 2, size = 16, classes = 10, training = true, mismatched } = options;
  const net = new Sketch('ResNet', training);
  const expansion = block === 'basic' ? 1 : 4;
  let x = net.input([batch, 3, size, size]);
  x = net.relu(net.norm('bn1', net.conv('conv1', x, 3, width, 3), width));
  let channels = width;
  blocks.forEach((count, stage) => {
    const planes = width * 2 ** stage;
    const name = block === 'basic' ? 'BasicBlock' : 'Bottleneck';
    const stageBody = () => {
      for (let index = 0; index < count; index++) {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const from = channels;
        const input = x;
        x = net.in(String(index), name, () => {
          const out =
            block === 'basic'
              ? basicBranch(net, input, from, planes, stride)
              : bottleneckBranch(net, input, from, planes, stride);
          const to = planes * expansion;
          const keep = mismatched === `layer${stage + 1}.${index}` || (stride === 1 && from === to);
          const skip = keep ? input : skipOf(net, input, from, to, stride, shortcut);
          return net.relu(net.add(out, skip), 'out');
        });
        channels = planes * expansion;
      }
    };
    net.in(`layer${stage + 1}`, 'Sequential', stageBody, true);
  });
  x = net.op('GlobalAveragePool', [x]);
  x = net.op('Reshape', [x, net.ints(batch, channels)]);
  return net.build(net.linear('fc', x, channels, classes, true));
}

function basicBranch(net: Sketch, x: ValueId, from: number, planes: number, stride: number): ValueId {
  const out = net.relu(net.norm('bn1', net.conv('conv1', x, from, planes, 3, stride), planes));
  return net.norm('bn2', net.conv('conv2', out, planes, planes, 3), planes);
}

function bottleneckBranch(net: Sketch, x: ValueId, from: number, planes: number, stride: number): ValueId {
  let out = net.relu(net.norm('bn1', net.conv('conv1', x, from, planes, 1), planes), '1');
  out = net.relu(net.norm('bn2', net.conv('conv2', out, planes, planes, 3, stride), planes), '2');
  return net.norm('bn3', net.conv('conv3', out, planes, planes * 4, 1), planes * 4);
}

function skipOf(
  net: Sketch,
  x: ValueId,
  from: number,
  to: number,
  stride: number,
  kind: 'projection' | 'pad',
): ValueId {
  if (kind === 'projection') {
    const body = () => net.norm('1', net.conv('0', x, from, to, 1, stride), to);
    return net.in('downsample', 'Sequential', body, true);
  }
  let skip = x;
  if (stride > 1) {
    const far = Number.MAX_SAFE_INTEGER;
    skip = net.op('Slice', [skip, net.ints(0, 0), net.ints(far, far), net.ints(2, 3), net.ints(stride, stride)]);
  }
  const before = (to - from) >> 1;
  const pads = net.ints(0, before, 0, 0, 0, to - from - before, 0, 0);
  return net.op('Pad', [skip, pads], { mode: 'constant' });
}

export interface PreactOptions {
  readonly blocks?: readonly number[];
  readonly width?: number;
  readonly batch?: number;
  readonly size?: number;
  readonly classes?: number;
  readonly training?: boolean;
}

/** A pre-activation ResNet; transition blocks project the normalised, rectified input. */
export function preactGraph(options: PreactOptions = {}): Graph {
  const { blocks = [2, 2, 2], width = 8, batch = 2, size = 16, classes = 10, training = true } = options;
  const net = new Sketch('PreActResNet', training);
  let x = net.conv('conv1', net.input([batch, 3, size, size]), 3, width, 3);
  let channels = width;
  blocks.forEach((count, stage) => {
    const planes = width * 2 ** stage;
    const stageBody = () => {
      for (let index = 0; index < count; index++) {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const from = channels;
        const input = x;
        x = net.in(String(index), 'PreActBlock', () => {
          const ready = net.relu(net.norm('bn1', input, from), '1');
          const same = stride === 1 && from === planes;
          const skip = same ? input : net.conv('project', ready, from, planes, 1, stride);
          const hidden = net.relu(net.norm('bn2', net.conv('conv1', ready, from, planes, 3, stride), planes), '2');
          return net.add(net.conv('conv2', hidden, planes, planes, 3), skip);
        });
        channels = planes;
      }
    };
    net.in(`stages.${stage}`, 'Sequential', stageBody, true);
  });
  x = net.relu(net.norm('bn', x, channels));
  x = net.op('Reshape', [net.op('GlobalAveragePool', [x]), net.ints(batch, channels)]);
  return net.build(net.linear('fc', x, channels, classes, true));
}

export interface TransformerOptions {
  readonly layers?: number;
  readonly width?: number;
  readonly heads?: number;
  readonly batch?: number;
  readonly length?: number;
  readonly vocabulary?: number;
  readonly classes?: number;
  /** Normalise before each branch, or after each add. */
  readonly norm?: 'pre' | 'post';
}

/** A transformer encoder over token ids, with learnt positions and a masked attention. */
export function transformerGraph(options: TransformerOptions = {}): Graph {
  const {
    layers = 2,
    width = 16,
    heads = 2,
    batch = 2,
    length = 6,
    vocabulary = 20,
    classes = 4,
    norm = 'pre',
  } = options;
  const net = new Sketch('TransformerEncoder');
  const ids = net.input([batch, length], 'int64', 'ids');
  const tokens = net.in(
    'tokens',
    'Embedding',
    () => net.op('Gather', [net.weight('weight', [vocabulary, width]), ids], { axis: 0 }),
    true,
  );
  let x = net.add(tokens, net.weight('positions', [1, length, width]), 'positions');
  for (let layer = 0; layer < layers; layer++) {
    const input = x;
    x = net.in(`layers.${layer}`, 'EncoderLayer', () => {
      if (norm === 'post') {
        const mixed = net.layerNorm(
          'norm1',
          net.add(input, attention(net, input, batch, length, width, heads), '1'),
          width,
        );
        return net.layerNorm('norm2', net.add(mixed, mlp(net, mixed, width), '2'), width);
      }
      const mixed = net.add(
        input,
        attention(net, net.layerNorm('norm1', input, width), batch, length, width, heads),
        '1',
      );
      return net.add(mixed, mlp(net, net.layerNorm('norm2', mixed, width), width), '2');
    });
  }
  if (norm === 'pre') x = net.layerNorm('norm', x, width);
  x = net.op('ReduceMean', [x], { axes: [1], keepdims: 0 });
  return net.build(net.linear('head', x, width, classes, true));
}

function attention(net: Sketch, x: ValueId, batch: number, length: number, width: number, heads: number): ValueId {
  return net.in('attention', 'SelfAttention', () => {
    const packed = net.linear('qkv', x, width, 3 * width);
    const parts = net.ops('Split', [packed, net.ints(width, width, width)], { axis: -1 }, 3);
    const [q, k, v] = parts.map((part, index) => {
      const split = net.op('Reshape', [part, net.ints(batch, length, heads, width / heads)], {}, String(index));
      return net.op('Transpose', [split], { perm: index === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3] }, String(index));
    });
    const scores = net.op('MatMul', [q!, k!], {}, 'scores');
    const scaled = net.op('Div', [scores, net.builder.constant([Math.sqrt(width / heads)], [])]);
    const mask = net.builder.constant(
      Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0)),
      [length, length],
    );
    const weights = net.op('Softmax', [net.add(scaled, mask, 'mask')], { axis: -1 });
    const mixed = net.op('Transpose', [net.op('MatMul', [weights, v!], {}, 'mix')], { perm: [0, 2, 1, 3] }, 'join');
    return net.linear('out', net.op('Reshape', [mixed, net.ints(batch, length, width)], {}, 'join'), width, width);
  });
}

const mlp = (net: Sketch, x: ValueId, width: number): ValueId =>
  net.in(
    'mlp',
    'Sequential',
    () => net.linear('2', net.relu(net.linear('0', x, width, 4 * width)), 4 * width, width),
    true,
  );

/** A DenseNet stage: each layer reads everything before it, joined along the channels. */
export function densenetGraph(layers = 3, growth = 4, batch = 2, size = 8): Graph {
  const net = new Sketch('DenseNet');
  const features = [net.conv('conv0', net.input([batch, 3, size, size]), 3, 2 * growth, 3)];
  net.in('block1', 'DenseBlock', () => {
    for (let layer = 1; layer <= layers; layer++) {
      const channels = (layer + 1) * growth;
      const fresh = net.in(`layer${layer}`, 'DenseLayer', () => {
        const joined = features.length === 1 ? features[0]! : net.op('Concat', features, { axis: 1 });
        return net.conv('conv', net.relu(net.norm('norm', joined, channels)), channels, growth, 3);
      });
      features.push(fresh);
    }
  });
  const channels = (layers + 2) * growth;
  let x = net.op('Concat', features, { axis: 1 });
  x = net.op('Reshape', [
    net.op('GlobalAveragePool', [net.relu(net.norm('norm', x, channels))]),
    net.ints(batch, channels),
  ]);
  return net.build(net.linear('classifier', x, channels, 5, true));
}

/** A two-level U-shaped network whose long skip is joined along the channels. */
export function unetGraph(batch = 1, size = 8): Graph {
  const net = new Sketch('UNet');
  const x = net.relu(net.conv('down1', net.input([batch, 3, size, size]), 3, 8, 3), '1');
  const pooled = net.op('MaxPool', [x], {
    kernel_shape: [2, 2],
    strides: [2, 2],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
  });
  const deep = net.relu(net.conv('middle', pooled, 8, 16, 3), '2');
  const scales = net.builder.constant([1, 1, 2, 2], [4]);
  const up = net.op('Resize', [deep, null, scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
  const joined = net.op('Concat', [x, up], { axis: 1 });
  return net.build(net.conv('up1', joined, 24, 2, 3));
}
