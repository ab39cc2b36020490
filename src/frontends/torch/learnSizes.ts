/** What a failed attempt tells of the size of the pictures that a model takes: what a layer, or another part, holds of them. */

import type { ValueId } from '../../ir/graph.ts';
import { isStatic } from '../../ir/type.ts';
import type { FailedAttempt } from './learnShapes.ts';

type Builder = FailedAttempt['session']['builder'];

/** Shapes of the first input, a picture, with other sides; null where the attempt tells of none. */
export const learnSizes = ({
  inputs,
  session: { failed, builder },
}: FailedAttempt): readonly (readonly number[])[] | null => {
  const [batch, channels, height, width] = inputs[0]?.shape.length === 4 ? inputs[0].shape : [];
  if (failed === null || batch === undefined || height !== width) return null;
  const ratios = failed.op === 'cat' ? joined(failed.args, builder) : laid(failed, builder);
  const sides = ratios
    .map((ratio) => Math.round(height! * ratio))
    .filter((side) => side !== height && side >= 1 && side <= 1024);
  return sides.length === 0 ? null : sides.map((side) => [batch, channels!, side, side]);
};

/** Where a picture was laid into one axis for a linear layer: by how much its sides are too short for the layer. */
const laid = (
  { op, inputs: [seen, weight], args }: NonNullable<FailedAttempt['session']['failed']>,
  builder: Builder,
): readonly number[] => {
  if (typeof seen !== 'number' || (op !== 'linear' && op !== 'reshape')) return [];
  const asked = Array.isArray(args[1]) ? (args[1] as readonly unknown[]) : [];
  const isOpen = asked.length === 2 && asked[0] === -1;
  const wanted =
    op === 'reshape' ? isOpen && asked[1] : typeof weight === 'number' && builder.typeOf(weight).shape?.at(-1);
  const picture = op === 'reshape' ? seen : beforeLaid(seen, builder);
  const shape = picture === null ? null : builder.typeOf(picture).shape;
  if (typeof wanted !== 'number' || !isStatic(shape ?? null) || shape!.length !== 4) return [];
  const [, channels, height, width] = shape!;
  const side = Math.sqrt(wanted / channels!);
  return height === width && Number.isInteger(side) ? [side / height!] : [];
};

/** The picture that a value is, laid into one axis; null where it was changed otherwise. */
const beforeLaid = (value: ValueId, builder: Builder): ValueId | null => {
  const maker = builder.nodes.findLast(({ outputs }) => outputs.includes(value));
  const [from] = maker?.inputs ?? [];
  if (!maker || typeof from !== 'number') return null;
  if (maker.op === 'Reshape' || maker.op === 'Flatten') return from;
  return maker.op === 'Dropout' || maker.op === 'Identity' ? beforeLaid(from, builder) : null;
};

/** Where pictures of two sizes were joined, one of which may be written out: by how much the input differs from either. */
const joined = (args: readonly unknown[], builder: Builder): readonly number[] => {
  const values = args
    .flat()
    .flatMap((arg) =>
      typeof arg === 'object' && arg !== null && 't' in arg && typeof arg.t === 'number' ? [arg.t] : [],
    );
  const sides = values.map((value) => {
    const { shape } = builder.typeOf(value);
    return isStatic(shape) && shape.length === 4 && shape[2] === shape[3] ? shape[2]! : null;
  });
  const [one, other] = [...new Set(sides)];
  return typeof one === 'number' && typeof other === 'number' ? [other / one, one / other] : [];
};
