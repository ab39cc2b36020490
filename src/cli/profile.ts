/** `skipscope profile`: gradient flow of one model, measured on onnxruntime's WASM backend. */

import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { Ablation, ResidualBlock } from '../analysis/types.ts';
import type { TorchInterpreter } from '../frontends/torch/interpreter.ts';
import type { InputSpec } from '../frontends/types.ts';
import { affordableBatch, affordableSeeds } from '../profile/effort.ts';
import { captureWrites } from '../profile/printed.ts';
import { processMemory } from '../profile/processMemory.ts';
import { profile, ProfileRefusal } from '../profile/profile.ts';
import { releaseSessions } from '../profile/run.ts';
import { parseAblation } from '../profile/spelling.ts';
import { compareReports } from '../profile/compare.ts';
import { DEEP_MEASURES } from '../profile/types.ts';
import type { DeepMeasure, ProfileOptions, ProfileReport, TensorMap } from '../profile/types.ts';
import type { Loaded, LoadOptions } from './load.ts';
import { loadGraph, loadOptions, shortenPath, withInterpreter } from './load.ts';
import { describe, describeDifference } from './profileText.ts';
import { readData, readWeights } from './tensorFiles.ts';
import { Failure, MODEL_OPTIONS, onlyFile, positiveInteger, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope profile FILE [--model EXPR] [--input SPEC]... [--batch N] [--seeds N] [--weights W]
                  [--data B.safetensors] [--ablate ABLATION]... [--against FILE|EXPR] [--eval] [--metrics]
                  [--deep paths|shattering|jacobian|all]... [--json]

  --batch N      samples in a batch; 32 where that is affordable, else fewer
  --seeds N      draws of the initial weights that are averaged; 5 unless the network is big
  --weights      a .safetensors file or a PyTorch checkpoint (.pt, .pth), instead of drawing the weights
  --data         'input' and, for cross-entropy, the labels 'target' (int64)
  --ablate       measure the network with its skips changed as well, on the same weights and data: plain, identity,
                 scaled:L, scale-matched, or lesion:BLOCK; @BLOCK behind it changes that block alone (plain@layer1.0)
  --against      measure another file, or another model of this one, and print what differs
  --eval         evaluation mode, with the running statistics of batch norms taken from the batch
  --metrics      print every figure of each block, the parameters and the operators
  --deep         costly: the gradient by path length, how alike the gradients of samples are, the stream's Jacobian`;

const MOST_THREADS = 8;

const FLAGS = {
  ...MODEL_OPTIONS,
  batch: { type: 'string' },
  seeds: { type: 'string' },
  weights: { type: 'string' },
  data: { type: 'string' },
  ablate: { type: 'string', multiple: true },
  against: { type: 'string' },
  eval: { type: 'boolean' },
  metrics: { type: 'boolean' },
  deep: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS);
  const file = onlyFile(positionals);
  const batch = values.batch === undefined ? null : positiveInteger(values.batch, 'batch');
  const wishedSeeds = values.seeds === undefined ? null : positiveInteger(values.seeds, 'seeds');
  const ablations = (values.ablate ?? []).map(readAblation);
  const deep = (values.deep ?? []).flatMap(parseDeep);
  const weights = values.weights === undefined ? null : await readWeights(values.weights);
  const data = values.data === undefined ? null : await readData(values.data);
  const training = values.eval !== true;
  const { loaded, other } = await withInterpreter(async (torch) => {
    const own = await loadAtBatch(torch, file, { ...loadOptions(values, training), weights: true }, batch, data);
    return {
      loaded: own,
      other: values.against === undefined ? null : await loadOther(torch, file, values.against, own),
    };
  });
  for (const { diagnostics } of [loaded, ...(other ? [other] : [])]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    if (errors.length) throw new Failure(errors.map(({ message }) => message).join('\n'));
  }
  const { analysis, inputs } = loaded;
  for (const ablation of ablations) {
    const block = ablation.kind === 'lesion' ? ablation.block : ablation.at;
    if (block !== undefined) requireBlock(analysis.blocks, block);
  }
  const rows = inputs[0]?.shape[0] ?? 1;
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = Math.min(MOST_THREADS, availableParallelism());
  const options: ProfileOptions = {
    gradients: true,
    calibrate: !training,
    seeds: wishedSeeds ?? affordableSeeds(rows),
    loss: data?.has('target') ? 'given-labels' : 'random-labels',
    ablations,
    deep,
  };
  try {
    const onProgress = (text: string, fraction: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${Math.round(100 * fraction)} % ${text}`);
    };
    const measure = async (which: Loaded, more: Partial<ProfileOptions> = {}): Promise<ProfileReport> => {
      const report = await profile(
        which.graph,
        which.analysis.blocks,
        { ...options, ...more },
        {
          ...{ ort, provider: 'wasm', onProgress, capture: captureWrites(fs), memory: processMemory(process) },
          threads: ort.env.wasm.numThreads,
          ...(weights && { weights: weights(which.graph), weightsFile: basename(values.weights!) }),
          ...(data && { data }),
        },
      );
      const findings = report.findings.map((finding) => ({ ...finding, file: shortenPath(finding.file) }));
      return { ...report, findings, model: which.model };
    };
    const report = await measure(loaded);
    // Ablations name blocks of the first network.
    const against = other && (await measure(other, { ablations: [], deep: [] }));
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    const difference = against && compareReports(report, against);
    if (values.json) {
      console.log(JSON.stringify({ ...report, ...(against && { against, difference }) }, null, 2));
      return 0;
    }
    console.log(describe(report, { metrics: values.metrics ?? false }));
    if (against && difference) {
      const names = [report.model, against.model === report.model ? values.against! : against.model] as const;
      console.log(`\n${describe(against, { metrics: false })}\n\n${describeDifference(difference, names)}`);
    }
    return 0;
  } catch (error) {
    if (error instanceof ProfileRefusal) throw new Failure(error.reasons.join('\n'));
    throw weights || data ? new Failure((error as Error).message) : error;
  } finally {
    await releaseSessions(ort);
  }
}

function readAblation(text: string): Ablation {
  const ablation = parseAblation(text);
  if (ablation) return ablation;
  throw new UsageError(`--ablate takes plain, identity, scaled:L, scale-matched or lesion:BLOCK, not '${text}'.`);
}

function parseDeep(text: string): readonly DeepMeasure[] {
  const chosen = text === 'all' ? DEEP_MEASURES : DEEP_MEASURES.filter((measure) => measure === text);
  if (chosen.length === 0) throw new UsageError(`--deep takes ${DEEP_MEASURES.join(', ')} or all, not '${text}'.`);
  return chosen;
}

/** Another file, by its ending, or else another model of the same file; with the inputs of the first where they fit. */
async function loadOther(torch: TorchInterpreter, file: string, which: string, own: Loaded): Promise<Loaded> {
  const { graph, inputs } = own;
  const options = { training: graph.training, inputs, weights: true };
  return /\.(py|onnx)$/.test(which)
    ? loadGraph(torch, which, options)
    : loadGraph(torch, file, { ...options, model: which });
}

function requireBlock(blocks: readonly ResidualBlock[], path: string): void {
  const additive = blocks.filter(({ merge, skip }) => merge !== null && skip !== 'concat').map((block) => block.path);
  if (!additive.includes(path))
    throw new UsageError(`There is no residual block '${path}'. There are ${additive.join(', ') || 'none'}.`);
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
  const isFree = !options.inputs && !first.inputs.some(({ isFixed }) => isFixed);
  const rows = batch ?? (isFree ? affordableBatch(first.graph) : null);
  const inputs = first.inputs.map((spec, index): InputSpec => {
    const shape = given[index]?.shape ?? (rows === null ? spec.shape : [rows, ...spec.shape.slice(1)]);
    return { ...spec, shape };
  });
  const same = inputs.every(({ shape }, index) => shape.join() === first.inputs[index]!.shape.join());
  return same ? first : loadGraph(torch, file, { ...options, inputs });
}
