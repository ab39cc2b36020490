/** The lowering table: what each recorded torch call becomes. One entry per call, families by file. */

import { elementwise } from './elementwise.ts';
import { images } from './images.ts';
import { indexing } from './indexing.ts';
import { joining } from './joining.ts';
import { layers } from './layers.ts';
import type { Lowering } from './lower.ts';
import { recurrentLayers } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { shapes } from './shapes.ts';
import { writing } from './writing.ts';

export const LOWERINGS: ReadonlyMap<string, Lowering> = new Map(
  Object.entries({
    ...elementwise,
    ...layers,
    ...shapes,
    ...joining,
    ...indexing,
    ...writing,
    ...images,
    ...reductions,
    ...recurrentLayers,
  }),
);

/** Calls that select, arrange, compare or compute element by element: whatever they find, they multiply no matrices. */
export const MOVING: ReadonlySet<string> = new Set([
  ...[elementwise, shapes, joining, indexing, writing].flatMap((family) => Object.keys(family)),
  ...['found', 'each', 'topk', 'sort', 'max', 'min', 'argmax', 'argmin', 'any', 'all', 'sum', 'mean', 'cumsum'],
]);
