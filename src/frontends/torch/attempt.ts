/** One try at a model: what building it and running it on certain inputs gave. */

import type { ValueId } from '../../ir/graph.ts';
import type { DType } from '../../ir/type.ts';
import type { InputSpec, Place as InputPlace } from '../types.ts';
import type { Hint, Signature } from './findInputs.ts';
import type { ModuleRow } from './finish.ts';
import type { Session } from './session.ts';
import type { Place } from './sourceText.ts';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly frames: readonly number[];
  /** Python refused something that is not known. */
  readonly unknown?: true;
  /** A SyntaxError's own place, columns in characters. */
  readonly characters?: Place;
}

export type ExampleRow = readonly [
  name: string,
  dtype: DType,
  shape: readonly number[],
  bound: number | null,
  place: InputPlace | null,
];

export interface Built {
  readonly modules: readonly ModuleRow[];
  /** Paths of modules that are not known. */
  readonly unknown: readonly string[];
  readonly hints: readonly Hint[];
  /** What the first of the model's parameters that are numbers with a fraction is in. */
  readonly floating: DType;
  readonly signature: Signature;
  /** What the file itself feeds its models, this one's first: so many are this one's own. */
  readonly own: number;
  readonly examples: readonly (readonly ExampleRow[])[];
}

export interface Attempt {
  readonly session: Session;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly ValueId[];
  readonly places: readonly Place[];
  readonly error: Failure | null;
  readonly failed: boolean;
  readonly built: Built | null;
}

export type GuessInputs = (built: Built) => readonly InputSpec[] | null;

/** Whether a model ran through, with nothing wrong in it. */
export const isClean = ({ failed, session }: Attempt): boolean =>
  !failed && session.builder.nodes.every((node) => node.problems.length === 0);

/** False of losses, metrics and the like. */
export const hasParameters = ({ session }: Attempt): boolean =>
  session.builder.parameters.some(({ buffer }) => !buffer);
