/** `skipscope compare`: what differs between two models, or two versions of one. */

import { extname } from 'node:path';
import { formatBytes } from '../view/label.ts';
import type { Network } from '../view/compare/comparison.ts';
import { compareDown } from '../view/compare/comparison.ts';
import type { Difference, Entry, Total } from '../view/compare/difference.ts';
import { describeTotal } from '../view/compare/difference.ts';
import { drawComparison } from '../view/picture.ts';
import { macsText, paramsText } from '../view/label.ts';
import { formatCount, formatMacs, paint, table } from './format.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { LOOK_OPTIONS, LOOK_USAGE, lookOf, PICTURES, writePicture } from './picture.ts';
import { openRevision } from './revision.ts';
import { MODEL_OPTIONS, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope compare A [B] [--model EXPR] [--model-b EXPR] [--input SPEC]... [--revision REV] [--json] [--out G.svg|G.png]

  A, B           two files, .py or .onnx; without B, two models of A
  --model EXPR   of A, and of B where --model-b says nothing else
  --input SPEC   of both
  --revision REV what A was in that revision of its Git repository, HEAD for example, against what B is now
  --out PATH     draw both in one picture, .svg or .png: what was added, removed and changed
${LOOK_USAGE}`;

const OWN_FLAGS = { json: { type: 'boolean' }, revision: { type: 'string' }, out: { type: 'string' } } as const;

export async function run(args: readonly string[]): Promise<number> {
  const flags = { ...MODEL_OPTIONS, ...LOOK_OPTIONS, 'model-b': { type: 'string' }, ...OWN_FLAGS } as const;
  const { values, positionals } = readArguments(args, flags);
  const [first, given, ...more] = positionals;
  if (first === undefined || more.length) throw new UsageError('compare takes one file or two.');
  const second = given ?? first;
  const other = values['model-b'] ?? values.model;
  const { revision, out } = values;
  if (out !== undefined && !PICTURES.includes(extname(out).toLowerCase()))
    throw new UsageError('--out takes a path that ends in .svg or .png.');
  const look = lookOf(values);
  if (second === first && other === values.model && revision === undefined)
    throw new UsageError('One file is compared with itself: say another model of it with --model-b.');
  const [a, b] = await withInterpreter(async (torch) => {
    const past = revision === undefined ? {} : { revision: await openRevision(first, revision) };
    const own = await loadGraph(torch, first, { ...loadOptions(values, false), ...past });
    const options = loadOptions({ ...values, model: other }, false);
    return [own, await loadGraph(torch, second, options)] as const;
  });
  const comparison = compareDown(sideOf(a), sideOf(b));
  const found = comparison.difference;
  console.log(values.json ? JSON.stringify(summarise(found, a, b), null, 2) : describe(found, a, b));
  if (out !== undefined) await writePicture(out, await drawComparison(comparison, look), look);
  return 0;
}

const sideOf = ({ graph, analysis: { blocks, cost } }: Loaded): Network => ({ graph, blocks, cost });

/** The totals are numbers, null where they are known in part. */
function summarise({ entries, params, macs, memory }: Difference, a: Loaded, b: Loaded) {
  const exact = (total: Total) => ({ a: total.a.exact, b: total.b.exact });
  return { a: a.model, b: b.model, entries, params: exact(params), macs: exact(macs), memory: exact(memory) };
}

const MARKS: Readonly<Record<Entry['kind'], string>> = {
  ...{ same: ' ', moved: '>', resized: '~', changed: '*', added: '+', removed: '-' },
};

function describe({ entries, params, macs, memory }: Difference, a: Loaded, b: Loaded): string {
  const same = entries.filter(({ kind }) => kind === 'same').length;
  const rows = entries
    .filter(({ kind }) => kind !== 'same')
    .map((entry) => {
      const unit = (entry.b ?? entry.a)!;
      const cost = [paramsText(unit, formatCount), macsText(unit, formatMacs)];
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
