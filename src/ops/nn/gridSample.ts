/** GridSample: an image read between its pixels. It expands into row look-ups and weights, which have gradients. */

import type { ValueId } from '../../ir/graph.ts';
import type { Dim } from '../../ir/type.ts';
import { formatShape } from '../../ir/type.ts';
import type { Emit } from '../emit.ts';
import { sliced } from '../forms.ts';
import type { OpDef, PrimalNode } from '../op.ts';
import { product, range } from '../read.ts';
import { mismatch, numberAttr, shapeOf, stringAttr, typed } from './attributes.ts';

/** A pixel along one axis, as a whole number that may lie outside, and its share; null for a share of 1. */
interface Tap {
  readonly index: ValueId;
  readonly weight: ValueId | null;
}

/** One axis of the image: its length, and arithmetic on positions counted in pixels. */
interface Axis {
  readonly length: number;
  readonly aligned: boolean;
}

const plus = (e: Emit, x: ValueId, by: number): ValueId => (by === 0 ? x : e.add(x, e.scalar(by, e.type(x).dtype)));
const times = (e: Emit, x: ValueId, by: number): ValueId => (by === 1 ? x : e.mul(x, e.scalar(by, e.type(x).dtype)));
const from = (e: Emit, start: number, x: ValueId): ValueId => e.sub(e.scalar(start, e.type(x).dtype), x);

/** From −1 … 1 to pixels: the ends are the centres of the outermost pixels, or their edges. */
const toPixels = (e: Emit, x: ValueId, { length, aligned }: Axis): ValueId =>
  aligned ? times(e, plus(e, x, 1), (length - 1) / 2) : plus(e, times(e, plus(e, x, 1), length / 2), -0.5);

const clamp = (e: Emit, x: ValueId, { length }: Axis): ValueId => {
  const { dtype } = e.type(x);
  return e.op('Clip', [x, e.scalar(0, dtype), e.scalar(length - 1, dtype)]);
};

/** Mirrors positions at the ends of the axis until they lie within. */
function reflect(e: Emit, x: ValueId, axis: Axis): ValueId {
  const [low, span] = axis.aligned ? [0, axis.length - 1] : [-0.5, axis.length];
  if (span === 0) return times(e, x, 0);
  // A triangle wave: |x − low| modulo two spans, folded at one.
  const away = e.op('Abs', [plus(e, x, -low)]);
  const periods = e.op('Floor', [times(e, away, 1 / (2 * span))]);
  const within = e.sub(away, times(e, periods, 2 * span));
  return clamp(e, plus(e, from(e, span, e.op('Abs', [plus(e, within, -span)])), low), axis);
}

const place = (e: Emit, x: ValueId, axis: Axis, padding: string): ValueId =>
  padding === 'border' ? clamp(e, x, axis) : padding === 'reflection' ? reflect(e, x, axis) : x;

function linearTaps(e: Emit, x: ValueId): Tap[] {
  const index = e.op('Floor', [x]);
  const part = e.sub(x, index);
  return [
    { index, weight: from(e, 1, part) },
    { index: plus(e, index, 1), weight: part },
  ];
}

/** Keys' kernel with a = −0.75, in distances below 1 and from 1 to 2. */
const CUBIC = -0.75;

function cubicTaps(e: Emit, x: ValueId): Tap[] {
  const index = e.op('Floor', [x]);
  const part = e.sub(x, index);
  const cubic = (t: ValueId, [a, b, c, d]: readonly [number, number, number, number]): ValueId =>
    plus(e, e.mul(plus(e, e.mul(plus(e, times(e, t, a), b), t), c), t), d);
  const near = (t: ValueId): ValueId => cubic(t, [CUBIC + 2, -(CUBIC + 3), 0, 1]);
  const far = (t: ValueId): ValueId => cubic(t, [CUBIC, -5 * CUBIC, 8 * CUBIC, -4 * CUBIC]);
  return [
    { index: plus(e, index, -1), weight: far(plus(e, part, 1)) },
    { index, weight: near(part) },
    { index: plus(e, index, 1), weight: near(from(e, 1, part)) },
    { index: plus(e, index, 2), weight: far(from(e, 2, part)) },
  ];
}

