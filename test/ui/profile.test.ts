/** Profiles run in the panel: on WebAssembly and on software WebGPU, with the plain twin, cancelled and refused. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatNumber } from '../../src/profile/figures/figure.ts';
import { initialise } from '../../src/profile/initialise.ts';
import type { BackendChoice, ModelDocument } from '../../src/protocol/messages.ts';
import type { ProfileReport } from '../../src/profile/types.ts';
import { loadEngine, readText } from '../support/engine.ts';
import { resnetGraph } from '../support/networks.ts';
import type { PanelPage, PanelSite } from './panelPage.ts';
import { documentOf, openSite } from './panelPage.ts';

let site: PanelSite;
beforeAll(async () => (site = await openSite()));
afterAll(() => site.close());

// CIFAR ResNet-20 with option A shortcuts, narrow and on small pictures.
const narrow = documentOf(
  resnetGraph({ blocks: [3, 3, 3], width: 8, batch: 8, size: 16, shortcut: 'pad' }),
  'resnet20()',
);

/** A model as its source says. */
async function traced(source: string, model: string, shape: readonly number[]): Promise<ModelDocument> {
  const engine = await loadEngine();
  const inputs = [{ name: 'x', dtype: 'float32', shape }] as const;
  const { graph } = engine.trace(source, { model, inputs, training: true });
  return documentOf(graph!, model);
}

const tracedExample = (model: string, shape: readonly number[]): Promise<ModelDocument> =>
  traced(readText('examples/cifar_resnet.py'), model, shape);

async function openPanel(document = narrow, prelude?: string): Promise<PanelPage> {
  const panel = await site.open({ width: 1000, ...(prelude !== undefined && { profilePrelude: prelude }) });
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document });
  await panel.waitFor('drawn');
  return panel;
}

const start = (
  panel: PanelPage,
  backend: BackendChoice,
  allowSoftware: boolean,
  seeds = 1,
  document = narrow,
): Promise<void> =>
  panel.post({
    type: 'profile',
    id: 1,
    options: { gradients: true, seeds, loss: 'random-labels', ablations: [{ kind: 'plain' }] },
    graph: document.graph,
    blocks: document.blocks,
    weights: null,
    backend,
    allowSoftware,
    canHandOver: false,
  });

async function run(
  panel: PanelPage,
  backend: BackendChoice,
  allowSoftware: boolean,
  document = narrow,
): Promise<ProfileReport> {
  const from = (await panel.messages()).length;
  await start(panel, backend, allowSoftware, 1, document);
  const { report } = await panel.waitFor('profileDone', from);
  return report;
}

const apart = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-6);

