/** Gates on skips, as in highway networks: y = F(x) + g(x)·x, with g a sigmoid or one minus a sigmoid. */

import type { Node, ValueId } from '../../ir/graph.ts';
import { isContraction } from '../roles.ts';
import { meanOf } from './initial.ts';
import type { Lint, LintContext } from './lint.ts';

/** Gates of one design; fewer are no stack of blocks, and the gates of a recurrent step are the same ones at each step. */
const FEW = 3;

/** Where a sigmoid is 0.88. */
const OPEN = 2;

interface Gate {
  readonly node: Node;
  /** The layer that computes what the sigmoid sees. */
  readonly layer: Node;
  /** Its mean at the start, with the sign that makes larger mean more open. */
  readonly start: number;
}

export const closedGate: Lint = {
  code: 'closed-gate',
  severity: 'warning',
  rule: `Gates on the skips of ${FEW} blocks or more do not start open.`,
  evidence:
    'He et al. 2016, table 1: ResNet-110 with gated skips has 12.86 % error with biases from 0, 6.91 % with biases that open the gates.',
  check: (context) => {
    const gates = context.graph.nodes.flatMap((node) => gateOf(context, node) ?? []);
    const closed = gates.filter(({ start }) => start < OPEN);
    if (new Set(closed.map(({ layer }) => layer.inputs[1])).size < FEW) return [];
    return closed.map(({ node, start }) => {
      const share = 1 / (1 + Math.exp(-start));
      return {
        node,
        message: `The gate on this skip starts at ${share.toPrecision(2)}: ${closed.length} such skips keep ${(share ** closed.length).toPrecision(2)} of signal and gradient. Start its bias so that the gate is open, at 6 or −6.`,
      };
    });
  },
};

/** The gate on an operand of an add, whose other operand is a branch from what the gate lets through. */
function gateOf(context: LintContext, add: Node): Gate | null {
  const { flow, node } = context;
  if (add.op !== 'Add') return null;
  const operands = flow.dataInputs(add);
  for (const skip of operands) {
    const product = flow.producer[skip];
    const branch = operands.find((operand) => operand !== skip);
    if (product?.op !== 'Mul' || branch === undefined) continue;
    const factors = flow.dataInputs(product);
    for (const x of factors) {
      const gate = factors.find((factor) => factor !== x);
      const sigmoid = gate === undefined ? null : sigmoidOf(context, gate);
      if (!sigmoid) continue;
      const comesFrom = (value: ValueId): boolean => flow.ancestorsAmong(value, [x]).has(x);
      if (!comesFrom(branch) || !comesFrom(sigmoid.input)) continue;
      if (!flow.between(x, branch).some((id) => isContraction(node(id)))) continue;
      const start = startOf(context, sigmoid.input);
      if (start) return { node: product, layer: start.layer, start: sigmoid.sign * start.mean };
    }
  }
  return null;
}

/** σ(z) or 1 − σ(z). */
function sigmoidOf(
  { graph, flow }: LintContext,
  gate: ValueId,
): { readonly input: ValueId; readonly sign: number } | null {
  const maker = flow.producer[gate];
  if (maker?.op === 'Sigmoid') return { input: maker.inputs[0]!, sign: 1 };
  if (maker?.op !== 'Sub') return null;
  const [one, other] = maker.inputs as [ValueId, ValueId];
  const from = flow.producer[other];
  const isOne = graph.values[one]!.data?.every((value) => value === 1) ?? false;
  return isOne && from?.op === 'Sigmoid' ? { input: from.inputs[0]!, sign: -1 } : null;
}

/** The layer before the sigmoid and the mean of its bias; null where either is not known. */
function startOf(
  { flow, initOf }: LintContext,
  value: ValueId,
): { readonly layer: Node; readonly mean: number } | null {
  const maker = flow.producer[value];
  if (!maker) return null;
  if (maker.op === 'Add') {
    const [layer] = flow.dataInputs(maker).map((input) => flow.producer[input]);
    const bias = maker.inputs.find((input) => input !== null && !flow.isData(input));
    const mean = meanOf(initOf(bias)?.init);
    return layer?.op === 'MatMul' && mean !== null ? { layer, mean } : null;
  }
  if (maker.op === 'MatMul') return { layer: maker, mean: 0 };
  if (maker.op !== 'Conv' && maker.op !== 'Gemm') return null;
  const bias = maker.inputs[2] ?? null;
  const mean = bias === null ? 0 : meanOf(initOf(bias)?.init);
  return mean === null ? null : { layer: maker, mean };
}
