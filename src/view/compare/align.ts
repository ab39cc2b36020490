/** Which units of two networks are the same one. */

import type { Unit } from './units.ts';

/** Indices into the two rows; null where the other has none. */
export type Pair = readonly [a: number | null, b: number | null];

/** With a number for its design and skip: equal texts are compared once. */
type Keyed = Unit & { readonly key: number };

/** Both where it was, and alike; alike, but moved or renamed; where it was, but changed; of one class, and both. */
const SCORES = { same: 6, moved: 4, changed: 3, kin: 1 };

/** Beyond this many cells the table would take too long. */
const MOST_CELLS = 16e6;

/**
 * The pairing with the highest score that keeps the order of both rows (Needleman and Wunsch 1970, with gaps for nothing).
 * Equal beginnings and ends are paired at once.
 */
export function alignUnits(unitsA: readonly Unit[], unitsB: readonly Unit[]): readonly Pair[] {
  const designs = new Map<string, number>();
  const keyed = (unit: Unit): Keyed => {
    const text = `${unit.skip} ${unit.design}`;
    if (!designs.has(text)) designs.set(text, designs.size);
    return { ...unit, key: designs.get(text)! };
  };
  const [a, b] = [unitsA.map(keyed), unitsB.map(keyed)];
  const isEqual = (i: number, j: number): boolean => scoreOf(a[i]!, b[j]!) === SCORES.same;
  let head = 0;
  while (head < a.length && head < b.length && isEqual(head, head)) head++;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && isEqual(a.length - 1 - tail, b.length - 1 - tail)) tail++;
  const middle = alignAll(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [
    ...Array.from({ length: head }, (_, at): Pair => [at, at]),
    ...middle.map(([i, j]): Pair => [i === null ? null : i + head, j === null ? null : j + head]),
    ...Array.from({ length: tail }, (_, at): Pair => [a.length - tail + at, b.length - tail + at]),
  ];
}

function alignAll(a: readonly Keyed[], b: readonly Keyed[]): readonly Pair[] {
  const width = b.length + 1;
  if ((a.length + 1) * width > MOST_CELLS) return byPath(a, b);
  const best = new Int32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const score = scoreOf(a[i]!, b[j]!);
      const paired = score > 0 ? score + best[(i + 1) * width + j + 1]! : 0;
      best[i * width + j] = Math.max(paired, best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const here = best[i * width + j]!;
    const score = scoreOf(a[i]!, b[j]!);
    if (score > 0 && here === score + best[(i + 1) * width + j + 1]!) pairs.push([i++, j++]);
    else if (here === best[(i + 1) * width + j]!) pairs.push([i++, null]);
    else pairs.push([null, j++]);
  }
  while (i < a.length) pairs.push([i++, null]);
  while (j < b.length) pairs.push([null, j++]);
  return pairs;
}

function scoreOf(a: Keyed, b: Keyed): number {
  const isSamePlace = a.path === b.path;
  if (a.key === b.key) return isSamePlace ? SCORES.same : SCORES.moved;
  // A block that lost its skip is a module, or the other way round.
  if (a.isBlock !== b.isBlock) return isSamePlace && a.path !== '' ? SCORES.changed : 0;
  if (isSamePlace && (a.path !== '' || a.class === b.class)) return SCORES.changed;
  return a.class === b.class && a.isBlock ? SCORES.kin : 0;
}

/** For networks too large for a table: units are the same where their modules have the same path. */
function byPath(a: readonly Unit[], b: readonly Unit[]): readonly Pair[] {
  const places = new Map(a.map(({ path }, at) => [path, at]));
  const pairs: Pair[] = [];
  let done = 0;
  b.forEach(({ path }, j) => {
    const i = places.get(path);
    if (i === undefined || i < done) return pairs.push([null, j]);
    while (done < i) pairs.push([done++, null]);
    return pairs.push([done++, j]);
  });
  while (done < a.length) pairs.push([done++, null]);
  return pairs;
}
