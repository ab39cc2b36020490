/** The finished graph: without what nothing reads, which is constants that were folded, and values of the constructor. */

import type { GraphBuilder } from '../../ir/builder.ts';
import type { Graph, ModuleInfo, Node, Parameter, Value, ValueId } from '../../ir/graph.ts';
import type { Leaves } from './leaves.ts';
import type { Locate } from './nodeFrames.ts';
import type { SourceText } from './sourceText.ts';

/** What the interpreter says of a module: path, class, builtin, frame of its constructor call, class statement. */
export type ModuleRow = readonly [string, string, boolean, number, readonly [string, number, string] | null];

/** What an attempt has recorded. */
export interface Recorded {
  readonly builder: GraphBuilder;
  readonly leaves: Leaves;
  readonly modules: readonly ModuleRow[];
  /** Places in `modules` of what only holds others. */
  readonly containers: ReadonlySet<number>;
  /** Paths of modules that are not known. */
  readonly unknownModules: readonly string[];
  /** Nodes made before the forward pass. */
  readonly forwardFrom: number;
}

export function finishGraph(
  { builder, leaves, forwardFrom, ...recorded }: Recorded,
  about: { readonly name: string; readonly training: boolean; readonly outputs: readonly ValueId[] },
  source: SourceText,
  locate: Locate,
): Graph {
  const paths = new Set(recorded.modules.map((row) => row[0]));
  const { kept, needed } = keptNodes(builder, about.outputs, forwardFrom);
  const parameters = leaves.parametersOf(needed);
  const inits = leaves.inits();
  const alive = new Set<ValueId>([...builder.inputs, ...parameters.map((one) => one.value), ...about.outputs]);
  for (const node of kept) for (const id of [...node.inputs, ...node.outputs]) if (id !== null) alive.add(id);
  const ids = new Map<ValueId, ValueId>([...alive].sort((a, b) => a - b).map((id, index) => [id, index]));
  const to = (id: ValueId): ValueId => ids.get(id)!;
  const values: Value[] = [...ids].map(([old, id]) => ({ ...builder.values[old]!, id }));
  const nodes = kept.map((node, id): Node => ({
    ...node,
    id,
    inputs: node.inputs.map((input) => (input === null ? null : to(input))),
    outputs: node.outputs.map(to),
    module: paths.has(node.module) ? node.module : '',
  }));
  const modules = recorded.modules.map(([path, cls, builtin, created, defined], at): ModuleInfo => ({
    path,
    class: cls,
    builtin,
    created: locate(created) ?? null,
    defined: defined ? source.locateName(...defined) : null,
    ...(recorded.containers.has(at) && { holds: true }),
  }));
  return {
    name: about.name,
    values,
    nodes,
    inputs: builder.inputs.map(to),
    outputs: about.outputs.map(to),
    parameters: parameters.map((one): Parameter => ({ ...one, value: to(one.value), init: inits(one) })),
    modules,
    training: about.training,
    ...(recorded.unknownModules.length > 0 && { unknownModules: recorded.unknownModules }),
  };
}

/** Nodes of the graph in their order, and the values that they read. */
function keptNodes(
  { nodes, values }: GraphBuilder,
  outputs: readonly ValueId[],
  forwardFrom: number,
): { readonly kept: readonly Node[]; readonly needed: ReadonlySet<ValueId> } {
  const needed = new Set<ValueId>(outputs);
  const kept: Node[] = [];
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index]!;
    const isRight = node.problems.length === 0;
    if (isRight && node.outputs.every((output) => values[output]?.data !== undefined)) continue;
    const used = node.outputs.some((output) => needed.has(output));
    if (!used && (index < forwardFrom || MOVEMENTS.has(node.op)) && isRight) continue;
    for (const input of node.inputs) if (input !== null) needed.add(input);
    kept.push(node);
  }
  return { kept: kept.reverse(), needed };
}

/** What changes nothing where nothing reads it. */
const MOVEMENTS: ReadonlySet<string> = new Set(
  'Reshape Transpose Slice Squeeze Unsqueeze Identity Detach Expand Concat Flatten Split Cast'.split(' '),
);
