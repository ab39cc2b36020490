/** Which of the models that a file offers is traced when nobody says. */

import type { Directive } from './directive.ts';

export type CandidateRow = readonly [
  expression: string,
  kind: 'function' | 'class',
  name: string,
  line: number,
  buildable: boolean,
  used: boolean,
  /** The file builds it so itself, in a test or at its end. */
  usage: boolean,
  /** Its arguments are guesses. */
  guessed: boolean,
];

/**
 * Directive, else the first factory, else the last model that the file builds itself, else the last class; those that no
 * other class of the file uses go first.
 */
const chooseModel = (rows: readonly CandidateRow[], directives: readonly Directive[]): string | null => {
  const said = directives.find(({ model }) => model !== null);
  if (said) return said.model;
  const factory = rows.find(([, kind, , , , , usage]) => kind === 'function' && !usage);
  if (factory) return factory[0];
  const usages = rows.filter(([, , , , , , usage]) => usage);
  const whole = usages.findLast(([, , , , , used]) => !used);
  if (whole) return whole[0];
  const classes = rows.filter(([, , , , buildable, , usage]) => buildable && !usage);
  return (classes.findLast(([, , , , , used]) => !used) ?? classes.at(-1) ?? usages.at(-1))?.[0] ?? null;
};

/** The last class before the choice that can be built and that no other uses: the choice may turn out to be a loss. */
export const otherClass = (rows: readonly CandidateRow[], choice: string): string | null =>
  rows.findLast(
    ([expression, kind, , , buildable, used]) => kind === 'class' && buildable && !used && expression !== choice,
  )?.[0] ?? null;

/** The choice, then others in place of a model whose arguments are guesses and that does not run. */
export const chooseModels = (rows: readonly CandidateRow[], directives: readonly Directive[]): readonly string[] => {
  const first = chooseModel(rows, directives);
  if (first === null) return [];
  const guesses = rows.filter(([, , , , , , , guessed]) => guessed).map(([expression]) => expression);
  if (!guesses.includes(first)) return [first];
  // A part of another model is no choice for the model.
  const sure = chooseModel(
    rows.filter(([, , , , , used, , guessed]) => !guessed && !used),
    [],
  );
  return [first, ...guesses.filter((one) => one !== first).reverse(), ...(sure === null ? [] : [sure])];
};
