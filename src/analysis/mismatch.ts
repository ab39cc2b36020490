/** Explains a residual add whose operands do not fit: both shapes, the axes, and the operations that caused it. */

import type { Location, RelatedInformation } from '../ir/diagnostic.ts';
import { sameRange } from '../ir/diagnostic.ts';
import type { ModuleInfo, Node, ValueId } from '../ir/graph.ts';
import type { Dim, Shape } from '../ir/type.ts';
import { formatShape } from '../ir/type.ts';
import type { AxisChange } from './axisChanges.ts';
import { axisChanges } from './axisChanges.ts';
import type { DataFlow } from './dataFlow.ts';
import { relativePath } from './modulePaths.ts';
import type { ResidualBlock } from './types.ts';

export interface Explanation {
  readonly message: string;
  readonly related: readonly RelatedInformation[];
}

const MOST_RELATED = 6;

/** Axes, counted on the longer shape, where two known lengths differ and neither is 1. */
function clashingAxes(a: readonly Dim[], b: readonly Dim[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => {
    const [x, y] = [a.at(axis - rank), b.at(axis - rank)];
    if (axis - rank < -a.length || axis - rank < -b.length) return false;
    return x !== y && x !== 1 && y !== 1 && typeof x === 'number' && typeof y === 'number';
  });
}

/** What is wrong with the block's merge; null unless it is an add of two known shapes that do not broadcast. */
export function explainMismatch(flow: DataFlow, block: ResidualBlock): Explanation | null {
  const { merge, skipInput, branchInput } = block;
  if (merge === null || skipInput === null || branchInput === null) return null;
  const shapeOf = (value: ValueId): Shape => flow.graph.values[value]!.type.shape;
  const [skip, branch] = [shapeOf(skipInput), shapeOf(branchInput)];
  if (skip === null || branch === null) return null;
  const rank = Math.max(skip.length, branch.length);
  const causes: AxisChange[] = [];
  const texts = new Map<string, number[]>();
  for (const axis of clashingAxes(skip, branch)) {
    const onBranch = changesOn(flow, block, branchInput, axis - rank);
    const onSkip = changesOn(flow, block, skipInput, axis - rank);
    const found = attribute(block, onBranch, onSkip, skip.at(axis - rank) ?? null);
    causes.push(...found.causes);
    texts.set(found.text, [...(texts.get(found.text) ?? []), axis]);
  }
  if (texts.size === 0) return null;
  const node = flow.graph.nodes[merge]!;
  const operands = flow.dataInputs(node).map((operand) => formatShape(shapeOf(operand)));
  const sentences = [...texts].map(([text, axes]) => `Axis ${axes.join(', ')}: ${text}.`);
  const modules = new Map(flow.graph.modules.map((module) => [module.path, module]));
  return {
    message: `Skip connection: ${operands.join(' + ')}. ${sentences.join(' ')}`,
    related: relatedTo(block, causes, modules),
  };
}

function changesOn(flow: DataFlow, block: ResidualBlock, value: ValueId, axis: number): readonly AxisChange[] {
  const { fork, branch, shortcut, branchInput } = block;
  if (value === fork) return [];
  const path = new Set(value === branchInput ? branch : [...shortcut, ...flow.between(fork, value)]);
  return axisChanges(flow, fork, value, axis + (flow.graph.values[value]!.type.shape?.length ?? 0), path);
}

/** Which changes stand on one side only, in words. */
function attribute(
  block: ResidualBlock,
  onBranch: readonly AxisChange[],
  onSkip: readonly AxisChange[],
  carried: Dim,
): { text: string; causes: readonly AxisChange[] } {
  const [maker, skipMaker] = [onBranch.at(-1), onSkip.at(-1)];
  if (maker?.made || skipMaker?.made) {
    const say = (change: AxisChange): string => `${labelOf(block, change.node)} makes ${change.to} ${unitOf(change)}`;
    const left = maker ? say(maker) : 'the branch keeps what comes in';
    const right = skipMaker ? say(skipMaker) : `the skip carries ${carried}`;
    return { text: `${left}, ${right}`, causes: [maker, skipMaker].filter((change) => change !== undefined) };
  }
  let [branch, skip] = withoutCommon(onBranch, onSkip);
  // Equal strides on both sides, and yet different lengths: rounding or padding; name everything.
  if (branch.length + skip.length === 0) [branch, skip] = [onBranch, onSkip];
  const parts = [
    ...branch.map((change) => describe(block, change)),
    ...skip.map((change) => `${describe(block, change)} on the skip`),
  ];
  return { text: parts.join(' and ') || 'lengths differ', causes: [...branch, ...skip] };
}

/** Drops pairs of changes by the same factor, one on each side, the nearest to the fork first. */
function withoutCommon(
  a: readonly AxisChange[],
  b: readonly AxisChange[],
): [readonly AxisChange[], readonly AxisChange[]] {
  const factor = ({ node, axis, from, to }: AxisChange): number =>
    strideOf(node, axis) ?? (from && to ? Math.round((8 * from) / to) / 8 : NaN);
  const left = [...b];
  const kept = a.filter((change) => {
    const twin = left.findIndex((other) => factor(other) === factor(change));
    if (twin >= 0) left.splice(twin, 1);
    return twin < 0;
  });
  return [kept, left];
}

function strideOf(node: Node, axis: number): number | null {
  const strides = node.op === 'ConvTranspose' ? undefined : node.attrs['strides'];
  const stride = Array.isArray(strides) ? Number(strides[axis - 2] ?? 1) : 1;
  return stride > 1 ? stride : null;
}

function describe(block: ResidualBlock, { node, axis, from, to }: AxisChange): string {
  const label = labelOf(block, node);
  const stride = strideOf(node, axis);
  if (stride !== null) return `stride ${stride} at ${label}`;
  const kernel = node.attrs['kernel_shape'];
  const size = Array.isArray(kernel) ? `kernel ${kernel[axis - 2]} at ${label}` : label;
  return from === null ? `${size} makes ${to}` : `${size} makes ${to} of ${from}`;
}

const unitOf = ({ node }: AxisChange): string => (node.op === 'MatMul' || node.op === 'Gemm' ? 'features' : 'channels');

/** The layer as the block's own code names it: `conv1`, `downsample.0`, or the function that was called. */
function labelOf(block: ResidualBlock, node: Node): string {
  return relativePath(node.module, block.module) || node.origin.split('.').at(-1) || node.op;
}

function relatedTo(
  block: ResidualBlock,
  causes: readonly AxisChange[],
  modules: ReadonlyMap<string, ModuleInfo>,
): readonly RelatedInformation[] {
  const related: RelatedInformation[] = [];
  const add = (place: Location | null | undefined, message: string): void => {
    const known = related.some((one) => one.file === place?.file && sameRange(one.range, place.range));
    if (place && !known && related.length < MOST_RELATED) related.push({ ...place, message });
  };
  for (const change of causes) {
    const label = labelOf(block, change.node);
    const text = change.made ? `${label} makes ${change.to} ${unitOf(change)}` : describe(block, change);
    add(change.node.frames[0], `${text}.`);
    const module = modules.get(change.node.module);
    if (module?.builtin) add(module.created, `${label} is made here.`);
  }
  return related;
}
