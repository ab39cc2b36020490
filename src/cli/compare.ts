/** `skipscope compare`: what differs between two models, or two versions of one. */

import { formatBytes } from '../view/label.ts';
import type { Difference, Entry, Side } from '../view/compare/difference.ts';
import { compareNetworks, describeTotal } from '../view/compare/difference.ts';
import { outlineOf } from '../view/outline.ts';
import { formatCount, formatMacs, paint, table } from './format.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { MODEL_OPTIONS, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope compare A [B] [--model EXPR] [--model-b EXPR] [--input SPEC]... [--json]

  A, B           two files, .py or .onnx; without B, two models of A
  --model EXPR   of A, and of B where --model-b says nothing else
  --input SPEC   of both`;

export async function run(args: readonly string[]): Promise<number> {
  const flags = { ...MODEL_OPTIONS, 'model-b': { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = readArguments(args, flags);
  const [first, given, ...more] = positionals;
  if (first === undefined || more.length) throw new UsageError('compare takes one file or two.');
  const second = given ?? first;
  const other = values['model-b'] ?? values.model;
  if (second === first && other === values.model)
    throw new UsageError('One file is compared with itself: say another model of it with --model-b.');
  const [a, b] = await withInterpreter(async (torch) => {
    const own = await loadGraph(torch, first, loadOptions(values, false));
    const options = loadOptions({ ...values, model: other }, false);
    return [own, await loadGraph(torch, second, options)] as const;
  });
  const found = compareNetworks(sideOf(a), sideOf(b));
  console.log(values.json ? JSON.stringify({ a: a.model, b: b.model, ...found }, null, 2) : describe(found, a, b));
  return 0;
}

const sideOf = ({ graph, analysis: { blocks, cost } }: Loaded): Side => ({
  ...{ graph, blocks, cost },
  outline: outlineOf(graph, blocks),
});

const MARKS: Readonly<Record<Entry['kind'], string>> = {
  ...{ same: ' ', moved: '>', resized: '~', changed: '*', added: '+', removed: '-' },
};

function describe({ entries, params, macs, memory }: Difference, a: Loaded, b: Loaded): string {
  const same = entries.filter(({ kind }) => kind === 'same').length;
  const rows = entries
    .filter(({ kind }) => kind !== 'same')
    .map((entry) => {
      const unit = (entry.b ?? entry.a)!;
      const cost = [formatCount(unit.params), formatMacs(unit.macs)];
      const text = entry.changes.join('; ') || `${unit.class}: ${cost[0]} params, ${cost[1]}`;
      return [MARKS[entry.kind], entry.kind, unit.path || '(root)', text];
    });
  const lines = [
    paint(`${a.model} → ${b.model}`, 'bold'),
    `  params       ${describeTotal(params, formatCount)}`,
    `  macs         ${describeTotal(macs, formatMacs)}`,
    `  activations  ${describeTotal(memory, formatBytes)} at their peak`,
    `  the same     ${same} of ${entries.length} blocks and layers`,
  ];
  return rows.length ? [...lines, '', table(rows, [])].join('\n') : lines.join('\n');
}
