/** Parameters, arithmetic and activation memory of a graph and of its modules. */

import type { DType, TensorType } from '../ir/type.ts';
import { elementCount } from '../ir/type.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { isWithin, parameterCount } from '../ir/query.ts';
import { costOf } from '../ops/infer.ts';
import { ancestorsOf } from './modulePaths.ts';
import { isContraction } from './roles.ts';
import type { Counts, GraphCost, ModuleCost } from './types.ts';

const BYTES: Readonly<Record<DType, number>> = {
  ...{ float32: 4, float64: 8, float16: 2, bfloat16: 2, complex64: 8 },
  ...{ int64: 8, int32: 4, int16: 2, int8: 1, uint8: 1, bool: 1 },
};

/** Memory of one tensor; null when its shape is unknown. */
export const bytesOf = ({ dtype, shape }: TensorType): number | null => times(elementCount(shape), BYTES[dtype]);

/** Decompositions of matrices (determinants, inverses) are no products: PyTorch's counter counts none for them either. */
const isDecomposition = ({ origin }: Node): boolean => origin.startsWith('torch.linalg.');

/** Arithmetic of one node. MACs are null only where a layer's are unknown; other operators have none. */
export function nodeCost(graph: Graph, node: Node): { macs: number | null; flops: number | null } {
  const cost = costOf(graph, node);
  if (cost !== null && node.op !== 'Unknown') return { macs: cost.macs, flops: cost.flops };
  const multiplies = isContraction(node) && !isDecomposition(node) && node.attrs['products'] !== 0;
  return { macs: multiplies ? null : 0, flops: null };
}

/** Totals of the whole graph; of one that is partial, those of its products are what there is at least. */
export function measureCost(graph: Graph): GraphCost {
  const { params, paramsAtLeast, macs, macsAtLeast, flops } = costByModule(graph).get('')!;
  const known = graph.partial ? { macs: null, flops: null } : { macs, flops };
  return { params, paramsAtLeast, macsAtLeast, ...known };
}

const NOTHING: ModuleCost = {
  ...{ params: 0, paramsAtLeast: false, macs: 0, macsAtLeast: 0, flops: 0, activationBytes: 0 },
};

/** Totals of every module with all that lies below it, by path; '' is the whole graph. */
export function costByModule(graph: Graph): ReadonlyMap<string, ModuleCost> {
  const totals = new Map<string, { -readonly [Key in keyof ModuleCost]: ModuleCost[Key] }>();
  const total = (path: string) => {
    const known = totals.get(path) ?? { ...NOTHING };
    totals.set(path, known);
    return known;
  };
  for (const path of ['', ...graph.modules.map((module) => module.path)]) total(path);
  for (const parameter of graph.parameters) {
    const { name, buffer } = parameter;
    if (buffer) continue;
    const count = parameterCount(graph, parameter);
    for (const path of ancestorsOf(name.slice(0, Math.max(0, name.lastIndexOf('.'))))) {
      total(path).params += count ?? 0;
      if (count === null) total(path).paramsAtLeast = true;
    }
  }
  for (const unknown of graph.unknownModules ?? [])
    for (const path of ancestorsOf(unknown)) total(path).paramsAtLeast = true;
  for (const node of graph.nodes) {
    const { macs, flops } = nodeCost(graph, node);
    let bytes: number | null = 0;
    for (const output of node.outputs) {
      bytes = plus(bytes, bytesOf(graph.values[output]!.type));
    }
    for (const path of ancestorsOf(node.module)) {
      const sum = total(path);
      sum.macs = plus(sum.macs, macs);
      sum.macsAtLeast += macs ?? 0;
      sum.flops = plus(sum.flops, flops);
      sum.activationBytes = plus(sum.activationBytes, bytes);
    }
  }
  return totals;
}

/** The sum where all are known, and of those that are. */
export function sumMacs(macs: readonly (number | null)[]): Pick<Counts, 'macs' | 'macsAtLeast'> {
  const macsAtLeast = macs.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  return { macs: macs.includes(null) ? null : macsAtLeast, macsAtLeast };
}

/** @param sizes of parameters, none of them twice; null where one is not known */
export const sumParams = (sizes: readonly (number | null)[]): Pick<Counts, 'params' | 'paramsAtLeast'> => ({
  params: sizes.reduce<number>((sum, one) => sum + (one ?? 0), 0),
  paramsAtLeast: sizes.includes(null),
});

/** Whether nodes of a module or below it call a module that is not known, whose parameters are in no count. */
export const callsUnknownModule = ({ unknownModules }: Graph, nodes: readonly Node[], path: string): boolean =>
  nodes.some(({ op }) => op === 'Unknown') && (unknownModules ?? []).some((unknown) => isWithin(unknown, path));

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
const times = (a: number | null, b: number): number | null => (a === null ? null : a * b);
