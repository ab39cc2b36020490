/** The equation of a residual block in the notation of He et al.: y = σ(F(x, {W}) + x), and F written out. */

import type { ResidualBlock } from '../analysis/types.ts';
import { isActivation, writeFormula } from './formula.ts';
import { opLabel } from './label.ts';
import type { Outline } from './outline.ts';

export interface Equation {
  /** `y = σ(F(x, {W}) + x)`. */
  readonly equation: string;
  /** `F(x, {W}) = BN(W₂ ∗ σ(BN(W₁ ∗ x)))`; where that would be too long, the operations in order: `conv 3×3, 64 → …`. */
  readonly branch: string;
  /** What the letters stand for: `h = LN(x)`, `σ = ReLU`. */
  readonly where: readonly string[];
}

export function equationOf(outline: Outline, block: ResidualBlock): Equation {
  const { index } = outline;
  const { graph } = index;
  const nodes = [...block.branch, ...block.tail].map((id) => graph.nodes[id]!);
  const weighted = block.branch.some((id) =>
    graph.nodes[id]!.inputs.some(
      (input) => input !== null && !index.isData(input) && index.parametersOf(input).length > 0,
    ),
  );
  // One activation throughout the block is He's σ; several keep their names.
  const activations = new Set(nodes.filter(isActivation).map((node) => opLabel(index, node)));
  const sigma = activations.size === 1 ? [...activations][0]! : null;
  const branch = weighted ? 'F(x, {W})' : 'F(x)';
  const skip = block.skip === 'projection' ? 'Wₛ x' : block.shortcut.length ? 's(x)' : 'x';
  const merge = block.merge === null ? null : graph.nodes[block.merge]!.op;
  const sum =
    merge === null
      ? branch
      : merge === 'Concat'
        ? `[${skip}, ${branch}]`
        : merge === 'Mul'
          ? `${branch} ⊙ ${skip}`
          : `${branch} + ${skip}`;
  const tail = block.tail.map((id) => opLabel(index, graph.nodes[id]!));
  const right = tail.reduce((inner, name) => `${name === sigma ? 'σ' : name}(${inner})`, sum);

  const result = block.branchInput ?? block.output;
  const names = new Map([[block.fork, 'x']]);
  const inside = new Set(block.branch);
  const written = writeFormula(result, { index, inside, names, sigma });
  const steps = outline.items.get(`${block.path}/branch`)?.children.map((item) => item.label) ?? [];
  const isTrivial = written === null || written.text === 'x';
  return {
    equation: `y = ${right}`,
    branch: isTrivial ? steps.join(' → ') : `${branch} = ${written.text}`,
    where: [...(isTrivial ? [] : written.where), ...(sigma === null ? [] : [`σ = ${sigma}`])],
  };
}

/** The equation as lines of text, to be copied. */
export const equationText = ({ equation, branch, where }: Equation): string =>
  [equation, ...(branch ? [branch] : []), ...where].join('\n');
