/** First contents that a model's constructor computes (`torch.rand(8).log()`, a row set to zero): cut out of its record. */

import type { GraphBuilder } from '../../ir/builder.ts';
import type { InitProgram, InitSpec, Node, Parameter, Value, ValueId } from '../../ir/graph.ts';
import { elementCount } from '../../ir/type.ts';
import { OPS } from '../../ops/index.ts';

/** Larger tensors take too long to compute element by element. */
const MOST_ELEMENTS = 2 ** 22;

/**
 * How each parameter starts.
 *
 * @param computed by parameter, the value of the constructor that it starts with
 * @param unnamed leaves that are no parameters
 */
export function computedInits(
  builder: GraphBuilder,
  computed: ReadonlyMap<ValueId, ValueId>,
  unnamed: ReadonlyMap<ValueId, unknown>,
): (parameter: Parameter) => InitSpec {
  if (computed.size === 0) return ({ init }) => init;
  const makers = new Map(builder.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const leaves = new Map(builder.parameters.map((one) => [one.value, one]));
  // Two parameters that come from one draw must start from the same numbers.
  const names = new Map<ValueId, string>();
  return ({ name, value, init }) => {
    const source = computed.get(value);
    if (source === undefined) return init;
    const whole = leaves.get(source);
    if (whole) return whole.init;
    const nameOf = (leaf: Parameter): string => {
      const isOwn = !unnamed.has(leaf.value) || !/^tensor\d+$/.test(leaf.name);
      const known = names.get(leaf.value) ?? (isOwn ? leaf.name : `${name}/${names.size}`);
      names.set(leaf.value, known);
      return known;
    };
    const program = cutOut(builder, makers, leaves, source, nameOf);
    return program ? { kind: 'computed', program } : init;
  };
}

/** Null where something in it cannot be computed ahead. */
function cutOut(
  builder: GraphBuilder,
  makers: ReadonlyMap<ValueId, Node>,
  leaves: ReadonlyMap<ValueId, Parameter>,
  result: ValueId,
  nameOf: (leaf: Parameter) => string,
): InitProgram | null {
  const ids = new Map<ValueId, ValueId>();
  const values: Value[] = [];
  const nodes: InitProgram['nodes'][number][] = [];
  const starts: InitProgram['leaves'][number][] = [];
  const add = (value: ValueId): ValueId => {
    const id = ids.get(value) ?? values.length;
    if (!ids.has(value)) values.push({ ...builder.valueAt(value), id, name: '' });
    ids.set(value, id);
    return id;
  };
  const found = new Set<Node>();
  const pending = [result];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (ids.has(value)) continue;
    const { data, type } = builder.valueAt(value);
    if ((elementCount(type.shape) ?? Infinity) > MOST_ELEMENTS) return null;
    const id = add(value);
    if (data) continue;
    const maker = makers.get(value);
    const leaf = leaves.get(value);
    if (leaf) {
      // Of memory that nothing was written to yet (torch.empty), what is left unwritten may be anything.
      const init: InitSpec = leaf.init.kind === 'unknown' ? { kind: 'constant', value: 0 } : leaf.init;
      starts.push({ value: id, name: nameOf(leaf), init });
    } else if (!maker || !OPS.get(maker.op)?.fold || maker.problems.length) return null;
    else {
      found.add(maker);
      for (const input of maker.inputs) if (input !== null) pending.push(input);
    }
  }
  for (const { op, inputs, outputs, attrs } of [...found].sort((a, b) => a.id - b.id)) {
    nodes.push({
      op,
      inputs: inputs.map((input) => (input === null ? null : add(input))),
      outputs: outputs.map(add),
      attrs,
    });
  }
  return { values, nodes, leaves: starts, result: ids.get(result)! };
}