/** The pixels that a position reads along one axis. With zeros outside, those outside have no weight. */
function tapsOf(e: Emit, position: ValueId, axis: Axis, mode: string, padding: string): Tap[] {
  const isCubic = mode === 'bicubic' || mode === 'cubic';
  // A cubic's taps are placed one by one.
  const x = isCubic ? position : place(e, position, axis, padding);
  const taps = isCubic
    ? cubicTaps(e, x)
    : mode === 'nearest'
      ? [{ index: e.op('Round', [x]), weight: null }]
      : linearTaps(e, x);
  return taps.map(({ index, weight }) => {
    const at = isCubic ? place(e, index, axis, padding) : index;
    if (padding !== 'zeros') return { index: clamp(e, at, axis), weight };
    const { dtype } = e.type(at);
    const inside = e.op('And', [
      e.op('GreaterOrEqual', [at, e.scalar(0, dtype)]),
      e.op('LessOrEqual', [at, e.scalar(axis.length - 1, dtype)]),
    ]);
    const mask = e.indicator(inside);
    return { index: clamp(e, at, axis), weight: weight === null ? mask : e.mul(weight, mask) };
  });
}

function expand(e: Emit, { inputs: [input, grid], attrs }: PrimalNode): readonly ValueId[] {
  const [batch = 1, channels = 1, ...spatial] = e.shape(input!);
  const out = e.shape(grid!).slice(1, -1);
  const rank = spatial.length;
  const places = product(out);
  const aligned = numberAttr(attrs, 'align_corners', 0) === 1;
  const [mode, padding] = [stringAttr(attrs, 'mode', 'bilinear'), stringAttr(attrs, 'padding_mode', 'zeros')];
  // [N, places]; the grid's first coordinate is that of the last axis.
  const axes = spatial.map((length, at): Axis & { readonly taps: readonly Tap[] } => {
    const coordinate = e.reshape(sliced(e, grid!, rank + 1, rank - 1 - at, rank - at), [batch, places]);
    const axis = { length, aligned };
    return { ...axis, taps: tapsOf(e, toPixels(e, coordinate, axis), axis, mode, padding) };
  });
  const rows = e.reshape(e.transpose(input!, [0, ...range(rank).map((axis) => axis + 2), 1]), [
    batch * product(spatial),
    channels,
  ]);
  const { dtype } = e.type(input!);
  const starts = e.constant(
    range(batch).map((sample) => sample * product(spatial)),
    [batch, 1],
    dtype,
  );
  // Every combination of a tap on each axis: the row that it reads, and the product of the weights.
  let corners: readonly Tap[] = [{ index: starts, weight: null }];
  axes.forEach(({ taps }, at) => {
    const stride = product(spatial.slice(at + 1));
    corners = corners.flatMap((corner) =>
      taps.map(({ index, weight }) => ({
        index: e.add(corner.index, times(e, index, stride)),
        weight: corner.weight === null ? weight : weight === null ? corner.weight : e.mul(corner.weight, weight),
      })),
    );
  });
  const samples = corners.map(({ index, weight }) => {
    const read = e.op('Gather', [rows, e.op('Cast', [index], { to: INT64 })], { axis: 0 });
    return weight === null ? read : e.mul(read, e.reshape(weight, [batch, places, 1]));
  });
  const sum = samples.reduce((a, b) => e.add(a, b));
  return [e.reshape(e.transpose(sum, [0, 2, 1]), [batch, channels, ...out])];
}

const INT64 = 7;

export const gridSample: OpDef = {
  name: 'GridSample',
  summary: 'Samples an image at the positions of a grid',
  attrs: {
    align_corners: { kind: 'int', default: 0 },
    mode: { kind: 'string', default: 'bilinear' },
    padding_mode: { kind: 'string', default: 'zeros' },
  },
  infer(call) {
    const [input, grid] = call.inputs;
    const [shape, places] = [shapeOf(input), shapeOf(grid)];
    const rank = shape?.length ?? places?.length;
    if (rank === undefined) return { types: [typed(input, null)] };
    const head = [shape?.[0] ?? places?.[0] ?? null, shape?.[1] ?? null];
    const spatial = places ? places.slice(1, -1) : new Array<Dim>(Math.max(0, rank - 2)).fill(null);
    const types = [typed(input, [...head, ...spatial])];
    const coordinates = places?.at(-1);
    if (typeof coordinates === 'number' && coordinates !== rank - 2) {
      const message = `The grid ${formatShape(places!)} has ${coordinates} coordinates, the input ${rank - 2} spatial axes.`;
      return { types, problems: [mismatch(message)] };
    }
    return { types };
  },
  vjp: 'expand',
  expand,
};
