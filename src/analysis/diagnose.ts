/** Turns what inference and the block search found into diagnostics at places in the source. */

import type { Diagnostic, Location, RelatedInformation, Severity } from '../ir/diagnostic.ts';
import { ownPlace } from '../ir/diagnostic.ts';
import type { Graph, ModuleInfo, Node, ValueId } from '../ir/graph.ts';
import type { Shape } from '../ir/type.ts';
import { formatShape, isStatic, sameShape } from '../ir/type.ts';
import { isConsequence } from './consequences.ts';
import type { DataFlow } from './dataFlow.ts';
import { dataFlow } from './dataFlow.ts';
import { layersOf } from './layerOf.ts';
import { explainMismatch } from './mismatch.ts';
import type { Mistake } from './mistakes.ts';
import { mistakes } from './mistakes.ts';
import type { ResidualBlock } from './types.ts';

const NOWHERE: Location = {
  file: '',
  range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
};

/** Of the places at which a mistake shows beside the first, so many are named. */
const MOST_PLACES = 5;

/**
 * At most one diagnostic for each range of the source; one that several blocks share says in how many more it occurs.
 * Nodes without a place in the source (ONNX files) get an empty range in the file ''.
 */
export function diagnose(graph: Graph, blocks: readonly ResidualBlock[]): readonly Diagnostic[] {
  const flow = dataFlow(graph);
  const blockOf = new Map(blocks.filter(({ merge }) => merge !== null).map((block) => [block.merge, block]));
  const layerOf = layersOf(flow);
  const failed = graph.nodes.filter((node) => node.problems.length > 0);
  const wrong = new Set(failed.filter((node) => !isConsequence(flow, node) && !isToldBefore(node, failed)));
  const shared = mistakes(flow, [...wrong]);
  for (const [first, { others }] of shared)
    for (const other of others) if (!isSamePlace(first, other)) wrong.delete(other);
  const found = graph.nodes.flatMap((node) => {
    const block = blockOf.get(node.id);
    const problems = wrong.has(node) ? problemsOf(flow, node, layerOf(node), block, shared.get(node)) : [];
    return [...problems, ...(block ? silentBroadcast(flow, node, block) : [])];
  });
  const first = new Map<string, { diagnostic: Diagnostic; count: number }>();
  for (const diagnostic of found) {
    const key = `${placeKey(diagnostic)} ${diagnostic.code}`;
    const known = first.get(key);
    if (known) known.count++;
    else first.set(key, { diagnostic, count: 1 });
  }
  return deduplicate([...first.values()].map(({ diagnostic, count }) => withCount(diagnostic, count - 1)));
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** One diagnostic for each source range: the gravest, and of those the first. */
export function deduplicate(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const kept = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const key = placeKey(diagnostic);
    const known = kept.get(key);
    if (!known || RANK[diagnostic.severity] < RANK[known.severity]) kept.set(key, diagnostic);
  }
  return [...kept.values()];
}

const placeKey = ({ file, range: { start, end } }: Location): string =>
  [file, start.line, start.character, end.line, end.character].join(':');

function withCount(diagnostic: Diagnostic, more: number): Diagnostic {
  if (more === 0) return diagnostic;
  const unit = diagnostic.code.startsWith('skip-') || diagnostic.code === 'silent-broadcast' ? 'block' : 'call';
  return { ...diagnostic, message: `${diagnostic.message} (And in ${more} more ${unit}${more > 1 ? 's' : ''}.)` };
}

/** Whether a node that no line of the source runs repeats what one does: the layers of a list that code has run one by one. */
const isToldBefore = (node: Node, failed: readonly Node[]): boolean => {
  if (node.frames.length > 0) return false;
  const told = node.problems.map(({ message }) => message).join();
  return failed.some(
    ({ frames, problems }) => frames.length > 0 && problems.map(({ message }) => message).join() === told,
  );
};

const isSamePlace = (a: Node, b: Node): boolean =>
  placeKey(ownPlace(a.frames) ?? NOWHERE) === placeKey(ownPlace(b.frames) ?? NOWHERE);

/** Other places at which a mistake shows, each once. */
const elsewhere = (node: Node, others: readonly Node[]): readonly RelatedInformation[] => {
  const places = new Map<string, RelatedInformation>();
  for (const other of others) {
    const place = ownPlace(other.frames);
    const { message } = other.problems[0]!;
    if (place && !isSamePlace(node, other) && !places.has(placeKey(place)))
      places.set(placeKey(place), { ...place, message });
  }
  return [...places.values()].slice(0, MOST_PLACES);
};

