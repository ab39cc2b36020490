/**
 * Loss and every parameter's gradient norm, against real PyTorch in float64 (scripts/goldens/profile.py): of the networks
 * written down by hand, and of the source files through the command line.
 */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { profile } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import { writeSafetensors } from '../../src/profile/safetensors.ts';
import type { ProfileReport } from '../../src/profile/types.ts';
import goldens from '../goldens/profile.json';
import { preactGraph, resnetGraph } from '../support/networks.ts';
import { recipeData, recipeWeights } from '../support/recipe.ts';
import { exampleTransformer, torchvisionResnet } from '../support/torchNetworks.ts';
import { torchvisionFile } from '../support/torchvision.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

interface Golden {
  readonly loss: number;
  readonly gradNorms: Readonly<Record<string, number>>;
}

/** The CIFAR example calls its last layer `linear`. */
function cifarResnet20(): Graph {
  const graph = resnetGraph({ shortcut: 'pad', blocks: [3, 3, 3], width: 16, batch: 16, size: 32 });
  const rename = (name: string) => name.replace(/^fc\./, 'linear.');
  return { ...graph, parameters: graph.parameters.map((own) => ({ ...own, name: rename(own.name) })) };
}

const images = (batch: number, size: number, classes: number) => recipeData([batch, 3, size, size], classes);

const networks = [
  {
    name: 'torchvision resnet18 at 64²',
    graph: torchvisionResnet({ blocks: [2, 2, 2, 2], bottleneck: false, batch: 8, size: 64 }),
    data: images(8, 64, 1000),
    golden: goldens.resnet18 as Golden,
    source: [torchvisionFile('models/resnet.py'), '--model', 'resnet18()'],
  },
  {
    name: 'the pre-activation ResNet',
    graph: preactGraph({ width: 16, batch: 8, size: 32 }),
    data: images(8, 32, 10),
    golden: goldens.preact_resnet14 as Golden,
    source: ['examples/preact_resnet.py', '--model', 'preact_resnet14()'],
  },
  {
    name: 'the transformer',
    graph: exampleTransformer(4),
    data: recipeData([4, 32], 10, 1000),
    golden: goldens.transformer as Golden,
    source: ['examples/transformer_encoder.py', '--model', 'TransformerEncoder()'],
  },
  {
    name: 'the CIFAR ResNet-20',
    graph: cifarResnet20(),
    data: images(16, 32, 10),
    golden: goldens.cifar_resnet20 as Golden,
    source: ['examples/cifar_resnet.py', '--model', 'resnet20()'],
  },
] as const;

function compare(report: Pick<ProfileReport, 'loss' | 'parameters'>, golden: Golden): void {
  expect(Math.abs(report.loss! / golden.loss - 1)).toBeLessThan(1e-4);
  expect(Object.keys(report.parameters).sort()).toEqual(Object.keys(golden.gradNorms).sort());
  for (const [name, norm] of Object.entries(golden.gradNorms)) {
    const own = report.parameters[name]!.gradNorm ?? NaN;
    expect(Math.abs(own / norm - 1), name).toBeLessThan(1e-3);
  }
}

describe('a graph written down by hand', () => {
  test.each(networks)('$name', async ({ graph, data, golden }) => {
    const options = { gradients: true, seeds: 1, loss: 'given-labels' } as const;
    const backend = { ort, provider: 'wasm', weights: recipeWeights(graph), data } as const;
    compare(await profile(graph, findBlocks(graph), options, backend), golden);
  });
});

describe('the source file, through the command line', () => {
  const out = resolve('test-output/goldens');
  let folder = '';
  beforeAll(async () => {
    execFileSync(process.execPath, ['build.mjs', 'cli', 'tracer', `--out=${out}`], { stdio: 'inherit' });
    folder = await mkdtemp(join(tmpdir(), 'skipscope-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(networks)('$name', async ({ graph, data, golden, source }) => {
    const [weights, batch] = [join(folder, 'weights.safetensors'), join(folder, 'batch.safetensors')];
    await writeFile(weights, writeSafetensors(recipeWeights(graph)));
    await writeFile(batch, writeSafetensors(data));
    const args = ['profile', ...source, '--weights', weights, '--data', batch, '--json'];
    const output = execFileSync(process.execPath, [join(out, 'cli.mjs'), ...args], { maxBuffer: 2 ** 26 });
    const report = JSON.parse(output.toString()) as ProfileReport;
    expect(report).toMatchObject({ mode: 'train', batch: data.get('input')!.shape[0], lossKind: 'given-labels' });
    compare(report, golden);
    // What a trace finds is what is in the network written down by hand.
    expect(report.blocks.map(({ path }) => path)).toEqual(findBlocks(graph).map(({ path }) => path));
    expect(report.timing).toMatchObject({ method: 'provider-profile' });
    for (const { path, forwardMs } of report.blocks) expect(forwardMs, path).toBeGreaterThan(0);
    expect(report.blocks.reduce((sum, { forwardMs }) => sum + forwardMs!, 0)).toBeLessThan(20 * report.passMs);
  });
});