test('the traced ResNet-20 agrees within 1e-3 on WebAssembly and WebGPU, plain twin included', async () => {
  // On a small batch: the software adapter is slow.
  const example = await tracedExample('resnet20()', [4, 3, 32, 32]);
  const panel = await openPanel(example);
  const wasm = await run(panel, 'wasm', false, example);
  await panel.picture('profile-wasm');
  expect(await panel.page.locator('.conditions').textContent()).toContain('WebAssembly, 1 thread');
  expect(await panel.page.locator('.plots figure').count()).toBeGreaterThan(5);
  const gpu = await run(panel, 'webgpu', true, example);
  await panel.picture('profile-webgpu');
  expect(await panel.page.locator('.conditions').textContent()).toContain('in software');
  expect([wasm.backend.provider, gpu.backend.provider, gpu.backend.software]).toEqual(['wasm', 'webgpu', true]);

  // The same seed draws the same weights on each, and here.
  const squares = (data: Float32Array): number => data.reduce((sum, value) => sum + value ** 2, 0);
  for (const { name, value, init, buffer } of example.graph.parameters) {
    if (buffer) continue;
    const drawn = initialise(init, example.graph.values[value]!.type.shape as number[], 0, name);
    const norm = Math.sqrt(squares(drawn));
    expect(
      [wasm, gpu].map(({ parameters }) => parameters[name]!.weightNorm),
      name,
    ).toEqual([norm, norm]);
  }
  expect(apart(wasm.loss!, gpu.loss!)).toBeLessThan(1e-3);
  expect(wasm.blocks.length).toBe(9);
  const pairs = [
    [wasm.blocks, gpu.blocks],
    [wasm.ablation!.blocks, gpu.ablation!.blocks],
  ] as const;
  for (const [ours, theirs] of pairs) {
    ours.forEach((block, at) => {
      expect(apart(block.gradient!.l2, theirs[at]!.gradient!.l2)).toBeLessThan(1e-3);
      expect(apart(block.activation.secondMoment, theirs[at]!.activation.secondMoment)).toBeLessThan(1e-3);
    });
  }
  const parameters = [
    [wasm.parameters, gpu.parameters],
    [wasm.ablation!.parameters, gpu.ablation!.parameters],
  ] as const;
  for (const [ours, theirs] of parameters) {
    const trained = Object.entries(ours).filter(([, { gradNorm }]) => gradNorm !== null);
    expect(trained.length).toBeGreaterThan(50);
    for (const [name, { gradNorm }] of trained)
      expect(apart(gradNorm!, theirs[name]!.gradNorm!), name).toBeLessThan(1e-3);
  }
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

test('a mask of −∞ is one in the panel too', async () => {
  const lossWith = async (mask: string): Promise<number> => {
    const net = await traced(
      `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.score, self.head = nn.Linear(6, 4), nn.Linear(4, 3)
    def forward(self, x):
        return self.head((self.score(x) + torch.tensor([0.0, 0.0, ${mask}, ${mask}])).softmax(-1))
`,
      'Net()',
      [8, 6],
    );
    const panel = await openPanel(net);
    const { loss } = await run(panel, 'wasm', false, net);
    await panel.close();
    return loss!;
  };
  expect(apart(await lossWith('float("-inf")'), await lossWith('-1e9'))).toBeLessThan(1e-6);
});

test('ResNet-110 over five draws: a healthy network beside a plain twin that explodes', async () => {
  const deep = await tracedExample('CifarResNet(110)', [8, 3, 16, 16]);
  const panel = await openPanel(deep);
  await start(panel, 'wasm', false, 5, deep);
  const { report } = await panel.waitFor('profileDone');
  expect([report.seeds, report.blocks.length, report.ablations[0]!.blocks.length]).toEqual([5, 54, 54]);
  const growths = [report, report.ablations[0]!].map(
    ({ blocks }) => blocks[0]!.gradient!.l2 / blocks.at(-1)!.gradient!.l2,
  );
  expect(growths[0]).toBeLessThan(1000);
  expect(growths[1]).toBeGreaterThan(1e5);
  const gradient = panel.page.locator('.plot[data-figure="gradient"]');
  expect(await gradient.locator('path.band').count()).toBe(2);
  expect(await gradient.locator('svg').textContent()).toContain(`plain twin ×${formatNumber(growths[1]!)}`);
  expect(await panel.page.locator('.verdict').nth(1).textContent()).toContain('Explodes');
  await panel.picture('profile-resnet110');
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

test('without a hardware adapter it runs on WebAssembly and says why', async () => {
  const panel = await openPanel();
  const report = await run(panel, 'auto', false);
  expect(report.backend.provider).toBe('wasm');
  expect(report.backend.fallbackReason).toContain('software');
  expect(await panel.page.locator('.conditions').textContent()).toContain('no WebGPU: the WebGPU adapter is emulated');
  // The plain twin is plotted beside the network, and the graph is coloured.
  expect(await panel.page.getByText('plain twin', { exact: false }).count()).toBeGreaterThan(0);
  // Equal blocks are one box: one run in the first stage, a block and a run in the others.
  expect(await panel.page.locator('rect.heat').count()).toBe(5);
  await panel.close();
});

// A GPU whose driver measures no time.
const NO_TIMESTAMPS = `{
  const { get } = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features');
  Object.defineProperty(GPUAdapter.prototype, 'features', {
    get() {
      return new Set([...get.call(this)].filter((name) => !name.includes('timestamp')));
    },
  });
}`;

test('a GPU without timestamps runs the blocks one by one for their times, and the panel says so', async () => {
  const tiny = documentOf(resnetGraph({ blocks: [1, 1, 1], width: 4, batch: 2, size: 8 }), 'tiny()');
  const panel = await openPanel(tiny, NO_TIMESTAMPS);
  const { timing, blocks, backend } = await run(panel, 'webgpu', true, tiny);
  expect([backend.provider, timing!.method, timing!.operators]).toEqual(['webgpu', 'segments', []]);
  for (const { forwardMs, path } of blocks) expect(forwardMs, path).toBeGreaterThan(0);
  expect(timing!.backward!.median).toBeGreaterThan(0);
  await panel.page.getByText('Time and memory').click();
  expect(await panel.page.locator('.costs').textContent()).toContain('blocks were run one by one');
  expect(await panel.page.locator('.plot[data-figure="time"] svg').textContent()).toContain('each block run by itself');
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

// A GPU with small buffers.
const SMALL_BUFFERS = `{
  const { get } = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'limits');
  Object.defineProperty(GPUAdapter.prototype, 'limits', {
    get() {
      const limits = get.call(this);
      return new Proxy(limits, { get: (_, name) => (name === 'maxBufferSize' ? 4096 : limits[name]) });
    },
  });
}`;

test('a network whose tensors the GPU does not take is not started on it, and the panel says why', async () => {
  const panel = await openPanel(narrow, SMALL_BUFFERS);
  const { backend } = await run(panel, 'webgpu', true);
  expect(backend.provider).toBe('wasm');
  expect(backend.fallbackReason).toMatch(/a tensor of .+ is larger than the GPU takes/);
  expect(await panel.page.locator('.conditions').textContent()).toContain('larger than the GPU takes');
  await panel.close();
});

test('cancel ends it, and the next profile works', async () => {
  const panel = await openPanel();
  await start(panel, 'wasm', false, 200);
  await panel.waitFor('profileProgress');
  await panel.page.getByRole('button', { name: 'Cancel' }).click();
  const { cancelled } = await panel.waitFor('profileFailed');
  expect(cancelled).toBe(true);
  expect(await panel.page.getByRole('alert').count()).toBe(0);
  expect((await run(panel, 'wasm', false)).blocks.length).toBe(9);
  await panel.close();
});

// The real loss of a real device, while the runtime is at work: submitting to the queue goes on a while before.
const LOSE_DEVICE = `{
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await request.apply(this, given);
    const submit = device.queue.submit.bind(device.queue);
    let count = 0;
    device.queue.submit = (commands) => {
      submit(commands);
      if (++count === 20) GPUDevice.prototype.destroy.call(device);
    };
    return device;
  };
}`;

test('a device that is lost in the middle is named, and the profile ends on WebAssembly', async () => {
  const panel = await openPanel(narrow, LOSE_DEVICE);
  const report = await run(panel, 'webgpu', true);
  expect(report.backend.provider).toBe('wasm');
  expect(report.backend.fallbackReason).toContain('the GPU device was lost');
  expect(report.blocks.length).toBe(9);
  expect(await panel.page.locator('.conditions').textContent()).toContain('the GPU device was lost');
  await panel.picture('profile-lost');
  await panel.close();
});
