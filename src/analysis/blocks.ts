/** Residual blocks of a graph, found from its structure: never from names. */

import { sameRange } from '../ir/diagnostic.ts';
import type { Graph, ModuleInfo, Node, ValueId } from '../ir/graph.ts';
import { isWithin, parameterCount } from '../ir/query.ts';
import { callsUnknownModule, nodeCost, sumMacs, sumParams } from './cost.ts';
import type { DataFlow } from './dataFlow.ts';
import { dataFlow } from './dataFlow.ts';
import type { Merge } from './merges.ts';
import { mergeFinder } from './merges.ts';
import { ancestorsOf, commonPath, relativePath } from './modulePaths.ts';
import { isActivation, isArithmetic, isContraction, isNorm, isUpsampler } from './roles.ts';
import type { Counts, ResidualBlock, SkipKind } from './types.ts';

/** A block before it has a name and figures. */
interface Draft {
  readonly module: string;
  readonly kind: ResidualBlock['kind'];
  readonly skip: SkipKind;
  readonly fork: ValueId;
  readonly head: readonly number[];
  readonly branch: readonly number[];
  readonly shortcut: readonly number[];
  readonly tail: readonly number[];
  readonly merge: Node | null;
  readonly skipInput: ValueId | null;
  readonly branchInput: ValueId | null;
  readonly output: ValueId;
}

/**
 * All residual blocks in execution order, with the instances of a block's class that have no skip among them
 * (MobileNetV2's first block of a stage). A merge whose shapes do not fit is a block all the same.
 */
export function findBlocks(graph: Graph): readonly ResidualBlock[] {
  const flow = dataFlow(graph);
  const classes = new Map(graph.modules.map((module) => [module.path, module]));
  const find = mergeFinder(flow);
  const merges = graph.nodes.map(find).filter((merge) => merge !== null);
  const drafts = labelTransformers(flow, withoutFinalNorms(flow, draftAll(flow, merges)));
  const all = [...drafts, ...findWithoutSkip(flow, drafts, classes)].sort((a, b) => lastNode(a) - lastNode(b));
  const paths = namePaths(graph, all);
  const measure = measurer(flow);
  return all.map((draft, index) => {
    const { merge, ...rest } = draft;
    return {
      path: paths[index]!,
      class: classes.get(draft.module)?.class ?? '',
      ...rest,
      merge: merge?.id ?? null,
      outputShape: graph.values[draft.output]!.type.shape,
      ...measure(draft),
      location: merge?.frames[0] ?? null,
    };
  });
}

const lastNode = ({ merge, branch }: Draft): number => merge?.id ?? branch.at(-1) ?? 0;

function draftAll(flow: DataFlow, merges: readonly Merge[]): Draft[] {
  const drafts: Draft[] = [];
  for (const merge of merges) drafts.push(draftOf(flow, merge, drafts));
  return drafts;
}

function draftOf(flow: DataFlow, merge: Merge, earlier: readonly Draft[]): Draft {
  const { node, skip, fork, branch, shortcut, skipInput, branchInput } = merge;
  const nodes = flow.graph.nodes;
  const modules = branch.map((id) => nodes[id]!.module);
  const dense = skip === 'concat';
  const within = dense ? commonPath(modules) : commonPath([node.module, ...modules, ...modulesOf(flow, shortcut)]);
  const onBranch = new Set(branch);
  const spansBlocks = earlier.some(({ merge: inner, module }) => inner && onBranch.has(inner.id) && module !== within);
  const long = spansBlocks || branch.some((id) => isUpsampler(nodes[id]!));
  const { tail, output } = dense ? { tail: [], output: node.outputs[0]! } : tailOf(flow, node, within);
  const head = shortcut.length && !long ? headOf(flow, fork, within) : [];
  const opens = (id: number): boolean => isNorm(nodes[id]!) || isActivation(nodes[id]!);
  const first = branch.filter((id) => nodes[id]!.inputs.includes(fork));
  let kind: ResidualBlock['kind'] = 'plain';
  if (long) kind = 'long-skip';
  else if (dense) kind = 'dense';
  else if (tail.some((id) => isActivation(nodes[id]!))) kind = 'post-activation';
  else if (head.length || first.every(opens)) kind = 'pre-activation';
  return {
    module: within,
    kind,
    skip,
    fork,
    head,
    branch,
    shortcut,
    tail,
    merge: node,
    skipInput,
    branchInput,
    output,
  };
}

