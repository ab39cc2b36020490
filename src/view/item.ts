/** One thing that can be drawn, from the whole model down to a single operation. */

import type { Counts, ResidualBlock } from '../analysis/types.ts';
import type { Location } from '../ir/diagnostic.ts';
import type { Shape } from '../ir/type.ts';
import type { OpFamily } from './label.ts';

/** `run`: equal neighbours that are drawn once with "×N", or one by one. */
export type ItemRole =
  'model' | 'stage' | 'run' | 'branch' | 'shortcut' | 'module' | 'merge' | 'op' | 'input' | 'output';

/** The look of a skip connection. `gate`: x is multiplied by what was computed from it. */
export type SkipKind = 'identity' | 'projection' | 'concat' | 'gate' | 'long';
export type SkipCounts = Readonly<Partial<Record<SkipKind, number>>>;

/** How the skip of a block is drawn. */
export const skipKindOf = ({ kind, skip }: ResidualBlock): SkipKind =>
  kind === 'long-skip'
    ? 'long'
    : kind === 'dense' || skip === 'concat'
      ? 'concat'
      : skip === 'projection'
        ? skip
        : 'identity';

/** Ids are module paths with a role, so they stay when the rest of the model changes. */
export interface Item extends Counts {
  readonly id: string;
  readonly role: ItemRole;
  /** Empty for leaves. A run has those of all its repetitions, one after the other. */
  readonly children: readonly Item[];
  /** First line on the box. */
  readonly label: string;
  /** Second line: what a closed branch consists of. */
  readonly summary: string;
  /** Attributes of an operation, for a look from near by. */
  readonly detail: string;
  readonly path: string;
  readonly class: string;
  readonly family: OpFamily;
  /** Ids of the graph nodes that the item stands for, its children's included, in execution order. */
  readonly nodes: readonly number[];
  /** The residual block that a branch, shortcut or merge belongs to. */
  readonly block: ResidualBlock | null;
  /** Of merges that end a skip, and of shortcuts. */
  readonly skip: SkipKind | null;
  /** Name of the activation that follows the add inside the block: `ReLU`. */
  readonly tail: string;
  readonly problem: string | null;
  /** How many merges inside have a skip, by what the skip is. */
  readonly skips: SkipCounts;
  readonly outputShape: Shape;
  readonly location: Location | null;
  /** Open when nobody has chosen. */
  readonly openByDefault: boolean;
  /** Of runs: how many repetitions, and how many children each has. */
  readonly run: { readonly count: number; readonly size: number } | null;
}

export const BLANK: Item = {
  id: '',
  role: 'op',
  children: [],
  label: '',
  summary: '',
  detail: '',
  path: '',
  class: '',
  family: 'other',
  nodes: [],
  block: null,
  skip: null,
  tail: '',
  problem: null,
  skips: {},
  params: 0,
  paramsAtLeast: false,
  macs: 0,
  macsAtLeast: 0,
  outputShape: null,
  location: null,
  openByDefault: false,
  run: null,
};