function problemsOf(
  flow: DataFlow,
  node: Node,
  layer: ModuleInfo | undefined,
  block: ResidualBlock | undefined,
  mistake: Mistake | undefined,
): Diagnostic[] {
  const place = ownPlace(node.frames) ?? (layer?.builtin ? layer.created : null) ?? NOWHERE;
  const inner = node.frames[0]?.external ? [{ ...node.frames[0], message: 'It is done here.' }] : [];
  const shared = mistake ? [...(mistake.cause ? [mistake.cause] : []), ...elsewhere(node, mistake.others)] : [];
  const explained = block ? explainMismatch(flow, block) : null;
  if (explained) {
    const related = [...inner, ...explained.related, ...shared];
    return [{ ...place, severity: 'error', code: 'skip-shape-mismatch', message: explained.message, related }];
  }
  const made = layer?.builtin && layer.created ? [{ ...layer.created, message: `${layer.path} is made here.` }] : [];
  const related = [...inner, ...made, ...shared];
  return node.problems.map(({ code, message }) => {
    const severity = code === 'unknown-operator' ? 'warning' : 'error';
    return { ...place, severity, code, message, related };
  });
}

const POOLS = new Set(['GlobalAveragePool', 'GlobalMaxPool', 'ReduceMean', 'ReduceSum', 'ReduceMax', 'AveragePool']);

const stretchesTo = (shape: readonly number[], output: readonly number[]): boolean =>
  shape.every((length, at) => length === 1 || length === output.at(at - shape.length));

/**
 * A residual add that repeats one operand to fit the other. An error, except where that operand was pooled on purpose
 * (a global context added to every position): then a warning, and nothing where it has no weights.
 */
function silentBroadcast(flow: DataFlow, node: Node, block: ResidualBlock): Diagnostic[] {
  const { skip, skipInput, branchInput, branch, shortcut } = block;
  if (skip === 'concat' || skipInput === null || branchInput === null || node.problems.length > 0) return [];
  const { values, nodes } = flow.graph;
  const [x, f] = [values[skipInput]!.type.shape, values[branchInput]!.type.shape];
  if (!isStatic(x) || !isStatic(f) || sameShape(x, f)) return [];
  const output = values[node.outputs[0]!]!.type.shape;
  // A guess of the input may not fit, which is no mistake of the user's, and then nothing is repeated.
  if (!isStatic(output) || ![x, f].every((shape) => stretchesTo(shape, output))) return [];
  const [ofSkip, ofBranch] = [repeated(x, output), repeated(f, output)];
  const stretched = [...(ofSkip.length > 0 ? shortcut : []), ...(ofBranch.length > 0 ? branch : [])];
  if (isStatistic(flow, stretched)) return [];
  const addedBack = [...(ofSkip.length > 0 ? [skipInput] : []), ...(ofBranch.length > 0 ? [branchInput] : [])];
  if (addedBack.some((value) => isTakenOff(flow, value))) return [];
  const sides = [...ofSkip.map((axes) => `${axes} of the skip`), ...ofBranch.map((axes) => `${axes} of the branch`)];
  const pooled = [...branch, ...shortcut].some((id) => POOLS.has(nodes[id]!.op));
  const operands = flow.dataInputs(node).map((operand) => formatShape(values[operand]!.type.shape));
  const message = `Skip connection: ${operands.join(' + ')} broadcasts to ${formatShape(output)}, which repeats ${sides.join(' and ')}.`;
  const place = ownPlace(node.frames) ?? NOWHERE;
  return [{ ...place, severity: pooled ? 'warning' : 'error', code: 'silent-broadcast', message, related: [] }];
}

/** Whether nodes pool without weights: a mean that is added back, as where a normalisation of the input is undone. */
function isStatistic({ graph: { nodes, parameters } }: DataFlow, ids: readonly number[]): boolean {
  const weights = new Set(parameters.map(({ value }) => value));
  const isWeighted = (id: number): boolean => nodes[id]!.inputs.some((input) => input !== null && weights.has(input));
  return ids.some((id) => POOLS.has(nodes[id]!.op)) && !ids.some(isWeighted);
}

/** Whether a value is taken off something larger, so that adding it back undoes that: the last step of a series, say. */
const isTakenOff = ({ graph: { values }, consumers }: DataFlow, value: ValueId): boolean =>
  consumers[value]!.some(({ op, inputs: [whole, part] }) => {
    if (op !== 'Sub' || part !== value || typeof whole !== 'number') return false;
    return !sameShape(values[whole]!.type.shape, values[value]!.type.shape);
  });

/** `axis 2, 3`, counted on the output, where the operand is stretched; empty when it is not. */
function repeated(operand: readonly number[], output: Shape): string[] {
  if (output === null) return [];
  const axes = output.flatMap((dim, axis) => {
    const own = operand[axis - (output.length - operand.length)] ?? 1;
    return own === dim ? [] : [axis];
  });
  return axes.length ? [`axis ${axes.join(', ')}`] : [];
}
