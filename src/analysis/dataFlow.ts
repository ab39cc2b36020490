/** The data-flow DAG of a graph: which tensors carry data, which of them dominate which, and what lies in between. */

import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { consumers, producers } from '../ir/query.ts';
import type { DType } from '../ir/type.ts';
import { isFloat } from '../ir/type.ts';

/**
 * Vertices are the values that carry data: floating-point tensors computed from a data input. Parameters, constants,
 * shapes, indices and masks are no vertices. A tensor looked up or made from integers alone (an embedding of token ids,
 * a mask cast to float) is a source like the inputs.
 */
export interface DataFlow {
  readonly graph: Graph;
  readonly producer: readonly (Node | undefined)[];
  readonly consumers: readonly (readonly Node[])[];
  isData(value: ValueId): boolean;
  /** The node's inputs that carry data, in order and once each. */
  dataInputs(node: Node): readonly ValueId[];
  /** Parameters and buffers that the node reads, directly or through tensors made of nothing else (a transposed weight). */
  parametersOf(node: Node): ReadonlySet<ValueId>;
  /** The nearest value that every path from the sources to both `a` and `b` passes; null when there is none. */
  commonDominator(a: ValueId, b: ValueId): ValueId | null;
  /** Those of `candidates` from which data flows to `target` (never `target` itself). */
  ancestorsAmong(target: ValueId, candidates: readonly ValueId[]): ReadonlySet<ValueId>;
  /** Nodes on the paths from `from` to `to`, in execution order; the node that makes `from` is not among them. */
  between(from: ValueId, to: ValueId): readonly number[];
}

const carries = (dtype: DType): boolean => isFloat(dtype) || dtype === 'complex64';

export function dataFlow(graph: Graph): DataFlow {
  const count = graph.values.length;
  const root = count;
  const producer = producers(graph);
  // What depends on an input at all, integers included; data is the floating-point part of it.
  const depends = new Uint8Array(count);
  const data = new Uint8Array(count);
  const dominators = new DominatorTree(count + 1, root);
  const isData = (value: ValueId): boolean => data[value] === 1;
  const dataInputs = (node: Node): readonly ValueId[] => {
    const found = node.inputs.filter((input): input is ValueId => input !== null && isData(input));
    return found.length > 1 ? [...new Set(found)] : found;
  };
  const enter = (value: ValueId, sources: readonly ValueId[]): void => {
    depends[value] = 1;
    if (!carries(graph.values[value]!.type.dtype)) return;
    data[value] = 1;
    let parent = sources[0] ?? root;
    for (const source of sources) parent = dominators.meet(parent, source);
    dominators.attach(value, parent);
  };

  for (const input of graph.inputs) enter(input, []);
  for (const node of graph.nodes) {
    if (node.op === 'Shape' || node.op === 'Size') continue;
    if (!node.inputs.some((input) => input !== null && depends[input] === 1)) continue;
    const sources = dataInputs(node);
    for (const output of node.outputs) if (graph.values[output]?.data === undefined) enter(output, sources);
  }

  const made = (value: ValueId): number => producer[value]?.id ?? -1;

  /** Nodes with an id above `after` that `target` depends on. */
  const nodesBefore = (target: ValueId, after: number): Set<number> => {
    const seen = new Set<number>();
    const stack = [target];
    for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
      const node = producer[value];
      if (!node || node.id <= after || seen.has(node.id)) continue;
      seen.add(node.id);
      for (const input of node.inputs) if (input !== null && isData(input)) stack.push(input);
    }
    return seen;
  };

  const weights = new Set(graph.parameters.map((parameter) => parameter.value));
  const parametersOf = (node: Node): ReadonlySet<ValueId> => {
    const found = new Set<ValueId>();
    const seen = new Set([node]);
    for (const { inputs } of seen) {
      for (const input of inputs) {
        if (input === null || isData(input)) continue;
        if (weights.has(input)) found.add(input);
        const maker = producer[input];
        if (maker) seen.add(maker);
      }
    }
    return found;
  };

  return {
    graph,
    producer,
    parametersOf,
    consumers: consumers(graph),
    isData,
    dataInputs,
    commonDominator: (a, b) => {
      const found = dominators.meet(a, b);
      return found === root ? null : found;
    },
    ancestorsAmong: (target, candidates) => {
      const found = new Set<ValueId>();
      const open = candidates.filter((candidate) => {
        if (candidate === target || made(candidate) >= made(target)) return false;
        if (dominators.dominates(candidate, target)) found.add(candidate);
        return !found.has(candidate);
      });
      if (open.length === 0) return found;
      const read = new Set<ValueId>();
      for (const id of nodesBefore(target, Math.min(...open.map(made)))) {
        for (const input of graph.nodes[id]!.inputs) if (input !== null) read.add(input);
      }
      for (const candidate of open) if (read.has(candidate)) found.add(candidate);
      return found;
    },
    between: (from, to) => {
      const reached = new Set<ValueId>([from]);
      const path: number[] = [];
      for (const id of [...nodesBefore(to, made(from))].sort((a, b) => a - b)) {
        const node = graph.nodes[id]!;
        if (!node.inputs.some((input) => input !== null && reached.has(input))) continue;
        path.push(id);
        for (const output of node.outputs) if (isData(output)) reached.add(output);
      }
      return path;
    },
  };
}

/**
 * A tree that grows by leaves and answers nearest common ancestors in O(log n) with one extra pointer a vertex
 * (skew-binary jump pointers, Myers 1983). In a DAG taken in topological order the immediate dominator of a vertex is
 * the nearest common ancestor of its predecessors.
 */
class DominatorTree {
  private readonly parent: Int32Array;
  private readonly jump: Int32Array;
  private readonly depth: Int32Array;

  constructor(size: number, root: number) {
    this.parent = new Int32Array(size).fill(root);
    this.jump = new Int32Array(size).fill(root);
    this.depth = new Int32Array(size);
  }

  attach(vertex: number, parent: number): void {
    const far = this.jump[parent]!;
    const even = this.depth[parent]! - this.depth[far]! === this.depth[far]! - this.depth[this.jump[far]!]!;
    this.parent[vertex] = parent;
    this.jump[vertex] = even ? this.jump[far]! : parent;
    this.depth[vertex] = this.depth[parent]! + 1;
  }

  dominates(a: number, b: number): boolean {
    return this.lift(b, this.depth[a]!) === a;
  }

  meet(a: number, b: number): number {
    const level = Math.min(this.depth[a]!, this.depth[b]!);
    let left = this.lift(a, level);
    let right = this.lift(b, level);
    while (left !== right) {
      const far = this.jump[left] !== this.jump[right];
      left = far ? this.jump[left]! : this.parent[left]!;
      right = far ? this.jump[right]! : this.parent[right]!;
    }
    return left;
  }

  private lift(vertex: number, level: number): number {
    let at = vertex;
    while (this.depth[at]! > level) at = this.depth[this.jump[at]!]! >= level ? this.jump[at]! : this.parent[at]!;
    return at;
  }
}
