/** What follows from values whose contents nobody knows while a model is traced. */

import type { GraphBuilder } from '../../ir/builder.ts';
import type { Node, ValueId } from '../../ir/graph.ts';
import { makersOf } from './contents.ts';
import type { Arg } from './lower/lower.ts';
import { isTensor } from './lower/lower.ts';

/** The result tells as much as the first input. */
const RESTATED = new Set('Identity Detach Not Cast Reshape Flatten Squeeze Unsqueeze Transpose Expand'.split(' '));

export class Doubts {
  /** Values that stand for several: what a loop over a tensor of unknown length is given. */
  private readonly each = new Set<ValueId>();
  /** Values that such ones were joined to. */
  private readonly joined = new Set<ValueId>();
  /** Values whose contents nobody knows, and of which that has been told. */
  private readonly told = new Set<ValueId>();

  constructor(private readonly builder: GraphBuilder) {}

  /** Whether nothing was told yet of what depends on a value's contents: a mask is one cause, whatever it is used for. */
  isNews(cause: ValueId): boolean {
    const makers = makersOf(this.builder);
    let first = cause;
    for (let node = makers.get(first); node && RESTATED.has(node.op); node = makers.get(first)) first = node.inputs[0]!;
    if (this.told.has(first)) return false;
    this.told.add(first);
    return true;
  }

  /** Whether a value was computed from something that is not known. */
  isDoubtful(value: ValueId): boolean {
    return this.comesFrom([value], (node) => node.op === 'Unknown');
  }

  /** Takes note of what an iteration gave in place of all that there is. */
  standsForAll(value: ValueId): void {
    this.each.add(value);
  }

  /** The axis along which a call joins what stands for several, so that its length is not known; null where it does no such thing. */
  joins(op: string, [list, axis]: readonly Arg[], result: ValueId): number | null {
    const rank = this.builder.typeOf(result).shape?.length ?? null;
    if (this.each.size === 0 || (op !== 'cat' && op !== 'stack') || rank === null || typeof axis !== 'number')
      return null;
    const values = (Array.isArray(list) ? (list as readonly Arg[]) : []).flatMap((one) =>
      isTensor(one) ? [one.t] : [],
    );
    const isOfMany = this.comesFrom(values, ({ outputs }) => outputs.some((one) => this.each.has(one)), this.joined);
    if (!isOfMany) return null;
    return axis < 0 ? axis + rank : axis;
  }

  /** Takes note of what such a call gave. */
  isJoined(value: ValueId): void {
    this.joined.add(value);
  }

  /** Whether a node of this kind is among those that values come from, without looking behind some others. */
  private comesFrom(
    values: readonly ValueId[],
    isMeant: (node: Node) => boolean,
    ends: ReadonlySet<ValueId> = new Set(),
  ): boolean {
    const makers = makersOf(this.builder);
    const seen = new Set<ValueId>(ends);
    const left = [...values];
    for (let value = left.pop(); value !== undefined; value = left.pop()) {
      const node = seen.has(value) ? undefined : makers.get(value);
      seen.add(value);
      if (!node) continue;
      if (isMeant(node)) return true;
      for (const input of node.inputs) if (input !== null) left.push(input);
    }
    return false;
  }
}
