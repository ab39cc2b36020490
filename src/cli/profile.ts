/** `skipscope profile`: gradient flow of one model, measured on onnxruntime's WASM backend. */

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Ablation, ResidualBlock } from '../analysis/types.ts';
import type { TorchInterpreter } from '../frontends/torch/interpreter.ts';
import type { InputSpec } from '../frontends/types.ts';
import { profile, ProfileRefusal } from '../profile/profile.ts';
import { releaseSessions } from '../profile/run.ts';
import { readSafetensors } from '../profile/safetensors.ts';
import type { ProfileReport, ProfileRun, TensorMap } from '../profile/types.ts';
import { formatNumber, paint, table } from './format.ts';
import type { Loaded, LoadOptions } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { capturePrinted } from './printed.ts';
import { Failure, MODEL_OPTIONS, onlyFile, positiveInteger, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope profile FILE [--model EXPR] [--input SPEC]... [--batch N] [--seeds N] [--weights W.safetensors]
                  [--data B.safetensors] [--ablate plain|identity|scaled:L|lesion:BLOCK] [--json]

  --batch N      samples in a batch; 32 where that is affordable, else fewer
  --seeds N      draws of the initial weights that are averaged; 5 unless the network is big
  --weights      weights by parameter name, instead of drawing them
  --data         'input' and, for cross-entropy, the labels 'target' (int64)
  --ablate       measure the network with its skips changed as well, on the same weights and data`;

/** Multiply-accumulates of one forward pass that a profile should not exceed by itself. */
const BUDGET = 2e9;
const MOST_THREADS = 8;

const FLAGS = {
  ...MODEL_OPTIONS,
  batch: { type: 'string' },
  seeds: { type: 'string' },
  weights: { type: 'string' },
  data: { type: 'string' },
  ablate: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS);
  const file = onlyFile(positionals);
  const batch = values.batch === undefined ? null : positiveInteger(values.batch, 'batch');
  const wishedSeeds = values.seeds === undefined ? null : positiveInteger(values.seeds, 'seeds');
  const ablation = values.ablate === undefined ? null : parseAblation(values.ablate);
  const weights = values.weights === undefined ? null : await readTensors(values.weights);
  const data = values.data === undefined ? null : await readTensors(values.data);
  const loaded = await withInterpreter((torch) => loadAtBatch(torch, file, loadOptions(values, true), batch, data));
  const errors = loaded.diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length) throw new Failure(errors.map(({ message }) => message).join('\n'));
  const { graph, analysis, inputs } = loaded;
  if (ablation?.kind === 'lesion') requireBlock(analysis.blocks, ablation.block);
  const rows = inputs[0]?.shape[0] ?? 1;
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = Math.min(MOST_THREADS, availableParallelism());
  const options = {
    gradients: true,
    seeds: wishedSeeds ?? (rows >= 32 ? 5 : 1),
    loss: data?.has('target') ? 'given-labels' : 'random-labels',
    ...(ablation && { ablations: [ablation] }),
  } as const;
  try {
    const onProgress = (text: string, fraction: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${Math.round(100 * fraction)} % ${text}`);
    };
    const report = await profile(graph, analysis.blocks, options, {
      ...{
        ort,
        provider: 'wasm',
        device: `CPU, ${ort.env.wasm.numThreads} threads`,
        onProgress,
        capture: capturePrinted,
      },
      ...(weights && { weights }),
      ...(data && { data }),
    });
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    const named = { ...report, model: loaded.model };
    console.log(values.json ? JSON.stringify(named, null, 2) : describe(named));
    return 0;
  } catch (error) {
    if (error instanceof ProfileRefusal) throw new Failure(error.reasons.join('\n'));
    throw weights || data ? new Failure((error as Error).message) : error;
  } finally {
    await releaseSessions(ort);
  }
}

/** Reads `plain`, `identity`, `scaled:0.5` or `lesion:layer1.0`. */
export function parseAblation(text: string): Ablation {
  if (text === 'plain' || text === 'identity') return { kind: text };
  const [kind, rest] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  if (kind === 'scaled' && rest !== '' && Number.isFinite(Number(rest))) return { kind, factor: Number(rest) };
  if (kind === 'lesion') return { kind, block: rest };
  throw new UsageError(`--ablate takes plain, identity, scaled:L or lesion:BLOCK, not '${text}'.`);
}

