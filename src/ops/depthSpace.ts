/** Operators that move channels into space and back: DepthToSpace, SpaceToDepth. */

import type { Dim } from '../ir/type.ts';
import { fill, reader, staticShape } from './fold.ts';
import type { OpDef } from './op.ts';
import { free } from './op.ts';
import { numberOf, of, requiredInt, text, textOf, typeAt, wrong } from './read.ts';

const depthToSpace: OpDef = {
  name: 'DepthToSpace',
  summary: 'Moves blocks of channels into space (pixel shuffle); mode DCR or CRD says how channels are ordered.',
  attrs: { blocksize: requiredInt, mode: text('DCR') },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const size = numberOf(call.attrs, 'blocksize', 1);
    if (shape?.length !== 4) return of(dtype, null);
    const [n, c, h, w] = shape as [Dim, Dim, Dim, Dim];
    const by = (dim: Dim, factor: number): Dim => (dim === null ? null : dim * factor);
    const result = [n, by(c, 1 / size ** 2), by(h, size), by(w, size)];
    if (c === null || c % size ** 2 === 0) return of(dtype, result);
    const message = `${c} channels do not split into blocks of ${size} × ${size}.`;
    return wrong('blocksize-mismatch', message, dtype, [n, null, by(h, size), by(w, size)]);
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const shape = staticShape(types[0]);
    const s = numberOf(call.attrs, 'blocksize', 1);
    const depth = shape[1]!;
    const crd = textOf(call.attrs, 'mode') === 'CRD';
    return [
      fill(shape, ([n, c, h, w]) => {
        const place = (h! % s) * s + (w! % s);
        const channel = crd ? c! * s * s + place : place * depth + c!;
        return read([n!, channel, Math.floor(h! / s), Math.floor(w! / s)]);
      }),
    ];
  },
  vjp: 'expand',
  expand: (e, { inputs: [x], attrs }) => {
    const [n, c, h, w] = e.shape(x!) as [number, number, number, number];
    const s = numberOf(attrs, 'blocksize', 1);
    const depth = c / s ** 2;
    const crd = textOf(attrs, 'mode', 'DCR') === 'CRD';
    const cut = e.reshape(x!, crd ? [n, depth, s, s, h, w] : [n, s, s, depth, h, w]);
    const order = e.transpose(cut, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
    return [e.reshape(order, [n, depth, h * s, w * s])];
  },
};

const spaceToDepth: OpDef = {
  name: 'SpaceToDepth',
  summary: 'Moves blocks of space into channels.',
  attrs: { blocksize: requiredInt },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const size = numberOf(call.attrs, 'blocksize', 1);
    if (shape?.length !== 4) return of(dtype, null);
    const [n, c, h, w] = shape as [Dim, Dim, Dim, Dim];
    const part = (dim: Dim): Dim => (dim === null || dim % size !== 0 ? null : dim / size);
    const result = [n, c === null ? null : c * size ** 2, part(h), part(w)];
    const fits = [h, w].every((dim) => dim === null || dim % size === 0);
    if (fits) return of(dtype, result);
    return wrong('blocksize-mismatch', `${h} × ${w} does not split into blocks of ${size} × ${size}.`, dtype, result);
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const s = numberOf(call.attrs, 'blocksize', 1);
    const depth = staticShape(call.inputs[0]!.type)[1]!;
    return [
      fill(staticShape(types[0]), ([n, c, h, w]) => {
        const place = Math.floor(c! / depth);
        return read([n!, c! % depth, h! * s + Math.floor(place / s), w! * s + (place % s)]);
      }),
    ];
  },
  vjp: 'expand',
  expand: (e, { inputs: [x], attrs }) => {
    const [n, c, h, w] = e.shape(x!) as [number, number, number, number];
    const s = numberOf(attrs, 'blocksize', 1);
    const cut = e.reshape(x!, [n, c, h / s, s, w / s, s]);
    return [e.reshape(e.transpose(cut, [0, 3, 5, 1, 2, 4]), [n, c * s * s, h / s, w / s])];
  },
};

export const depthSpaceOps: readonly OpDef[] = [depthToSpace, spaceToDepth];
