/** Calls on the spatial axes of images: padding, resampling, and channels moved into space. */

import { adaptive } from './layers.ts';
import type { Lowerings } from './lower.ts';
import { range } from './lower.ts';

export const images: Lowerings = {
  pad: (c, [input, widths, mode, value]) => {
    const x = c.tensor(input);
    const pads = c.numbers(widths);
    const rank = c.rank(x);
    const begins = new Array<number>(rank).fill(0);
    const ends = new Array<number>(rank).fill(0);
    for (let at = 0; at < pads.length / 2; at++) {
      begins[rank - 1 - at] = pads[2 * at]!;
      ends[rank - 1 - at] = pads[2 * at + 1]!;
    }
    let y = x;
    if (mode === 'circular') {
      begins.forEach((before, axis) => {
        const length = c.shape(x)[axis]!;
        const after = ends[axis]!;
        if (!before && !after) return;
        const pieces = [y];
        if (before) pieces.unshift(c.slice(y, axis, length - before, length));
        if (after) pieces.push(c.slice(y, axis, 0, after));
        y = c.concat(pieces, axis);
      });
      return y;
    }
    // Negative widths cut.
    [...begins.keys()].forEach((axis) => {
      const length = c.shape(y)[axis]!;
      const [before, after] = [Math.min(0, begins[axis]!), Math.min(0, ends[axis]!)];
      if (before || after) y = c.slice(y, axis, -before, length + after);
    });
    const positive = [...begins, ...ends].map((width) => Math.max(0, width));
    if (positive.every((width) => width === 0)) return y === x ? c.op('Identity', [x]) : y;
    const onnx = mode === 'reflect' ? 'reflect' : mode === 'replicate' ? 'edge' : 'constant';
    const fill = onnx === 'constant' ? c.like(x, c.number(value, 0)) : null;
    return c.op('Pad', [y, c.ints(positive), fill], { mode: onnx });
  },
  pixel_shuffle: (c, [x, factor]) => {
    return c.op('DepthToSpace', [c.tensor(x), null], { blocksize: c.number(factor), mode: 'CRD' });
  },
  pixel_unshuffle: (c, [input, factor]) => {
    const x = c.tensor(input);
    const [n, d, h, w] = c.shape(x) as [number, number, number, number];
    const r = c.number(factor);
    const cells = c.reshape(x, [n, d, h / r, r, w / r, r]);
    return c.reshape(c.transpose(cells, [0, 1, 3, 5, 2, 4]), [n, d * r * r, h / r, w / r]);
  },
  channel_shuffle: (c, [input, groups]) => {
    const x = c.tensor(input);
    const [n, d, ...rest] = c.shape(x) as [number, number, ...number[]];
    const g = c.number(groups);
    const perm = [0, 2, 1, ...rest.map((_, at) => at + 3)];
    return c.reshape(c.transpose(c.reshape(x, [n, g, d / g, ...rest]), perm), [n, d, ...rest]);
  },
  interpolate: (c, [input, size, factors, mode, aligned]) => {
    const x = c.tensor(input);
    const shape = c.shape(x);
    const kind = c.text(mode);
    const onnx = kind === 'nearest' || kind === 'nearest-exact' ? 'nearest' : kind === 'bicubic' ? 'cubic' : 'linear';
    const spatial = shape.slice(2);
    const target =
      size === null ? spatial.map((dim, at) => Math.floor(dim * c.numbers(factors)[at]!)) : c.numbers(size);
    if (kind === 'area') return adaptive(c, x, target, 'Average');
    const attrs = {
      mode: onnx,
      coordinate_transformation_mode:
        kind === 'nearest' ? 'asymmetric' : c.flag(aligned) ? 'align_corners' : 'half_pixel',
      ...(onnx === 'nearest' && { nearest_mode: kind === 'nearest' ? 'floor' : 'round_prefer_ceil' }),
      ...(onnx === 'cubic' && { cubic_coeff_a: -0.75 }),
    };
    return c.op('Resize', [x, null, null, c.ints([...shape.slice(0, 2), ...target])], attrs);
  },
  unfold: (c, [input, kernel, dilation, padding, stride]) => {
    const x = c.tensor(input);
    const [n, channels] = c.shape(x) as [number, number];
    const [k, d, p, s] = [kernel, dilation, padding, stride].map((one) => c.numbers(one)) as number[][];
    const padded = p!.some((width) => width > 0)
      ? c.op('Pad', [x, c.ints([0, 0, ...p!, 0, 0, ...p!]), c.like(x, 0)], { mode: 'constant' })
      : x;
    const axes = [0, 1].map((at) => {
      const length = c.shape(padded)[at + 2]!;
      const count = Math.floor((length - d![at]! * (k![at]! - 1) - 1) / s![at]!) + 1;
      return { count, indices: range(k![at]!).flatMap((i) => range(count).map((j) => i * d![at]! + j * s![at]!)) };
    }) as [{ count: number; indices: number[] }, { count: number; indices: number[] }];
    const [rows, columns] = axes;
    let y = c.op('Gather', [padded, c.constant(rows.indices, [k![0]!, rows.count], 'int64')], { axis: 2 });
    y = c.op('Gather', [y, c.constant(columns.indices, [k![1]!, columns.count], 'int64')], { axis: 4 });
    return c.reshape(c.transpose(y, [0, 1, 2, 4, 3, 5]), [n, channels * k![0]! * k![1]!, rows.count * columns.count]);
  },
};
