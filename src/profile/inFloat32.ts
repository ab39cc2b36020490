/** A graph with all numbers that have a fraction in float32, in which profiles run. */

import type { Graph, InitSpec, Node, Value } from '../ir/graph.ts';
import { isFloat } from '../ir/type.ts';
import { dtypeOfOnnx, ONNX_DTYPE } from '../ops/dtype.ts';

const isOther = ({ type: { dtype } }: Value): boolean => isFloat(dtype) && dtype !== 'float32';

const converted = (value: Value): Value =>
  isOther(value) ? { ...value, type: { ...value.type, dtype: 'float32' } } : value;

type Operation = Pick<Node, 'op' | 'attrs'>;

/** Attributes that say what a node's result is in. */
const NAMED: Readonly<Record<string, string>> = { Cast: 'to', ConstantOfShape: 'dtype', EyeLike: 'dtype' };

const within = <N extends Operation>(node: N): N => {
  const name = NAMED[node.op];
  const given = name === undefined ? undefined : node.attrs[name];
  if (name === undefined || typeof given !== 'number' || !isFloat(dtypeOfOnnx(given) ?? 'int64')) return node;
  return { ...node, attrs: { ...node.attrs, [name]: ONNX_DTYPE.float32 } };
};

const drawn = (init: InitSpec): InitSpec => {
  if (init.kind !== 'computed') return init;
  const { values, nodes } = init.program;
  return { ...init, program: { ...init.program, values: values.map(converted), nodes: nodes.map(within) } };
};

/** The graph itself where nothing in it is of another format. */
export const inFloat32 = (graph: Graph): Graph =>
  graph.values.some(isOther)
    ? {
        ...graph,
        values: graph.values.map(converted),
        nodes: graph.nodes.map(within),
        parameters: graph.parameters.map((one) => ({ ...one, init: drawn(one.init) })),
      }
    : graph;
