/** How the last factors of a branch start, and layers whose parameters do nothing. */

import type { Node } from '../../ir/graph.ts';
import { isContraction, isNorm } from '../roles.ts';
import { isConstant } from './initial.ts';
import type { AddBlock, Lint, LintContext } from './lint.ts';

/** The norm that ends the branch, and the layer right before it. */
function ending({ flow }: LintContext, { branchInput }: AddBlock): { norm: Node; layer: Node | null } | null {
  const norm = flow.producer[branchInput];
  if (!norm || norm.op !== 'BatchNormalization') return null;
  const layer = flow.producer[norm.inputs[0]!];
  return { norm, layer: layer && isContraction(layer) ? layer : null };
}

export const deadBranch: Lint = {
  code: 'dead-branch',
  severity: 'warning',
  rule: 'The last norm of a branch and the layer before it both start at zero.',
  evidence: 'Each one’s gradient is a product with the other: both are zero for ever, and the branch never learns.',
  check: (context) =>
    context.adds.flatMap((block) => {
      const end = ending(context, block);
      const [scale, weight] = [end?.norm.inputs[1], end?.layer?.inputs[1]].map((value) => context.initOf(value)?.init);
      if (!end || !isConstant(scale, 0) || !isConstant(weight, 0)) return [];
      const message =
        'The last norm’s scale and the layer before it both start at zero: neither ever gets a gradient. Start one of them as usual.';
      return [{ node: end.norm, message }];
    }),
};

export const gammaNotZero: Lint = {
  code: 'gamma-not-zero',
  severity: 'info',
  rule: 'The last batch norm of the branches does not start at zero.',
  evidence:
    'Goyal et al. 2017 (arXiv 1706.02677), and torchvision’s comment: starting at 0 gains 0.2 to 0.3 %, after slower first 100 steps.',
  check: (context) => {
    const found = context.adds.flatMap((block) => {
      const end = ending(context, block);
      return end && isConstant(context.initOf(end.norm.inputs[1])?.init, 1) ? [end.norm] : [];
    });
    if (found.length < 3) return [];
    return found.map((node) => ({
      node,
      message:
        'The last norm of the branch starts at 1. Started at 0, the block begins as an identity (nn.init.zeros_ on its weight).',
    }));
  },
};

export const biasBeforeNorm: Lint = {
  code: 'bias-before-norm',
  severity: 'info',
  rule: 'A layer with a bias is followed by batch norm.',
  evidence: 'Law 18: the norm subtracts the mean, so that the bias’ gradient is exactly 0.',
  check: ({ graph, flow, initOf }) =>
    graph.nodes.flatMap((node) => {
      if (node.op !== 'Conv' && node.op !== 'Gemm' && node.op !== 'ConvTranspose') return [];
      const readers = flow.consumers[node.outputs[0]!] ?? [];
      if (!initOf(node.inputs[2])) return [];
      if (readers.length !== 1 || readers[0]!.op !== 'BatchNormalization') return [];
      return [
        {
          node,
          message: 'The batch norm after this layer takes its bias out again: the bias never learns. Use bias=False.',
        },
      ];
    }),
};

export const plainProjection: Lint = {
  code: 'projection-without-norm',
  severity: 'info',
  rule: 'A projection on a post-activation block’s skip has no norm, while its branch ends with one.',
  evidence: 'Skip and branch then have different scales in the blocks that change the shape.',
  check: (context) =>
    context.adds.flatMap((block) => {
      if (block.skip !== 'projection' || block.kind !== 'post-activation' || !ending(context, block)) return [];
      const steps = block.shortcut.map(context.node);
      const layer = steps.find(isContraction);
      if (!layer || steps.some(isNorm)) return [];
      return [
        {
          node: layer,
          message: 'The projection has no norm, while the branch ends with one: the two have different scales.',
        },
      ];
    }),
};

const strideOf = (node: Node): number =>
  Math.max(1, ...(Array.isArray(node.attrs['strides']) ? node.attrs['strides'].map(Number) : []));
const kernelOf = (node: Node): number =>
  Math.max(1, ...(Array.isArray(node.attrs['kernel_shape']) ? node.attrs['kernel_shape'].map(Number) : []));

export const strideInPointwise: Lint = {
  code: 'stride-in-1x1',
  severity: 'info',
  rule: 'A bottleneck’s stride is in its 1×1 convolution, before a larger one.',
  evidence:
    'ResNet v1.5 moves it to the 3×3 convolution, which sees every position: +0.5 % top-1 for ResNet-50 (torchvision’s comment).',
  check: ({ adds, node }) =>
    adds.flatMap(({ branch }) => {
      const layers = branch.map(node).filter(({ op }) => op === 'Conv');
      const at = layers.findIndex((layer) => strideOf(layer) > 1);
      const strided = layers[at];
      if (!strided || kernelOf(strided) > 1 || !layers.slice(at + 1).some((layer) => kernelOf(layer) > 1)) return [];
      return [
        {
          node: strided,
          message: `The 1×1 convolution skips ${dropped(strideOf(strided))} of the positions. Put the stride in the larger convolution.`,
        },
      ];
    }),
};

export const stridedShortcut: Lint = {
  code: 'strided-shortcut',
  severity: 'info',
  rule: 'A projection is a 1×1 convolution with a stride.',
  evidence: 'It drops three of four positions; ResNet-D (He et al. 2019) pools the average first.',
  check: ({ adds, node }) =>
    adds.flatMap(({ shortcut, kind }) => {
      const layer = shortcut.map(node).find((step) => step.op === 'Conv' && kernelOf(step) === 1 && strideOf(step) > 1);
      // A pre-activation transition block that projects its normalised input is as it should be.
      if (!layer || kind === 'pre-activation') return [];
      return [
        {
          node: layer,
          message: `The projection skips ${dropped(strideOf(layer))} of the positions. An average pool before it uses them all (ResNet-D).`,
        },
      ];
    }),
};

const dropped = (stride: number): string => (stride === 2 ? 'three of four' : `all but one of ${stride ** 2}`);
