import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { writeSafetensors } from '../../../src/profile/safetensors.ts';
import type { ProfileReport } from '../../../src/profile/types.ts';
import { METRICS } from '../../../webview/metrics.ts';
import { chooseInPanel, clickPanel, goneFromPanel, screenshot, seeInPanel, textOfPanel } from '../support/driver.ts';
import { api, closeAll, openTraced } from '../support/workspace.ts';

const profile = async (backend: string): Promise<ProfileReport> => {
  const settings = vscode.workspace.getConfiguration('skipscope');
  await settings.update('backend', backend, vscode.ConfigurationTarget.Global);
  const report = await vscode.commands.executeCommand<ProfileReport | null>('skipscope.profileGradientFlow');
  assert.ok(report, 'no report');
  return report;
};

describe('profile', () => {
  let first: ProfileReport;
  before(async () => {
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('profile.batch', 4, vscode.ConfigurationTarget.Global);
    await settings.update('profile.seeds', 2, vscode.ConfigurationTarget.Global);
    await settings.update('profile.allowSoftwareAdapter', true, vscode.ConfigurationTarget.Global);
  });
  after(closeAll);

  it('measures CIFAR ResNet-20 and its plain twin, on threads of its own, and keeps the run', async () => {
    const { document } = await openTraced('examples/cifar_resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview');
    await (await api()).whenDrawn(document.uri);

    const wasm = await profile('wasm');
    first = wasm;
    assert.equal(wasm.backend.provider, 'wasm');
    assert.ok(wasm.backend.threads > 1, `${wasm.backend.threads} threads`);
    assert.equal(wasm.mode, 'train');
    assert.equal(wasm.batch, 4);
    assert.equal(wasm.seeds, 2);
    assert.equal(wasm.blocks.length, 9);
    assert.equal(wasm.ablation?.kind, 'plain');
    for (const block of wasm.blocks) {
      assert.ok(block.gradient!.l2 > 0, block.path);
      assert.ok(block.skipGradNorm! > 0 && block.branchGradNorm! > 0, block.path);
      assert.ok(block.forwardMs! > 0, block.path);
    }
    await seeInPanel('.conditions', 'threads');
    const [kept] = (await textOfPanel('.profile header')).match(/Runs \([1-9]\d*\)/)!;
    await screenshot('profile-light');

    // A panel that was closed shows the kept run again.
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Two });
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeEditorsInOtherGroups');
    await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
    await vscode.commands.executeCommand('skipscope.openPreview');
    await seeInPanel('.plots figure', 'Gradient norm');
    await seeInPanel('.profile header', kept);
  }).timeout(240_000);

  it('colours the graph by everything that it measured, each with its scale', async () => {
    const quantities = METRICS.filter(({ read }) => read !== null);
    const measured = quantities.filter(({ read }) => first.blocks.some((block) => read!(block) !== null));
    assert.deepEqual(
      measured.map(({ id }) => id),
      quantities.map(({ id }) => id),
    );
    const scales = new Set<string>();
    for (const { id, label } of measured) {
      await chooseInPanel('.colour select', id);
      await seeInPanel('.legend .scale', label);
      await seeInPanel('rect.heat');
      scales.add((await textOfPanel('.legend .scale')).replaceAll('\n', ' '));
    }
    assert.equal(scales.size, measured.length);
    await screenshot('coloured-light');
    await chooseInPanel('.colour select', 'none');
    await goneFromPanel('.legend .scale');
  });

  it('exports the plots and the numbers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skipscope-export-'));
    try {
      const written = async (name: string): Promise<Buffer> => {
        const file = join(folder, name);
        await vscode.commands.executeCommand('skipscope.exportProfile', undefined, vscode.Uri.file(file));
        return readFile(file);
      };
      const svg = (await written('plots.svg')).toString();
      assert.match(svg, /^<svg /);
      assert.ok(svg.includes('plain twin'));
      assert.equal((await written('plots.png')).readUInt32BE(0), 0x89504e47);
      assert.match((await written('numbers.csv')).toString(), /^run,model,network,block,path,/);
      const report = JSON.parse((await written('report.json')).toString()) as ProfileReport;
      assert.equal(report.model, 'resnet20()');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('agrees on WebGPU with the process on WebAssembly', async () => {
    // The software adapter is slow: one draw, and no twin.
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('profile.seeds', 1, vscode.ConfigurationTarget.Global);
    await settings.update('profile.compareWith', [], vscode.ConfigurationTarget.Global);
    const wasm = await profile('wasm');
    const webgpu = await profile('webgpu');
    assert.equal(webgpu.backend.provider, 'webgpu', webgpu.backend.fallbackReason ?? '');
    assert.equal(webgpu.backend.software, true);
    for (const [index, block] of wasm.blocks.entries()) {
      const other = webgpu.blocks[index]!.gradient!.l2;
      assert.ok(Math.abs(other / block.gradient!.l2 - 1) < 1e-3, `${block.path}: ${block.gradient!.l2} and ${other}`);
    }
  }).timeout(240_000);

  it('profiles with the weights of a file, and follows paths when asked to', async () => {
    const { document } = await openTraced('examples/two_layer_residual.py');
    const folder = await mkdtemp(join(tmpdir(), 'skipscope-weights-'));
    try {
      const weights = new Map(
        ['fc1', 'fc2'].flatMap((layer) =>
          [[64, 64], [64]].map((shape) => {
            const data = new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(0.125);
            const tensor = { dtype: 'float32' as const, shape, data };
            return [`${layer}.${shape.length > 1 ? 'weight' : 'bias'}`, tensor] as const;
          }),
        ),
      );
      const choose = (name: string): object => ({
        ...{ ablations: [], deep: ['paths'], seeds: 3, batch: 4, mode: 'train' },
        weights: { uri: vscode.Uri.file(join(folder, name)).toString(), name },
      });
      const run = (name: string): Thenable<ProfileReport | null> =>
        vscode.commands.executeCommand('skipscope.profileGradientFlow', document.uri, undefined, choose(name));
      await writeFile(join(folder, 'given.safetensors'), writeSafetensors(weights));
      const report = await run('given.safetensors');
      assert.equal(report?.weightsFile, 'given.safetensors');
      assert.equal(report.seeds, 1);
      for (const [name, { data }] of weights)
        assert.ok(Math.abs(report.parameters[name]!.weightNorm - 0.125 * Math.sqrt(data.length)) < 1e-5, name);
      assert.ok(report.paths !== null && report.paths.norms.length === report.blocks.length + 1);
      await seeInPanel('.conditions', 'weights of given.safetensors');

      await writeFile(
        join(folder, 'other.safetensors'),
        writeSafetensors(new Map([['no.such', weights.get('fc1.bias')!]])),
      );
      assert.equal(await run('other.safetensors'), null);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('stops when it is cancelled, in the panel or by its command', async () => {
    const { document } = await openTraced('torchvision/models/resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview', document.uri, 'resnet50()');
    await (await api()).whenDrawn(document.uri);
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('backend', 'wasm', vscode.ConfigurationTarget.Global);
    const start = (): Thenable<ProfileReport | null> => vscode.commands.executeCommand('skipscope.profileForward');
    const first = start();
    await clickPanel('.profile button:has-text("Cancel")');
    assert.equal(await first, null);
    const second = start();
    await seeInPanel('.profile button', 'Cancel');
    await vscode.commands.executeCommand('skipscope.cancelProfile');
    assert.equal(await second, null);
    await goneFromPanel('.profile button:has-text("Cancel")');
  });
});
