/** An in-place add that overwrites what autograd has kept for the reverse pass. */

import type { Node } from '../../ir/graph.ts';
import type { Lint } from './lint.ts';

/** PyTorch keeps the result of these for their gradient, and the input of those. */
const KEEP_RESULT = new Set(['Relu', 'Sigmoid', 'Tanh', 'Softmax', 'LogSoftmax', 'Exp', 'Sqrt', 'Reciprocal']);
const KEEP_INPUT = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'LayerNormalization', 'GroupNormalization'],
  ...['InstanceNormalization', 'Gelu', 'Elu', 'LeakyRelu', 'Clip', 'Mul'],
]);

export const inPlaceAdd: Lint = {
  code: 'in-place-add',
  severity: 'error',
  rule: 'An in-place add (`o += x`) overwrites a tensor that autograd has kept, so that `backward()` raises an error.',
  evidence: 'Reproduced in PyTorch; pytorch/vision #807. After a convolution or a batch norm the same add is fine.',
  check: ({ graph, flow }) =>
    graph.nodes.flatMap((node) => {
      const target = node.inputs[0];
      if (node.op !== 'Add' || !node.inPlace || target === null || target === undefined || !flow.isData(target))
        return [];
      const maker = flow.producer[target];
      const reads = (other: Node): boolean =>
        other !== node && other.id < node.id && KEEP_INPUT.has(other.op) && other.inputs.includes(target);
      const reader = flow.consumers[target]!.find(reads);
      const learns = (other: Node): boolean => flow.parametersOf(other).size > 0 || other.op !== 'Mul';
      if (maker && KEEP_RESULT.has(maker.op)) {
        const message = `The add overwrites the result of ${nameOf(maker)} in place, which its gradient needs: backward() raises. Write it out of place.`;
        return [{ node, message }];
      }
      if (!reader || !learns(reader)) return [];
      const message = `The add overwrites the input of ${nameOf(reader)} in place, which its gradient needs: backward() raises. Write it out of place.`;
      return [{ node, message }];
    }),
};

const nameOf = ({ origin, op, module }: Node): string => module.split('.').at(-1) || origin.split('.').at(-1) || op;
