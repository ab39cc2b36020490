/** What every front end takes and gives. Front ends never throw for a user's mistake: they return diagnostics. */

import type { Diagnostic, Location } from '../ir/diagnostic.ts';
import type { Graph } from '../ir/graph.ts';
import type { DType } from '../ir/type.ts';

/** The shape of one input tensor. `bound` is exclusive and makes sense for integers: contents lie in [0, bound). */
export interface InputSpec {
  readonly name?: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bound?: number;
  /** The file allows no other batch. */
  readonly isFixed?: boolean;
  /** Where it lies in an argument that is a list, a tuple or a mapping of tensors; absent where it is the argument itself. */
  readonly place?: Place;
}

/** An argument's name, and the steps into it: `['batch', [['dict', 'image']]]`. */
export type Place = readonly [argument: string, steps: readonly Step[]];
type Step = readonly [kind: 'dict' | 'attr', key: string] | readonly [kind: 'list' | 'tuple', index: number];

/** Something in a file that can be traced. */
export interface ModelCandidate {
  /** Expression in the file's own namespace: `resnet50()`; where it is not buildable, with what it needs: `Block(width)`. */
  readonly expression: string;
  readonly kind: 'function' | 'class' | 'directive';
  /** The name in its `def` or `class` statement. */
  readonly location: Location;
  /** False when it cannot be built without arguments, so it is not traced by itself. */
  readonly buildable: boolean;
}

export interface TraceRequest {
  /** Name of the file; comes back in every location. */
  readonly file: string;
  readonly source: string;
  /** Other source files that the file may import, by the dotted module name that Python would use, with their file names. */
  readonly modules: readonly SourceModule[];
  /** What an earlier trace of the file asked for beside them, as it is now. */
  readonly found?: readonly SourceModule[];
  /** Which candidate to trace: an expression; absent for the file's own choice (directive, else first buildable candidate). */
  readonly model?: string;
  /** Absent: found by trying. */
  readonly inputs?: readonly InputSpec[];
  readonly training: boolean;
}

export interface SourceModule {
  /**
   * `torchvision.models._utils`; packages end in `.__init__`. `timm.models/` holds the data files of that package's folder, as
   * JSON: rows of a path in it, and the contents in base64.
   */
  readonly name: string;
  readonly file: string;
  readonly source: string;
}

export interface TraceResult {
  readonly candidates: readonly ModelCandidate[];
  /** The expression that was traced; null when nothing was. */
  readonly model: string | null;
  readonly inputs: readonly InputSpec[];
  readonly graph: Graph | null;
  readonly diagnostics: readonly Diagnostic[];
}
