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
