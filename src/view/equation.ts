/** The equation of a residual block in the notation of He et al.: y = σ(F(x, {W}) + x). */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Outline } from './outline.ts';
import { opLabel } from './label.ts';

/** `y = ReLU(F(x, {W}) + Wₛ x)` and what F is, innermost first: `F = bn₂ ∘ …` is spelt by the operations themselves. */
export function equationOf(
  outline: Outline,
  block: ResidualBlock,
): { readonly equation: string; readonly branch: string } {
  const { index } = outline;
  const { graph } = index;
  const weighted = [...block.branch].some((id) =>
    graph.nodes[id]!.inputs.some(
      (input) => input !== null && !index.isData(input) && index.parametersOf(input).length > 0,
    ),
  );
  const branch = weighted ? 'F(x, {W})' : 'F(x)';
  const skip = block.skip === 'projection' ? 'Wₛ x' : block.shortcut.length ? 's(x)' : 'x';
  const merge = block.merge === null ? null : graph.nodes[block.merge]!.op;
  const sum =
    merge === null
      ? branch
      : merge === 'Concat'
        ? `[${skip}, ${branch}]`
        : merge === 'Mul'
          ? `${branch} · ${skip}`
          : `${branch} + ${skip}`;
  const tail = block.tail.map((id) => opLabel(index, graph.nodes[id]!));
  const right = tail.reduce((inner, name) => `${name}(${inner})`, sum);
  const steps = outline.items.get(`${block.path}/branch`)?.children.map((item) => item.label) ?? [];
  return { equation: `y = ${right}`, branch: steps.join(' → ') };
}
