/** Variance of signal and gradient that follows from how a network is built and initialised. */

import type { Node } from '../../ir/graph.ts';
import { isActivation, isContraction, isNorm } from '../roles.ts';
import { fans, varianceOf } from './initial.ts';
import type { Lint, LintContext } from './lint.ts';

/** Variance that a layer gives its output for inputs of second moment 1; null when not known. */
function gainOf({ initOf }: LintContext, node: Node): { readonly forward: number; readonly backward: number } | null {
  if (node.op !== 'Conv' && node.op !== 'Gemm' && node.op !== 'MatMul') return null;
  const weight = initOf(node.inputs[1]);
  const variance = weight && varianceOf(weight.init);
  if (!weight || variance === null) return null;
  // Of [out, in] and [in, out], which is it that the node reads?
  const outFirst = node.op === 'Conv' || weight.transposed !== (node.op === 'Gemm' && node.attrs['transB'] === 1);
  const { in: fanIn, out: fanOut } = fans(outFirst ? weight.shape : [...weight.shape].reverse());
  return { forward: variance * fanIn, backward: variance * fanOut };
}

/** Blocks from which a doubled variance shows. */
const FEWEST_BLOCKS = 6;
/** Growth per block at the start from which depth alone makes it explode. */
const LOUD = 0.5;

export const unnormalisedBranches: Lint = {
  code: 'unnormalised-branches',
  severity: 'warning',
  rule: `Branches without norm and without scale whose initialisation gives them as much variance as the stream, in ${FEWEST_BLOCKS} blocks or more.`,
  evidence:
    'Law 7, measured 2.03: the variance doubles in each block. Law 8: with branches scaled by 1/√L it grows by e in all.',
  check: (context) => {
    const { adds, node, graph } = context;
    const gains = adds.map((block) => {
      const branch = block.branch.map(node);
      const layers = branch.filter(isContraction);
      const tail = block.tail.map(node);
      if (layers.length === 0 || [...branch, ...tail].some((step) => isNorm(step) || step.op === 'Unknown'))
        return null;
      // A product with a number or a parameter is a branch scale: SkipInit, ReZero, LayerScale, α.
      if (branch.some(({ op }) => op === 'Mul' || op === 'Div' || op === 'Sqrt')) return null;
      let gain = 1;
      let rectified = false;
      for (const step of branch) {
        if (step.op === 'Relu') rectified = true;
        else if (isActivation(step)) return null;
        if (!isContraction(step)) continue;
        const own = gainOf(context, step);
        if (!own) return null;
        gain *= own.forward * (rectified ? 0.5 : 1);
        rectified = false;
      }
      return gain;
    });
    const loud = gains.filter((gain) => gain !== null && gain >= LOUD) as number[];
    if (loud.length < FEWEST_BLOCKS || loud.length < adds.length / 2) return [];
    const total = loud.reduce((product, gain) => product * (1 + gain), 1);
    const growth = total >= 1e4 ? total.toExponential(0) : total.toFixed(0);
    return adds.flatMap(({ merge }, index) => {
      const gain = gains[index];
      if (gain === null || gain === undefined || gain < LOUD) return [];
      const message = `No norm and no scale on the branch: the variance grows ×${(1 + gain).toFixed(1)} in each block, ×${growth} over ${loud.length}. Scale branches by ${(1 / Math.sqrt(loud.length)).toPrecision(2)} (1/√L), or start them at 0 (SkipInit, ReZero, Fixup).`;
      return [{ node: graph.nodes[merge]!, message }];
    });
  },
};

/** VGG-19 and Inception v3, which train, have chains of up to 17. */
const LONGEST_CHAIN = 20;
const PER_LAYER = Math.PI / (Math.PI - 1);

/**
 * Length of the shortest chain of layers behind each value since the last skip; what `step` says of a node is added, null
 * begins anew.
 */
