/** Tells which adds and concatenations join a skip connection, from the data flow alone. */

import type { ModuleInfo, Node, ValueId } from '../ir/graph.ts';
import { elementCount } from '../ir/type.ts';
import type { DataFlow } from './dataFlow.ts';
import { isActivation, isAffine, isContraction, isRecurrent } from './roles.ts';

/** A fork and the merge that ends it. */
export interface Merge {
  readonly node: Node;
  readonly skip: 'identity' | 'projection' | 'concat';
  readonly fork: ValueId;
  readonly skipInput: ValueId | null;
  readonly branchInput: ValueId;
  readonly branch: readonly number[];
  readonly shortcut: readonly number[];
}

/** Finds merges one after the other, in execution order. */
export function mergeFinder(flow: DataFlow): (node: Node) => Merge | null {
  // Merges found so far by what they make: a second branch may be added to the stream that the first one made.
  const streams = new Map<ValueId, Merge>();
  // What one step of torch's own cells adds are sums before a gate, and a state to what is new of it.
  const cells = new Set(flow.graph.modules.filter(isCell).map(({ path }) => path));
  return (node) => {
    if (cells.has(node.module)) return null;
    const found = node.op === 'Add' || node.op === 'Sum' ? findAdd(flow, node, streams) : null;
    if (found) streams.set(node.outputs[0]!, found);
    return found ?? (node.op === 'Concat' ? findConcat(flow, node) : null);
  };
}

const isCell = ({ builtin, class: name }: ModuleInfo): boolean => builtin && /^(RNN|LSTM|GRU)Cell$/.test(name);

function findAdd(flow: DataFlow, node: Node, streams: ReadonlyMap<ValueId, Merge>): Merge | null {
  const operands = flow.dataInputs(node);
  if (operands.length < 2) return null;
  return direct(flow, node, operands) ?? stream(flow, node, operands, streams) ?? detour(flow, node, operands);
}

/** F(x) + x: one operand is an ancestor of another, whatever else the other depends on (as in cross-attention). */
function direct(flow: DataFlow, node: Node, operands: readonly ValueId[]): Merge | null {
  for (const branchInput of operands) {
    for (const fork of flow.ancestorsAmong(branchInput, operands)) {
      const branch = flow.between(fork, branchInput);
      if (!branch.some((id) => isContraction(flow.graph.nodes[id]!))) continue;
      return { node, skip: 'identity', fork, skipInput: fork, branchInput, branch, shortcut: [] };
    }
  }
  return null;
}

/** (x + F(x)) + G(x): parallel branches off one fork, added one after the other. */
function stream(
  flow: DataFlow,
  node: Node,
  operands: readonly ValueId[],
  streams: ReadonlyMap<ValueId, Merge>,
): Merge | null {
  for (const skipInput of operands) {
    const first = streams.get(skipInput);
    const branchInput = operands.find((operand) => operand !== skipInput)!;
    if (!first || !flow.ancestorsAmong(branchInput, [first.fork]).has(first.fork)) continue;
    const branch = flow.between(first.fork, branchInput);
    if (!branch.some((id) => isContraction(flow.graph.nodes[id]!))) continue;
    return { node, skip: first.skip, fork: first.fork, skipInput, branchInput, branch, shortcut: [] };
  }
  return null;
}

/**
 * F(x) + S(x): the skip is the affine side. It holds at most one layer and no activation, and the branch holds an
 * activation and more layers; so sums of two equal branches, attention scores and conditioning biases do not count.
 */
function detour(flow: DataFlow, node: Node, operands: readonly ValueId[]): Merge | null {
  const [first, ...rest] = operands;
  const fork = rest.reduce<ValueId | null>(
    (at, other) => (at === null ? null : flow.commonDominator(at, other)),
    first!,
  );
  if (fork === null) return null;
  const nodesOf = (ids: readonly number[]): Node[] => ids.map((id) => flow.graph.nodes[id]!);
  const layers = (ids: readonly number[]): number => nodesOf(ids).filter(isContraction).length;
  const sides = operands.map((operand) => ({ operand, path: flow.between(fork, operand) }));
  sides.sort((a, b) => layers(a.path) - layers(b.path) || a.path.length - b.path.length);
  const [short, ...others] = sides;
  const affine = (step: Node): boolean => step.op !== 'Unknown' && isAffine(step, flow.dataInputs(step).length);
  if (!nodesOf(short!.path).every(affine) || layers(short!.path) > 1) return null;
  const long = others.at(-1)!;
  const onShort = new Set(short!.path);
  const branch = long.path.filter((id) => !onShort.has(id));
  const isNonlinear = (step: Node): boolean => isActivation(step) || isRecurrent(step);
  if (!nodesOf(branch).some(isNonlinear) || layers(branch) <= layers(short!.path)) return null;
  if (isSpread(flow, short!.operand, long.operand)) return null;
  const shortcut = short!.path.filter((id) => !long.path.includes(id));
  const skip = nodesOf(shortcut).some((step) => flow.parametersOf(step).size > 0) ? 'projection' : 'identity';
  return { node, skip, fork, skipInput: short!.operand, branchInput: long.operand, branch, shortcut };
}

/** True when `a` has several times fewer elements because it is constant along an axis: a bias, not a skip. */
function isSpread(flow: DataFlow, a: ValueId, b: ValueId): boolean {
  const [short, long] = [flow.graph.values[a]!.type.shape, flow.graph.values[b]!.type.shape];
  if (short === null || long === null) return false;
  if (short.length !== long.length) return (elementCount(short) ?? 0) < (elementCount(long) ?? 0);
  return short.some((dim, axis) => dim === 1 && (long[axis] ?? 1) > 1);
}

/** [x, F(x)] along the channels: a dense layer, or a long skip that is joined by concatenation. */
function findConcat(flow: DataFlow, node: Node): Merge | null {
  const operands = flow.dataInputs(node);
  if (operands.length < 2 || !joinsChannels(flow, node)) return null;
  const made = (value: ValueId): number => flow.producer[value]?.id ?? -1;
  const branchInput = operands.reduce((latest, operand) => (made(operand) > made(latest) ? operand : latest));
  const earlier = flow.ancestorsAmong(branchInput, operands);
  if (earlier.size === 0) return null;
  const others = operands.filter((operand) => operand !== branchInput);
  const fork = others.length === 1 ? others[0]! : (joinOf(flow, others, branchInput) ?? [...earlier].at(-1)!);
  if (!flow.ancestorsAmong(branchInput, [fork]).has(fork)) return null;
  const branch = flow.between(fork, branchInput);
  if (!branch.some((id) => isContraction(flow.graph.nodes[id]!))) return null;
  const skipInput = operands.includes(fork) ? fork : null;
  return { node, skip: 'concat', fork, skipInput, branchInput, branch, shortcut: [] };
}

/** The concatenation of just these operands that the branch reads. */
function joinOf(flow: DataFlow, operands: readonly ValueId[], branchInput: ValueId): ValueId | null {
  for (const node of flow.consumers[operands[0]!] ?? []) {
    if (node.op !== 'Concat' || node.outputs[0] === branchInput) continue;
    const inputs = flow.dataInputs(node);
    if (inputs.length === operands.length && inputs.every((input, index) => input === operands[index]))
      return node.outputs[0]!;
  }
  return null;
}

function joinsChannels(flow: DataFlow, node: Node): boolean {
  const rank = flow.graph.values[node.outputs[0]!]!.type.shape?.length;
  const axis = Number(node.attrs['axis'] ?? 0);
  return rank === undefined || axis === -1 || axis === rank - 1 || (rank >= 4 && (axis + rank) % rank === 1);
}