/** A norm after the last of several blocks of one module ends the module, and belongs to none of them. */
function withoutFinalNorms({ graph }: DataFlow, drafts: readonly Draft[]): readonly Draft[] {
  const norms = ({ tail }: Draft): boolean => tail.length > 0 && tail.every((id) => isNorm(graph.nodes[id]!));
  const bare = new Set(
    drafts.filter(({ tail, kind }) => tail.length === 0 && kind !== 'dense').map(({ module }) => module),
  );
  return drafts.map((draft) =>
    norms(draft) && bare.has(draft.module) ? { ...draft, tail: [], output: draft.merge!.outputs[0]! } : draft,
  );
}

const modulesOf = (flow: DataFlow, ids: readonly number[]): string[] => ids.map((id) => flow.graph.nodes[id]!.module);

/** Activations, norms and scalings that alone read what the merge makes, inside the block's module. */
function tailOf(flow: DataFlow, merge: Node, module: string): { tail: readonly number[]; output: ValueId } {
  const tail: number[] = [];
  let output = merge.outputs[0]!;
  for (;;) {
    const call = callAfter(flow, output, module);
    if (!call) return { tail, output };
    tail.push(...call.map((node) => node.id));
    output = call.at(-1)!.outputs[0]!;
  }
}

/** The nodes of one framework call (SiLU is a Sigmoid and a Mul) if nothing else reads `value`. */
function callAfter(flow: DataFlow, value: ValueId, module: string): readonly Node[] | null {
  const { graph, consumers } = flow;
  const [first] = consumers[value]!;
  if (!first || graph.outputs.includes(value)) return null;
  const [place] = first.frames;
  const sameCall = ({ module: path, origin, frames: [other] }: Node): boolean =>
    path === first.module &&
    origin === first.origin &&
    (place && other ? place.file === other.file && sameRange(place.range, other.range) : place === other);
  const call = [first];
  for (let id = first.id + 1; consumers[value]!.length > 1 && id < graph.nodes.length; id++) {
    const node = graph.nodes[id]!;
    if (!sameCall(node)) break;
    call.push(node);
  }
  const result = call.at(-1)!.outputs[0]!;
  const inside = (node: Node): boolean => call.includes(node);
  const closed = call.every((node) =>
    node.outputs.every((output) => output === result || consumers[output]!.every(inside)),
  );
  const alone = consumers[value]!.every(inside) && call.every((node) => readsOnly(flow, node, value, call));
  // At the root every following norm would be swallowed: only an activation can belong to a block there.
  const belongs = (node: Node): boolean =>
    isActivation(node) || node.op === 'Dropout' || isArithmetic(node) || (isNorm(node) && module !== '');
  return isWithin(first.module, module) && closed && alone && call.every(belongs) ? call : null;
}

const readsOnly = (flow: DataFlow, node: Node, value: ValueId, call: readonly Node[]): boolean =>
  flow.dataInputs(node).every((input) => input === value || call.some((other) => other.outputs.includes(input)));

/** The norm and the activation that made the fork, back to where the block's module begins. */
function headOf(flow: DataFlow, fork: ValueId, module: string): readonly number[] {
  const head: number[] = [];
  for (let node = flow.producer[fork]; node;) {
    const inputs = flow.dataInputs(node);
    if (!isWithin(node.module, module) || inputs.length !== 1 || !(isNorm(node) || isActivation(node))) break;
    head.unshift(node.id);
    if (flow.consumers[inputs[0]!]!.length > 1) break;
    node = flow.producer[inputs[0]!];
  }
  return head;
}

/** Attention, and what stands beside it in a network with attention: two blocks for each transformer layer. */
function labelTransformers(flow: DataFlow, drafts: readonly Draft[]): readonly Draft[] {
  const { nodes } = flow.graph;
  const some = (ids: readonly number[], op: string): boolean => ids.some((id) => nodes[id]!.op === op);
  const mixes = (id: number): boolean => isContraction(nodes[id]!) && flow.dataInputs(nodes[id]!).length > 1;
  const candidates = new Set(drafts.filter(({ kind }) => kind !== 'long-skip' && kind !== 'dense'));
  const attention = [...candidates].filter(({ branch }) => some(branch, 'Softmax') && branch.some(mixes));
  const modules = new Set(attention.map((draft) => draft.module).filter((module) => module !== ''));
  return drafts.map((draft) => {
    const { module, branch, tail } = draft;
    if (attention.length === 0 || !candidates.has(draft)) return draft;
    const isMlp = some([...branch, ...tail], 'LayerNormalization') && !some(branch, 'Conv');
    return attention.includes(draft) || modules.has(module) || isMlp ? { ...draft, kind: 'transformer' } : draft;
  });
}

