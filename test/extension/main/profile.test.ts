import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ProfileReport } from '../../../src/profile/types.ts';
import { clickPanel, screenshot, seeInPanel } from '../support/driver.ts';
import { api, closeAll, openTraced } from '../support/workspace.ts';

const profile = async (backend: string): Promise<ProfileReport> => {
  const settings = vscode.workspace.getConfiguration('skipscope');
  await settings.update('backend', backend, vscode.ConfigurationTarget.Global);
  const report = await vscode.commands.executeCommand<ProfileReport | null>('skipscope.profileGradientFlow');
  assert.ok(report, 'no report');
  return report;
};

describe('profile', () => {
  before(async () => {
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('profile.batch', 4, vscode.ConfigurationTarget.Global);
    await settings.update('profile.seeds', 1, vscode.ConfigurationTarget.Global);
    await settings.update('profile.allowSoftwareAdapter', true, vscode.ConfigurationTarget.Global);
  });
  after(closeAll);

  it('measures the gradient flow of CIFAR ResNet-20 and its plain twin, alike on WebAssembly and WebGPU', async () => {
    const { document } = await openTraced('examples/cifar_resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview');
    await (await api()).whenDrawn(document.uri);

    const wasm = await profile('wasm');
    assert.equal(wasm.backend.provider, 'wasm');
    assert.equal(wasm.mode, 'train');
    assert.equal(wasm.batch, 4);
    assert.equal(wasm.blocks.length, 9);
    assert.equal(wasm.ablation?.kind, 'plain');
    for (const block of wasm.blocks) {
      assert.ok(block.gradient!.l2 > 0, block.path);
      assert.ok(block.skipGradNorm! > 0 && block.branchGradNorm! > 0, block.path);
    }
    await screenshot('profile-light');

    // A panel that was hidden, and so thrown away, shows the report again.
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Two });
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await seeInPanel('.plots figure', 'Gradient norm');

    const webgpu = await profile('webgpu');
    assert.equal(webgpu.backend.provider, 'webgpu', webgpu.backend.fallbackReason ?? '');
    assert.equal(webgpu.backend.software, true);
    for (const [index, block] of wasm.blocks.entries()) {
      const other = webgpu.blocks[index]!.gradient!.l2;
      assert.ok(Math.abs(other / block.gradient!.l2 - 1) < 1e-3, `${block.path}: ${block.gradient!.l2} and ${other}`);
    }
  }).timeout(240_000);

  it('stops when it is cancelled in the panel', async () => {
    const { document } = await openTraced('torchvision/models/resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview', document.uri, 'resnet50()');
    await (await api()).whenDrawn(document.uri);
    const running = vscode.commands.executeCommand<ProfileReport | null>('skipscope.profileForward');
    await clickPanel('.profile button:has-text("Cancel")');
    assert.equal(await running, null);
  });
});
