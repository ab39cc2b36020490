/** Gradients of forms that PyTorch does not have, in one random direction, in float64. */

import { expect, test } from 'vitest';
import type { Attrs, ValueId } from '../../../../src/ir/graph.ts';
import type { Emit } from '../../../../src/ops/emit.ts';
import { checkGradient, randomNumbers, randomTensor } from '../../../support/gradientCheck.ts';

interface Row {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly build: (emit: Emit, inputs: readonly ValueId[]) => ValueId;
}

const row = (name: string, op: string, shapes: Row['shapes'], attrs: Attrs): Row => ({
  name,
  shapes,
  build: (emit, inputs) => emit.op(op, inputs, attrs),
});

const resize = (name: string, shape: readonly number[], scales: readonly number[], attrs: Attrs): Row => ({
  name: `Resize ${name}`,
  shapes: [shape],
  build: (emit, [x]) => emit.op('Resize', [x!, null, emit.constant(scales, [scales.length])], attrs),
});

/** The mean and the inverse deviation do not depend on scale and shift. */
const layerNormStatistic = (output: 1 | 2): Row => ({
  name: `LayerNormalization, output ${output}`,
  shapes: [[2, 3, 4]],
  build: (emit, [x]) =>
    emit.ops('LayerNormalization', [x!, emit.constant([1, 2, 3, 4], [4])], { axis: -1 }, 3)[output]!,
});

/** All outputs at once, each with weights of its own; `forms` are further inputs after the bias, by position. */
const recurrent = (op: 'LSTM' | 'GRU' | 'RNN', name: string, attrs: Attrs, forms: Row['shapes'] = []): Row => {
  const gates = { LSTM: 4, GRU: 3, RNN: 1 }[op];
  const batchFirst = attrs['layout'] === 1;
  // A projection is [directions, output, hidden].
  const output = forms[3]?.[1] ?? 2;
  return {
    name: `${op} ${name}`,
    shapes: [
      batchFirst ? [3, 4, 3] : [4, 3, 3],
      ...[
        [1, gates * 2, 3],
        [1, gates * 2, output],
        [1, gates * 4],
      ],
      ...forms.filter((shape) => shape.length > 0),
    ],
    build: (emit, [x, w, r, b, ...rest]) => {
      const given = forms.map((shape) => (shape.length > 0 ? rest.shift()! : null));
      const lengths = emit.constant([4, 1, 3], [3], 'int32');
      const inputs = [x!, w!, r!, b!, lengths, ...given];
      const outputs = emit.ops(op, inputs, { hidden_size: 2, ...attrs }, op === 'LSTM' ? 3 : 2);
      const flat = outputs.map((one, at) => emit.mul(emit.reshape(one, [-1]), emit.scalar(at + 1)));
      return emit.op('Concat', flat, { axis: 0 });
    },
  };
};