/** Instances of a block's class that were run without a merge of their own. */
function findWithoutSkip(
  flow: DataFlow,
  drafts: readonly Draft[],
  classes: ReadonlyMap<string, ModuleInfo>,
): readonly Draft[] {
  const { graph } = flow;
  const keyOf = (module: ModuleInfo): string => `${module.class}@${JSON.stringify(module.defined)}`;
  const merging = new Set<string>();
  const holding = new Set<string>();
  for (const { module, kind } of drafts) {
    const info = classes.get(module);
    if (module !== '' && info?.class && !info.builtin && kind !== 'long-skip' && kind !== 'dense')
      merging.add(keyOf(info));
    for (const path of ancestorsOf(module)) holding.add(path);
  }
  const wanted = new Map<string, number[]>();
  for (const module of classes.values()) {
    if (merging.has(keyOf(module)) && !holding.has(module.path)) wanted.set(module.path, []);
  }
  if (wanted.size === 0) return [];
  for (const node of graph.nodes) {
    for (const path of ancestorsOf(node.module)) wanted.get(path)?.push(node.id);
  }
  return [...wanted].flatMap(([module, branch]) => {
    const inside = new Set(branch);
    const outputs = branch.flatMap((id) => graph.nodes[id]!.outputs.filter(flow.isData));
    const made = new Set(outputs);
    const fork = branch.flatMap((id) => flow.dataInputs(graph.nodes[id]!)).find((input) => !made.has(input));
    const leaves = (value: ValueId): boolean =>
      graph.outputs.includes(value) || flow.consumers[value]!.some((node) => !inside.has(node.id));
    const output = outputs.findLast(leaves);
    if (fork === undefined || output === undefined) return [];
    const none = { skipInput: null, branchInput: null, merge: null, head: [], shortcut: [], tail: [] };
    return [{ module, kind: 'plain' as const, skip: 'none' as const, fork, branch, output, ...none }];
  });
}

/**
 * A path for each block: its module; where a module holds several, the submodule that does the branch's work
 * (`layers.0.attention`), else the module and a number.
 */
function namePaths(graph: Graph, drafts: readonly Draft[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { module } of drafts) counts.set(module, (counts.get(module) ?? 0) + 1);
  const ordinals = new Map<string, number>();
  const used = new Set<string>();
  return drafts.map(({ module, branch }) => {
    const ordinal = (ordinals.get(module) ?? 0) + 1;
    ordinals.set(module, ordinal);
    const alone = counts.get(module) === 1 && module !== '';
    const layers = branch.filter((id) => isContraction(graph.nodes[id]!)).map((id) => graph.nodes[id]!.module);
    const worker = alone ? module : commonPath(layers);
    let path = relativePath(worker, module) !== '' && isWithin(worker, module) ? worker : module;
    if (path === module && ordinal > 1) path = `${module}#${ordinal}`;
    for (let number = 2; used.has(path); number++) path = `${worker}#${number}`;
    used.add(path);
    return path;
  });
}

function measurer(flow: DataFlow): (draft: Draft) => Counts {
  const { graph } = flow;
  const sizes = new Map(
    graph.parameters
      .filter((parameter) => !parameter.buffer)
      .map((parameter) => [parameter.value, parameterCount(graph, parameter)]),
  );
  return ({ module, head, branch, shortcut, tail, merge }) => {
    const ids = [...head, ...branch, ...shortcut, ...(merge ? [merge.id] : []), ...tail];
    const nodes = ids.map((id) => graph.nodes[id]!);
    const read = new Set(nodes.flatMap((node) => [...flow.parametersOf(node)]));
    const own = sumParams([...read].filter((value) => sizes.has(value)).map((value) => sizes.get(value)!));
    return {
      params: own.params,
      paramsAtLeast: own.paramsAtLeast || callsUnknownModule(graph, nodes, module),
      ...sumMacs(nodes.map((node) => nodeCost(graph, node).macs)),
    };
  };
}
