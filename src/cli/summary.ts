/** `skipscope summary`: parameters, arithmetic and residual blocks of one model. */

import { formatShape } from '../ir/type.ts';
import { macsText, paramsText } from '../view/label.ts';
import { formatCount, formatDiagnostic, formatMacs, paint, table, thousands } from './format.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { MODEL_OPTIONS, onlyFile, readArguments } from './usage.ts';

export const usage = `skipscope summary FILE [--model EXPR] [--input SPEC]... [--train] [--json]

  --model EXPR   Python expression in the file's own namespace, for example ResNet18()
  --input SPEC   2x3x32x32, or int64:1x128:50257 for integers below a bound; once for each input
  --train        trace in training mode
  --json         print JSON`;

export async function run(args: readonly string[]): Promise<number> {
  const flags = { ...MODEL_OPTIONS, train: { type: 'boolean' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = readArguments(args, flags);
  const file = onlyFile(positionals);
  const options = loadOptions(values, values.train ?? false);
  const loaded = await withInterpreter((torch) => loadGraph(torch, file, options));
  console.log(values.json ? JSON.stringify(summarise(loaded), null, 2) : describe(loaded));
  return loaded.diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** The stable JSON of the command. */
export function summarise({ model, graph, analysis, diagnostics }: Loaded) {
  const typeOf = (id: number) => {
    const { dtype, shape } = graph.values[id]!.type;
    return { dtype, shape };
  };
  return {
    model,
    inputs: graph.inputs.map((id) => ({ name: graph.values[id]!.name, ...typeOf(id) })),
    outputs: graph.outputs.map(typeOf),
    params: analysis.cost.params,
    paramsAtLeast: analysis.cost.paramsAtLeast,
    macs: analysis.cost.macs,
    macsAtLeast: analysis.cost.macsAtLeast,
    blocks: analysis.blocks.map(({ path, kind, class: name, params, paramsAtLeast, macs, macsAtLeast, ...block }) => ({
      ...{ path, kind, class: name, params, paramsAtLeast, macs, macsAtLeast },
      ...{ outputShape: block.outputShape, skip: block.skip },
    })),
    diagnostics,
  };
}

function describe(loaded: Loaded): string {
  const { model, inputs, outputs, blocks, diagnostics, ...cost } = summarise(loaded);
  const type = ({ dtype, shape }: (typeof outputs)[number]): string => `${dtype} ${formatShape(shape)}`;
  const lines = [
    paint(model, 'bold'),
    `  input   ${inputs.map((input) => `${input.name ? `${input.name}: ` : ''}${type(input)}`).join(', ')}`,
    `  output  ${outputs.map(type).join(', ')}`,
    `  params  ${paramsText(cost, thousands)}`,
    `  macs    ${macsText(cost, formatMacs)} (1 MAC = 2 FLOPs)`,
  ];
  if (blocks.length) {
    const rows = blocks.map((block) => [
      ...[block.path || '(root)', block.class, block.kind, block.skip, formatShape(block.outputShape)],
      ...[paramsText(block, formatCount), macsText(block, formatMacs)],
    ]);
    lines.push('', table([['block', 'class', 'kind', 'skip', 'output', 'params', 'macs'], ...rows], [5, 6]));
  } else lines.push('', 'No residual blocks.');
  if (diagnostics.length) lines.push('', ...diagnostics.map(formatDiagnostic));
  return lines.join('\n');
}
