/** The operator table: one line per file of definitions. */

import type { OpDef } from './op.ts';
import { binaryOps } from './binary.ts';
import { creationOps } from './creation.ts';
import { cuttingOps } from './cutting.ts';
import { depthSpaceOps } from './depthSpace.ts';
import { indexingOps } from './indexing.ts';
import { joiningOps } from './joining.ts';
import { movementOps } from './movement.ts';
import { nn } from './nn/index.ts';
import { orderingOps } from './ordering.ts';
import { reductionOps } from './reduction.ts';
import { reshapeOps } from './reshape.ts';
import { unaryOps } from './unary.ts';

const definitions: readonly OpDef[] = [
  ...unaryOps,
  ...binaryOps,
  ...reductionOps,
  ...reshapeOps,
  ...movementOps,
  ...joiningOps,
  ...cuttingOps,
  ...depthSpaceOps,
  ...indexingOps,
  ...orderingOps,
  ...creationOps,
  ...nn,
];

/** Every operator by its ONNX name. */
export const OPS: ReadonlyMap<string, OpDef> = new Map(definitions.map((def) => [def.name, def]));
