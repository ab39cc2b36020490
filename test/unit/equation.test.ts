/** The equation of a block, with F written out. */

import { expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { equationOf, equationText } from '../../src/view/equation.ts';
import { outlineOf } from '../../src/view/outline.ts';
import { preactGraph, resnetGraph, Sketch, transformerGraph } from '../support/networks.ts';

const lines = (graph: Graph, at: number): readonly string[] => {
  const blocks = findBlocks(graph);
  return equationText(equationOf(outlineOf(graph, blocks), blocks[at]!)).split('\n');
};

test('post-activation blocks read as in the paper', () => {
  const F = 'F(x, {W}) = BN(W₂ ∗ σ(BN(W₁ ∗ x)))';
  expect(lines(resnetGraph(), 0)).toEqual(['y = σ(F(x, {W}) + x)', F, 'σ = ReLU']);
  expect(lines(resnetGraph(), 2)).toEqual(['y = σ(F(x, {W}) + Wₛ x)', F, 'σ = ReLU']);
  expect(lines(resnetGraph({ shortcut: 'pad' }), 2)[0]).toBe('y = σ(F(x, {W}) + s(x))');
});

test('pre-activation blocks keep the sum bare', () => {
  expect(lines(preactGraph(), 0)).toEqual(['y = F(x, {W}) + x', 'F(x, {W}) = W₂ ∗ σ(BN(W₁ ∗ σ(BN(x))))', 'σ = ReLU']);
});

test('two layers with biases', () => {
  const net = new Sketch('TwoLayers');
  const x = net.input([4, 8]);
  const inner = net.op('Relu', [net.linear('fc1', x, 8, 8, true)]);
  const y = net.op('Add', [net.linear('fc2', inner, 8, 8, true), x]);
  const graph = net.builder.build('TwoLayers', [y], true);
  expect(lines(graph, 0)).toEqual(['y = F(x, {W}) + x', 'F(x, {W}) = W₂ σ(W₁x + b₁) + b₂', 'σ = ReLU']);
});

test('a transformer: the attention names what it uses twice, the MLP is two products', () => {
  const blocks = findBlocks(transformerGraph());
  expect(blocks.length).toBeGreaterThan(1);
  const [attention, mlp] = [lines(transformerGraph(), 0), lines(transformerGraph(), 1)];
  expect(attention).toMatchInlineSnapshot(`
    [
      "y = F(x, {W}) + x",
      "F(x, {W}) = W₂ softmax(h₁ h₂ᵀ / 2.83 + c) h₃ + b₂",
      "h = W₁ LN(x) + b₁",
    ]
  `);
  expect(mlp).toMatchInlineSnapshot(`
    [
      "y = F(x, {W}) + x",
      "F(x, {W}) = W₂ σ(W₁ LN(x) + b₁) + b₂",
      "σ = ReLU",
    ]
  `);
});
