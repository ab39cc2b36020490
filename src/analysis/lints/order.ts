/** Where norms and activations stand relative to the add. */

import { isNorm } from '../roles.ts';
import type { Lint } from './lint.ts';

/** A few blocks of a kind make a design, one may be a head or a neck. */
const FEW = 3;

export const normAfterAdd: Lint = {
  code: 'norm-after-add',
  severity: 'warning',
  rule: 'Batch norm stands after the add, on the way from block to block.',
  evidence: 'He et al. 2016, table 2: ResNet-110 with batch norm after the add has 8.17 % error against 6.61 %.',
  check: ({ adds, node }) => {
    const found = adds.flatMap(({ tail }) =>
      tail
        .map(node)
        .filter(({ op }) => op === 'BatchNormalization')
        .slice(0, 1),
    );
    if (found.length < FEW) return [];
    return found.map((norm) => ({
      node: norm,
      message:
        'Batch norm after the add rescales the skip in every block, so that no signal passes as it is. Normalise on the branch.',
    }));
  },
};

/** Results are never negative. */
const ONE_SIDED = new Set(['Relu', 'Sigmoid', 'Softplus', 'HardSigmoid']);

export const activationBeforeAdd: Lint = {
  code: 'activation-before-add',
  severity: 'warning',
  rule: 'The branch ends with an activation that is never negative, right before the add: the stream can only grow.',
  evidence: 'He et al. 2016, table 2: ResNet-110 with ReLU at the end of the branch has 7.84 % error against 6.61 %.',
  check: ({ adds, flow }) => {
    const found = adds.flatMap(({ branchInput, skip }) => {
      const last = flow.producer[branchInput];
      return last && ONE_SIDED.has(last.op) && skip === 'identity' ? [last] : [];
    });
    if (found.length < FEW) return [];
    return found.map((node) => ({
      node,
      message: `${node.op === 'Relu' ? 'ReLU' : node.op} at the end of the branch: what is added is never negative, and the stream only grows. Put it before the last layer.`,
    }));
  },
};

/** The network of the evidence, ResNet-110, has so many blocks. */
const VERY_DEEP = 54;

export const postActivation: Lint = {
  code: 'post-activation',
  severity: 'info',
  rule: `The activation stands after the add (ResNet v1). A warning from ${VERY_DEEP} blocks.`,
  evidence: 'He et al. 2016, table 2: ResNet-110 has 6.61 % error, with pre-activation 6.37 %.',
  check: ({ adds, node }) => {
    const found = adds.filter(({ kind, skip }) => kind === 'post-activation' && skip === 'identity');
    if (found.length < FEW) return [];
    const severity = adds.length >= VERY_DEEP ? ('warning' as const) : ('info' as const);
    return found.map(({ merge }) => ({
      node: node(merge),
      severity,
      message: `The stream is rectified after each of ${adds.length} adds. Pre-activation, norm and activation before the layers, keeps it an identity.`,
    }));
  },
};

export const postNormDepth: Lint = {
  code: 'post-norm-depth',
  severity: 'warning',
  rule: 'Layer norm stands after the add in a transformer of more than 12 layers.',
  evidence:
    'Law 15, measured: the last MLP’s gradient keeps its size with depth after the add, and falls as depth^(−½) before it; without warm-up the former diverges.',
  check: ({ adds, node }) => {
    const found = adds.filter(
      ({ kind, tail }) => kind === 'transformer' && tail.some((id) => node(id).op === 'LayerNormalization'),
    );
    if (found.length <= 24) return [];
    return found.map(({ merge }) => ({
      node: node(merge),
      message: `Layer norm after each of ${found.length} adds: gradients near the output stay large at this depth, and training needs warm-up. Normalise on the branch.`,
    }));
  },
};

export const noFinalNorm: Lint = {
  code: 'no-final-norm',
  severity: 'warning',
  rule: 'The stream of a pre-activation network of four blocks or more reaches the last layer without a norm.',
  evidence:
    'Law 5: the stream’s variance grows by 0.68 in each block, so the last layer sees a scale that depends on depth.',
  check: ({ adds, flow, graph }) => {
    const last = adds.at(-1);
    const pre = adds.filter(
      ({ kind, branch }) =>
        (kind === 'pre-activation' || kind === 'transformer') && branch.some((id) => isNorm(graph.nodes[id]!)),
    );
    if (!last || pre.length < 4 || pre.at(-1) !== last || last.tail.some((id) => isNorm(graph.nodes[id]!))) return [];
    const seen = new Set<number>([last.output]);
    let reached: number | null = null;
    for (const node of graph.nodes.slice(last.merge + 1)) {
      if (!node.inputs.some((input) => input !== null && seen.has(input))) continue;
      if (isNorm(node)) return [];
      // Norms that are written out divide by what they computed themselves.
      if (node.op === 'Div' || node.op === 'Unknown' || node.op === 'Sqrt') return [];
      if (['Conv', 'MatMul', 'Gemm'].includes(node.op)) {
        if (flow.parametersOf(node).size === 0) return [];
        reached = node.id;
        break;
      }
      for (const output of node.outputs) seen.add(output);
    }
    if (reached === null) return [];
    const message = `The stream of ${pre.length} pre-activation blocks reaches this layer without a norm; its variance grows with depth. Put norm and activation after the last block.`;
    return [{ node: graph.nodes[reached]!, message }];
  },
};
