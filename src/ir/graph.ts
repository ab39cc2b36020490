/** The one representation of a network: ONNX operators plus the module tree, framework names and source ranges. */

import type { Location } from './diagnostic.ts';
import type { TensorType } from './type.ts';

/** Index into {@link Graph.values}. */
export type ValueId = number;

/** An ONNX attribute. Whether a number is an ONNX int or float is said by the operator's definition. */
export type AttrValue = number | string | readonly number[] | readonly string[];
export type Attrs = Readonly<Record<string, AttrValue>>;

/** A tensor that flows through the graph. Plain data: a graph survives `structuredClone` and `JSON`. */
export interface Value {
  readonly id: ValueId;
  readonly name: string;
  readonly type: TensorType;
  /** Row-major contents of a compile-time constant; booleans as 0 and 1. Absent for everything that is computed. */
  readonly data?: readonly number[];
}

/** Something wrong with a node's inputs, found by inference. The node's outputs then carry a recovered or unknown type. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

export interface Node {
  readonly id: number;
  /** ONNX operator name, or `Unknown` for a call that the front end cannot express. */
  readonly op: string;
  /** Null marks an optional input that is absent. */
  readonly inputs: readonly (ValueId | null)[];
  readonly outputs: readonly ValueId[];
  readonly attrs: Attrs;
  /** Path of the innermost module whose forward made this node; '' is the root. */
  readonly module: string;
  /** The framework's own name of the call, for example `torch.nn.functional.conv2d`, `Tensor.__iadd__`. */
  readonly origin: string;
  /** True when the framework's call overwrote its first input. */
  readonly inPlace: boolean;
  /** Where the call stands, innermost frame of the user's files first. Empty when there is no source. */
  readonly frames: readonly Location[];
  readonly problems: readonly Problem[];
}

/** How a parameter gets its first contents. Drawn where it runs, from a seed; see `profile/initialise.ts`. */
export type InitSpec =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  | {
      readonly kind: 'truncatedNormal';
      readonly mean: number;
      readonly std: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly kind: 'orthogonal'; readonly gain: number }
  /** Of each column, the share `sparsity` (rounded up) is zero; the rest is normal with mean 0. */
  | { readonly kind: 'sparse'; readonly sparsity: number; readonly std: number }
  | { readonly kind: 'exponential'; readonly rate: number }
  /** Trials up to the first success, 1 or more. */
  | { readonly kind: 'geometric'; readonly probability: number }
  | { readonly kind: 'cauchy'; readonly median: number; readonly scale: number }
  /** e to a normal number of this mean and deviation. */
  | { readonly kind: 'logNormal'; readonly mean: number; readonly std: number }
  | { readonly kind: 'bernoulli'; readonly probability: number }
  /** Whole numbers, low ≤ n < high. */
  | { readonly kind: 'integers'; readonly low: number; readonly high: number }
  | { readonly kind: 'eye' }
  | { readonly kind: 'dirac'; readonly groups: number }
  | { readonly kind: 'data'; readonly data: readonly number[] }
  | { readonly kind: 'computed'; readonly program: InitProgram }
  | { readonly kind: 'unknown' };

/** First contents that the model's code computes from others: nodes in execution order, on values of their own numbering. */
export interface InitProgram {
  readonly values: readonly Value[];
  readonly nodes: readonly Pick<Node, 'op' | 'inputs' | 'outputs' | 'attrs'>[];
  /** What it starts from; each is drawn under its name, which may be that of a parameter. */
  readonly leaves: readonly { readonly value: ValueId; readonly name: string; readonly init: InitSpec }[];
  readonly result: ValueId;
}

/** A weight or a buffer: a graph input with a name and a first value. */
export interface Parameter {
  readonly value: ValueId;
  /** As the framework's `named_parameters()` or `named_buffers()` says it, `layer1.0.conv1.weight`. */
  readonly name: string;
  readonly init: InitSpec;
  /** False for buffers, and for parameters with `requires_grad = False`. */
  readonly trainable: boolean;
  readonly buffer: boolean;
  /** The framework's is complex: its last axis holds the real and the imaginary part of each of its numbers. */
  readonly complex?: true;
}

/** One module instance of the module tree, parents before children. */
export interface ModuleInfo {
  /** '' for the root, `layer1.0.conv1`. */
  readonly path: string;
  /** Class name without its package: `BasicBlock`. */
  readonly class: string;
  /** True for classes of the framework itself (`Conv2d`, `Sequential`), false for the user's. */
  readonly builtin: boolean;
  /** The constructor call that made it. */
  readonly created: Location | null;
  /** The class statement, for the user's classes. */
  readonly defined: Location | null;
  /** It only holds others, which are called one by one: a `ModuleList`, or a `Sequential` that is not run as a whole. */
  readonly holds?: true;
}

export interface Graph {
  readonly name: string;
  /** Paths of the modules that are not known, so that their parameters are not listed; absent where there are none. */
  readonly unknownModules?: readonly string[];
  readonly values: readonly Value[];
  /** In execution order, so also a topological order. */
  readonly nodes: readonly Node[];
  /** Data inputs only; parameters and buffers are listed in `parameters`. */
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly parameters: readonly Parameter[];
  readonly modules: readonly ModuleInfo[];
  /** The forward pass was not followed to its end, or something unknown decided how it went on: there may be more of it. */
  readonly partial?: true;
  /** True when traced in training mode (batch statistics, active dropout). */
  readonly training: boolean;
}