function requireBlock(blocks: readonly ResidualBlock[], path: string): void {
  const additive = blocks.filter(({ merge, skip }) => merge !== null && skip !== 'concat').map((block) => block.path);
  if (!additive.includes(path))
    throw new UsageError(`There is no residual block '${path}'. There are ${additive.join(', ') || 'none'}.`);
}

async function readTensors(path: string): Promise<TensorMap> {
  const bytes = await readFile(path).catch(() => {
    throw new UsageError(`${path} cannot be read.`);
  });
  try {
    return readSafetensors(bytes);
  } catch (error) {
    throw new Failure(`${path}: ${(error as Error).message}`);
  }
}

/** Traces with the shapes of the data file, or with the batch that was asked for or is affordable. */
async function loadAtBatch(
  torch: TorchInterpreter,
  file: string,
  options: LoadOptions,
  batch: number | null,
  data: TensorMap | null,
): Promise<Loaded> {
  const first = await loadGraph(torch, file, options);
  const single = first.inputs.length === 1;
  const given = first.graph.inputs.map(
    (id) => data?.get(first.graph.values[id]!.name) ?? (single ? data?.get('input') : undefined),
  );
  if (data && given.some((tensor) => tensor === undefined))
    throw new Failure(`The data file holds no tensor for each input; its tensors are ${[...data.keys()].join(', ')}.`);
  const rows = batch ?? (options.inputs ? null : affordableBatch(first));
  const inputs = first.inputs.map((spec, index): InputSpec => {
    const shape = given[index]?.shape ?? (rows === null ? spec.shape : [rows, ...spec.shape.slice(1)]);
    return { ...spec, shape };
  });
  const same = inputs.every(({ shape }, index) => shape.join() === first.inputs[index]!.shape.join());
  return same ? first : loadGraph(torch, file, { ...options, inputs });
}

/** 32 samples, or fewer for a big network; never one, since batch statistics need more. */
function affordableBatch({ analysis, inputs }: Loaded): number {
  const perSample = (analysis.cost.macs ?? 0) / (inputs[0]?.shape[0] ?? 1);
  let rows = 32;
  while (rows > 2 && rows * perSample > BUDGET) rows /= 2;
  return rows;
}

function describe(report: ProfileReport & { model: string }): string {
  const { backend, precision, mode, batch, seeds, lossKind, passMs, loss } = report;
  const lines = [
    paint(report.model, 'bold'),
    `  backend  ${backend.provider} (${backend.device}), ${precision}, ${mode} mode`,
    `  batch    ${batch}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, ${lossKind}`,
    `  loss     ${formatNumber(loss)}`,
    `  pass     ${passMs.toFixed(1)} ms forward and backward`,
    '',
    blockTable(report),
    '',
    parameterTable(report),
  ];
  if (report.ablation) {
    const { kind, paramsChange } = report.ablation;
    const change = paramsChange === 0 ? 'same parameters' : `${paramsChange} parameters`;
    lines.push('', paint(`With ${kind} skips (${change}), loss ${formatNumber(report.ablation.loss)}`, 'bold'));
    lines.push('', blockTable(report.ablation), '', parameterTable(report.ablation));
  }
  return lines.join('\n');
}

function blockTable({ blocks }: ProfileRun): string {
  if (blocks.length === 0) return 'No residual blocks.';
  const head = ['block', 'forward ms', 'E[x²]', '|grad|', 'branch ratio', 'skip |grad|', 'branch |grad|', 'cosine'];
  const rows = blocks.map((block) => [
    block.path || '(root)',
    ...[block.forwardMs, block.activation.secondMoment, block.gradient?.l2 ?? null, block.branchRatio].map(
      formatNumber,
    ),
    ...[block.skipGradNorm, block.branchGradNorm, block.cosine].map(formatNumber),
  ]);
  return table([head, ...rows], [1, 2, 3, 4, 5, 6, 7]);
}

function parameterTable({ parameters }: ProfileRun): string {
  const rows = Object.entries(parameters).map(([name, { gradNorm, weightNorm }]) => [
    ...[name, formatNumber(gradNorm), formatNumber(weightNorm)],
  ]);
  return table([['parameter', '|grad|', '|weight|'], ...rows], [1, 2]);
}
