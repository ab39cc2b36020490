/** The contract of a lint: one rule on a traced graph, with the evidence that it rests on. */

import type { Location, Severity } from '../../ir/diagnostic.ts';
import type { Graph, InitSpec, Node, ValueId } from '../../ir/graph.ts';
import type { DataFlow } from '../dataFlow.ts';
import type { ResidualBlock } from '../types.ts';

/** What every lint sees. */
export interface LintContext {
  readonly graph: Graph;
  readonly flow: DataFlow;
  readonly blocks: readonly ResidualBlock[];
  /** Blocks that add a skip to a branch: concatenations, long skips and blocks without a skip are not among them. */
  readonly adds: readonly AddBlock[];
  node(id: number): Node;
  /** How a weight starts, seen through transposes; null for what is no parameter. */
  initOf(value: ValueId | null | undefined): Weight | null;
}

export interface Weight {
  readonly init: InitSpec;
  /** Of the parameter itself. */
  readonly shape: readonly number[];
  readonly transposed: boolean;
}

export type AddBlock = ResidualBlock & {
  readonly merge: number;
  readonly skipInput: ValueId;
  readonly branchInput: ValueId;
};

/** One place that breaks the rule. */
export interface Breach {
  /** The node whose call is to be marked. */
  readonly node: Node;
  readonly message: string;
  /** In place of the lint's own. */
  readonly severity?: Severity;
  readonly related?: readonly (Location & { readonly message: string })[];
}

export interface Lint {
  /** Stable, in kebab-case. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence for `docs/lints.md`: what is marked. */
  readonly rule: string;
  /** Why: a figure, a paper, what the framework does. */
  readonly evidence: string;
  check(context: LintContext): readonly Breach[];
}
