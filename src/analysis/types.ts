/** What the analyses find in a graph. */

import type { Diagnostic, Location } from '../ir/diagnostic.ts';
import type { ValueId } from '../ir/graph.ts';
import type { Shape } from '../ir/type.ts';

/** `identity`: no parameters on the skip. `projection`: parameters on it. `concat`: joined by concatenation. `none`: no skip. */
export type SkipKind = 'identity' | 'projection' | 'concat' | 'none';

/** A network with its skips changed: science.md, "Honest comparisons". */
export type Ablation =
  /** The add goes, and the projection with it. `at`: in this block alone. */
  | { readonly kind: 'plain'; readonly at?: string }
  /** Identity skips go, projections stay. */
  | { readonly kind: 'identity'; readonly at?: string }
  /** λx + F(x). */
  | { readonly kind: 'scaled'; readonly factor: number; readonly at?: string }
  /** (x + F(x)) / √2: what the skip's topology does, apart from the variance that it adds. */
  | { readonly kind: 'scale-matched'; readonly at?: string }
  /** y = x in one block. */
  | { readonly kind: 'lesion'; readonly block: string };

/** One residual block: y = merge(branch(x), skip(x)), found from the graph's structure. */
export interface ResidualBlock extends Counts {
  /** Module path of the block, made unique with `#2` where a module holds several (attention and MLP of an encoder layer). */
  readonly path: string;
  /** Module that holds the block: the innermost module within which x forks and the merge stands. */
  readonly module: string;
  /** The module's class, '' for the root function. */
  readonly class: string;
  /**
   * `post-activation`: σ(F(x) + x). `pre-activation`: the branch begins with a norm or an activation. `transformer`:
   * attention, or the MLP beside it. `dense`, `long-skip`: concatenation, or a skip across other blocks or across
   * scales. `plain`: F(x) + x with neither, and everything without a skip.
   */
  readonly kind: 'post-activation' | 'pre-activation' | 'transformer' | 'dense' | 'long-skip' | 'plain';
  readonly skip: SkipKind;
  /** x: the value at which skip and branch part. */
  readonly fork: ValueId;
  /**
   * Nodes of the block before the fork, in execution order: the shared norm and activation of a pre-activation block
   * that projects its normalised input. Empty for nearly every block.
   */
  readonly head: readonly number[];
  /** Node ids on the branch only, the skip only; in execution order. The merge is in neither. */
  readonly branch: readonly number[];
  readonly shortcut: readonly number[];
  /** The Add (or Concat) node; null for `none`. */
  readonly merge: number | null;
  /** Which operand of the merge is the skip, and which the branch. */
  readonly skipInput: ValueId | null;
  readonly branchInput: ValueId | null;
  /** Activations and norms after the merge that belong to the block (post-activation, post-norm), in execution order. */
  readonly tail: readonly number[];
  /** y: what leaves the block, after the tail. */
  readonly output: ValueId;
  readonly outputShape: Shape;
  /** The merge in the source. */
  readonly location: Location | null;
}

/** Parameters and multiply-adds of a graph or a part of it, of which some may not be known. */
export interface Counts {
  /** As torch's `sum(p.numel() for p in model.parameters())`: each that is read counts once. */
  readonly params: number;
  /** Some parameters are not counted: their size is not known, or they are those of a module that is not known. */
  readonly paramsAtLeast: boolean;
  /** Null where those of some operation are not known. */
  readonly macs: number | null;
  /** Those of all operations of which they are known: no less than there are. */
  readonly macsAtLeast: number;
}

export interface GraphCost extends Counts {
  readonly flops: number | null;
}

/** Cost of one module with everything below it. */
export interface ModuleCost extends GraphCost {
  /** Bytes of the tensors that its nodes make; null when a shape is unknown. */
  readonly activationBytes: number | null;
}

/** Everything that is known about a graph without running it. */
export interface Analysis {
  readonly blocks: readonly ResidualBlock[];
  readonly cost: GraphCost;
  /** Mistakes: shapes that do not fit, calls that are not known. */
  readonly diagnostics: readonly Diagnostic[];
  /** Designs that run but hurt, of every severity: hosts choose which to show. */
  readonly lints: readonly Diagnostic[];
}
