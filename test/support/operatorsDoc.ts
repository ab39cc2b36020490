/** Renders docs/operators.md from the operator table. */

import type { AttrDef, OpDef } from '../../src/ops/op.ts';
import { OPS } from '../../src/ops/index.ts';

const HEAD = `# Operators

Every operator that Skipscope knows, with ONNX's names. "Gradient" says how the reverse pass treats it: by a rule of its
own, by the rules of what it expands into, or not at all. This page is generated: \`node scripts/operatorsDoc.mjs\`.

| Operator | Result | Attributes | Gradient |
| --- | --- | --- | --- |
`;

const attribute = ([name, { kind, default: value, required }]: [string, AttrDef]): string => {
  const shown = value === undefined ? (required ? ' (required)' : '') : ` = ${String(value) || "''"}`;
  return `\`${name}\`: ${kind}${shown}`;
};

const gradient = ({ vjp }: OpDef): string =>
  typeof vjp === 'function' ? 'rule' : vjp === 'expand' ? 'expansion' : 'none';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The whole page, operators in alphabetical order. */
export function renderOperators(): string {
  const rows = [...OPS.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((def) => {
      const attrs = Object.entries(def.attrs).map(attribute).join(', ');
      return `| ${[def.name, def.summary.replace(/\.?$/, '.'), attrs, gradient(def)].map(cell).join(' | ')} |`;
    });
  return `${HEAD}${rows.join('\n')}\n`;
}
