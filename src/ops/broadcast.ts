/** NumPy broadcasting of shapes. */

import type { Dim, Shape } from '../ir/type.ts';
import { formatShape } from '../ir/type.ts';
import type { Problem } from '../ir/graph.ts';

export interface Broadcast {
  readonly shape: Shape;
  readonly problem: Problem | null;
}

/**
 * Shape of an elementwise result. Unknown lengths take part without complaint. Operands that do not broadcast give the
 * problem `broadcast-mismatch` and the shape of the operand of higher rank; where ranks are equal, the first's channels and the
 * larger of two sizes of pictures.
 */
export function broadcast(a: Shape, b: Shape): Broadcast {
  if (a === null || b === null) return { shape: null, problem: null };
  const rank = Math.max(a.length, b.length);
  const at = (shape: readonly Dim[], axis: number): Dim => {
    const index = axis - (rank - shape.length);
    return index < 0 ? 1 : shape[index]!;
  };
  const shape: Dim[] = [];
  const clashes: string[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const x = at(a, axis);
    const y = at(b, axis);
    if (x === y || y === 1) shape.push(x);
    else if (x === 1 || x === null) shape.push(y);
    else {
      shape.push(x);
      if (y !== null) clashes.push(`axis ${axis}: ${x} and ${y}`);
    }
  }
  if (clashes.length === 0) return { shape, problem: null };
  const message = `Shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast (${clashes.join(', ')}).`;
  const meant =
    a.length === b.length ? a.map((x, axis) => likelier(x, b[axis]!, axis, rank)) : a.length > b.length ? a : b;
  return { shape: meant, problem: { code: 'broadcast-mismatch', message } };
}

/**
 * Which of two lengths that do not fit was meant: of a picture's sides the longer, as a padding that lacks or a stride too many
 * makes them shorter; else the first.
 */
export const likelier = (first: Dim, second: Dim, axis: number, rank: number): Dim =>
  rank >= 4 && axis >= 2 && first !== null && second !== null ? Math.max(first, second) : first;

/** Broadcasts any number of shapes; the first mismatch is reported. */
export function broadcastAll(shapes: readonly Shape[]): Broadcast {
  let result: Broadcast = { shape: shapes[0] ?? null, problem: null };
  for (const shape of shapes.slice(1)) {
    const next = broadcast(result.shape, shape);
    result = { shape: next.shape, problem: result.problem ?? next.problem };
  }
  return result;
}
