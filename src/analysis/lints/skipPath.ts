/** What stands on an identity skip and keeps the signal from passing as it is. */

import type { Node } from '../../ir/graph.ts';
import { isNorm } from '../roles.ts';
import { meanOf } from './initial.ts';
import type { AddBlock, Lint, LintContext } from './lint.ts';

export const dropoutOnSkip: Lint = {
  code: 'dropout-on-skip',
  severity: 'error',
  rule: 'A dropout stands on a skip connection.',
  evidence: 'He et al. 2016, table 1: a ResNet-110 with dropout on its skips fails to converge (more than 20 % error).',
  check: ({ adds, node }) =>
    adds.flatMap(({ shortcut }) =>
      shortcut
        .map(node)
        .filter(({ op }) => op === 'Dropout')
        .map((dropout) => ({
          node: dropout,
          message: 'Dropout on the skip: the identity is what must pass undisturbed. Put it on the branch.',
        })),
    ),
};

/** λ of a multiplication or division by a constant; null for any other node. */
function constantFactor({ graph, flow }: LintContext, id: number): number | null {
  const node = graph.nodes[id]!;
  if (node.op !== 'Mul' && node.op !== 'Div') return null;
  const data = node.inputs.flatMap((input) =>
    input === null || flow.isData(input) ? [] : [graph.values[input]!.data],
  );
  const [factor, ...more] = data[0] ?? [];
  if (data.length !== 1 || factor === undefined || more.length) return null;
  return node.op === 'Div' ? 1 / factor : factor;
}

/** Fewer blocks of a kind are no design. */
const FEW = 3;

export const scaledSkip: Lint = {
  code: 'scaled-skip',
  severity: 'error',
  rule: 'A skip is multiplied by a constant other than 1, in three or more blocks.',
  evidence:
    'He et al. 2016, table 1: ResNet-110 with skips scaled by 0.5 has 12.35 % error against 6.61 %: λ to the power of depth.',
  check: (context) => {
    const found = context.adds.flatMap(({ shortcut, skip }) =>
      skip !== 'identity'
        ? []
        : shortcut.flatMap((id) => {
            const factor = constantFactor(context, id);
            return factor === null || Math.abs(Math.abs(factor) - 1) < 1e-6 ? [] : [{ id, factor }];
          }),
    );
    if (found.length < FEW) return [];
    return found.map(({ id, factor }) => ({
      node: context.node(id),
      message: `The skip is scaled by ${Number(factor.toPrecision(3))}: over ${found.length} blocks the identity path keeps ${(Math.abs(factor) ** found.length).toPrecision(2)} of signal and gradient.`,
    }));
  },
};

/** What a skip carries that is neither the identity nor a positive factor, in words; null for one that passes the stream. */
function obstacle(context: LintContext, node: Node): string | null {
  const { flow, initOf } = context;
  if (node.op === 'Neg') return 'a negation';
  if (node.op === 'AveragePool' || node.op === 'MaxPool' || node.op === 'Resize') return 'pooling or resampling';
  if (isNorm(node)) return meanOf(initOf(node.inputs[1])?.init) === 0 ? 'a norm whose scale starts at 0' : null;
  if (node.op !== 'Mul' && node.op !== 'Div') return null;
  const weight = node.inputs.find((input) => input !== null && !flow.isData(input));
  const factor = constantFactor(context, node.id) ?? meanOf(initOf(weight)?.init);
  return factor !== null && factor <= 0 ? `a factor of ${factor}` : null;
}

export const blockedStage: Lint = {
  code: 'blocked-stage',
  severity: 'error',
  rule: `In a stage (${FEW} blocks or more of one shape, one after the other) no skip is an identity or a positive factor.`,
  evidence:
    'He et al. 2016, section 3: signal and gradient of a stage pass through the product of its skips, which must not vanish.',
  check: (context) =>
    stagesOf(context).flatMap((stage) => {
      const found = stage.map(({ shortcut, merge }) => {
        const what = shortcut.map((id) => obstacle(context, context.node(id))).find((one) => one !== null);
        return what === undefined ? null : { what, node: context.node(merge) };
      });
      if (found.includes(null)) return [];
      return found
        .filter((one) => one !== null)
        .map(({ what, node }) => ({
          node,
          message: `All ${stage.length} skips of this stage carry ${what}: nothing passes it as it came in. Leave the skips alone.`,
        }));
    }),
};

/** Runs of blocks that each begin where the one before ends, without a change of shape. */
function stagesOf({ adds, graph }: LintContext): readonly (readonly AddBlock[])[] {
  const shapeOf = (value: number): string => String(graph.values[value]!.type.shape);
  const stages: AddBlock[][] = [];
  for (const block of adds) {
    if (shapeOf(block.fork) !== shapeOf(block.output)) continue;
    const stage = stages.find((one) => one.at(-1)!.output === block.fork);
    if (stage) stage.push(block);
    else stages.push([block]);
  }
  return stages.filter(({ length }) => length >= FEW);
}

/** Blocks from which a deep network is spoken of here: the paper's ResNet-110 has 54. */
const DEEP = 30;

export const projectionEverywhere: Lint = {
  code: 'projection-everywhere',
  severity: 'warning',
  rule: `Every skip of a network of ${DEEP} blocks or more is a projection, where shapes would allow an identity.`,
  evidence: 'He et al. 2016, table 1: ResNet-110 with 1×1 convolutions on all skips has 12.22 % error against 6.61 %.',
  check: ({ adds, graph, node }) => {
    const shapeOf = (value: number): string => String(graph.values[value]!.type.shape);
    const needless = adds.filter(
      ({ skip, fork, skipInput }) => skip === 'projection' && shapeOf(fork) === shapeOf(skipInput),
    );
    if (adds.length < DEEP || adds.some(({ skip }) => skip === 'identity') || needless.length < adds.length / 2)
      return [];
    return needless.map(({ merge }) => ({
      node: node(merge),
      message: `All ${adds.length} skips are projections, ${needless.length} of them between equal shapes: the signal passes no identity. Project only where the shape changes.`,
    }));
  },
};