function chains({ graph, flow, blocks }: LintContext, step: (node: Node) => number | null): Float64Array {
  const merges = new Set(blocks.flatMap(({ merge, skip }) => (merge === null || skip === 'none' ? [] : [merge])));
  const length = new Float64Array(graph.values.length);
  for (const node of graph.nodes) {
    const inputs = flow.dataInputs(node);
    if (inputs.length === 0) continue;
    const own = step(node);
    const before = Math.min(...inputs.map((input) => length[input]!));
    for (const output of node.outputs) length[output] = own === null || merges.has(node.id) ? 0 : before + own;
  }
  return length;
}

export const longPlainChain: Lint = {
  code: 'long-plain-chain',
  severity: 'warning',
  rule: `More than ${LONGEST_CHAIN} layers with batch norm follow one another without a skip.`,
  evidence: 'Law 10, measured 1.460 to 1.465: E[g²] grows by π/(π − 1) = 1.467 in each layer toward the input.',
  check: (context) => {
    const { graph, flow } = context;
    const length = chains(context, (node) => {
      if (node.op !== 'BatchNormalization') return 0;
      const source = flow.producer[node.inputs[0]!];
      return source && isContraction(source) ? 1 : 0;
    });
    const longest = graph.nodes.reduce<Node | null>((best, node) => {
      const own = length[node.outputs[0]!] ?? 0;
      return own > (best ? length[best.outputs[0]!]! : LONGEST_CHAIN) ? node : best;
    }, null);
    if (!longest) return [];
    const layers = length[longest.outputs[0]!]!;
    const message = `${layers} layers with batch norm and no skip: E[g²] is predicted to grow ×${(PER_LAYER ** layers).toExponential(0)} toward the input (×1.467 a layer). It explodes, it does not vanish; skips mend it.`;
    return [{ node: longest, message }];
  },
};

/** AlexNet has 8 layers of this kind, and trains. */
const DEEPEST_DEFAULT = 10;

export const defaultInitDepth: Lint = {
  code: 'default-init-depth',
  severity: 'warning',
  rule: `More than ${DEEPEST_DEFAULT} layers with ReLU, no norm, no skip, and weights that start too small.`,
  evidence:
    'Law 3, measured 0.170: at PyTorch’s default initialisation E[g²] falls to a sixth in each layer toward the input.',
  check: (context) => {
    const { graph, flow } = context;
    const shrinks = (node: Node): boolean => {
      const gain = gainOf(context, node);
      const [reader] = flow.consumers[node.outputs[0]!] ?? [];
      return gain !== null && gain.backward / 2 < 0.5 && reader?.op === 'Relu';
    };
    const length = chains(context, (node) => (isNorm(node) ? null : shrinks(node) ? 1 : 0));
    const last = graph.nodes.findLast((node) => (length[node.outputs[0]!] ?? 0) > DEEPEST_DEFAULT && shrinks(node));
    if (!last) return [];
    const layers = length[last.outputs[0]!]!;
    const message = `${layers} layers with ReLU and no norm start with small weights (PyTorch's default): E[g²] falls to about a sixth in each, 6^−${layers} in all. Use kaiming_normal_ for ReLU.`;
    return [{ node: last, message }];
  },
};

export const sumAfterNorm: Lint = {
  code: 'sum-after-norm',
  severity: 'warning',
  rule: 'The output is the sum or mean of what a batch or layer norm makes.',
  evidence:
    'The gradient of such a sum is zero through the norm, whatever the network: a norm’s outputs sum to a constant.',
  check: ({ graph, flow }) =>
    graph.outputs.flatMap((output) => {
      const sum = flow.producer[output];
      if (!sum || !['ReduceSum', 'ReduceMean'].includes(sum.op) || graph.values[output]!.type.shape?.length !== 0)
        return [];
      const source = flow.producer[sum.inputs[0]!];
      if (source?.op !== 'BatchNormalization' && source?.op !== 'LayerNormalization') return [];
      if (source.op === 'BatchNormalization' && !graph.training) return [];
      return [
        {
          node: sum,
          message:
            'The sum of a norm’s outputs is a constant: its gradient is zero, and nothing before the norm learns.',
        },
      ];
    }),
};