const rows: readonly Row[] = [
  recurrent('LSTM', 'with peepholes and a first state', {}, [
    [1, 3, 2],
    [1, 3, 2],
    [1, 6],
  ]),
  recurrent('LSTM', 'projected', {}, [[], [], [], [1, 3, 2]]),
  recurrent('LSTM', 'batch first, backwards, coupled', { layout: 1, direction: 'reverse', input_forget: 1 }),
  recurrent('GRU', 'with the reset before the product', { activations: ['HardSigmoid', 'Softsign'] }),
  recurrent('GRU', 'batch first, with a first state', { layout: 1, linear_before_reset: 1 }, [[3, 1, 2]]),
  recurrent('RNN', 'clipped', { clip: 0.9 }),
  row(
    'Conv SAME_UPPER',
    'Conv',
    [
      [2, 5, 6, 7],
      [3, 5, 2, 3],
    ],
    { auto_pad: 'SAME_UPPER', strides: [2, 1] },
  ),
  row(
    'Conv SAME_LOWER',
    'Conv',
    [
      [2, 3, 6, 7],
      [4, 3, 2, 2],
    ],
    { auto_pad: 'SAME_LOWER' },
  ),
  row(
    'Conv groups with asymmetric pads',
    'Conv',
    [
      [2, 6, 6, 7],
      [4, 3, 3, 2],
    ],
    { group: 2, pads: [2, 0, 0, 1], strides: [2, 3] },
  ),
  row('ConvTranspose with asymmetric pads', 'ConvTranspose', [[2, 5, 3, 4], [5, 6, 3, 3], [6]], {
    strides: [2, 2],
    pads: [0, 1, 2, 0],
  }),
  row(
    'ConvTranspose to a shape',
    'ConvTranspose',
    [
      [1, 5, 3, 3],
      [5, 2, 3, 3],
    ],
    { strides: [2, 2], output_shape: [6, 5] },
  ),
  row(
    'ConvTranspose SAME_UPPER with groups',
    'ConvTranspose',
    [
      [1, 4, 3, 3],
      [4, 3, 3, 3],
    ],
    { strides: [2, 2], auto_pad: 'SAME_UPPER', group: 2 },
  ),
  row(
    'ConvTranspose with output padding of the stride',
    'ConvTranspose',
    [
      [1, 6, 3],
      [6, 5, 2],
    ],
    { dilations: [3], output_padding: [1] },
  ),
  row('Gemm without alpha', 'Gemm', [[4, 5], [5, 3], [3]], {}),
  row('AveragePool SAME_UPPER', 'AveragePool', [[1, 2, 5, 6]], {
    kernel_shape: [2, 3],
    strides: [2, 2],
    auto_pad: 'SAME_UPPER',
  }),
  row('AveragePool with asymmetric pads, counted', 'AveragePool', [[1, 2, 5, 6]], {
    kernel_shape: [3, 3],
    pads: [0, 1, 2, 0],
    strides: [2, 2],
    count_include_pad: 1,
  }),
  row('AveragePool with dilation', 'AveragePool', [[1, 2, 7, 6]], {
    kernel_shape: [3, 2],
    dilations: [2, 3],
    pads: [1, 1, 1, 1],
  }),
  row('LpPool of degree 3', 'LpPool', [[1, 2, 6, 6]], { kernel_shape: [2, 2], strides: [2, 2], p: 3 }),
  row('LpPool of degree 1', 'LpPool', [[1, 2, 6, 6]], {
    kernel_shape: [3, 2],
    strides: [2, 2],
    p: 1,
    pads: [1, 0, 1, 0],
  }),
  row('GlobalLpPool of degree 3', 'GlobalLpPool', [[2, 3, 5]], { p: 3 }),
  row('LRN of even size', 'LRN', [[1, 5, 2, 2]], { size: 4, alpha: 0.5 }),
  row('LpNormalization along the first axis', 'LpNormalization', [[3, 4]], { axis: 0 }),
  row(
    'Einsum with an ellipsis on one side',
    'Einsum',
    [
      [2, 3, 4, 5],
      [5, 6],
    ],
    { equation: '...i,io->...o' },
  ),
  row(
    'Einsum that sums and takes a diagonal',
    'Einsum',
    [
      [3, 4, 3],
      [4, 2],
    ],
    { equation: 'iji,jk->k' },
  ),
  row(
    'Einsum where a length broadcasts',
    'Einsum',
    [
      [1, 3, 4],
      [2, 4, 5],
    ],
    { equation: '...ij,...jk->...ik' },
  ),
  layerNormStatistic(1),
  layerNormStatistic(2),
  resize('nearest down', [1, 2, 5, 7], [1, 1, 0.6, 0.5], { mode: 'nearest' }),
  resize('nearest ×3 along one axis', [1, 2, 2, 3], [1, 1, 3, 1], {
    mode: 'nearest',
    nearest_mode: 'ceil',
    coordinate_transformation_mode: 'half_pixel',
  }),
  resize('linear over channels', [2, 4, 3], [1, 2, 1.7], { mode: 'linear' }),
  resize('cubic', [1, 1, 5, 6], [1, 1, 0.7, 1.5], { mode: 'cubic', cubic_coeff_a: -0.5 }),
];

test.each(rows.map((entry) => [entry.name, entry] as const))('%s', (_name, { shapes, build }) => {
  const next = randomNumbers(3, 0.1, 1.1);
  const signs = randomNumbers(5);
  // Away from 0, where absolute values have no derivative.
  const primals = shapes.map((shape) => randomTensor(shape, () => next() * Math.sign(signs())));
  expect(checkGradient(primals, build).error).toBeLessThan(1e-6);
});
