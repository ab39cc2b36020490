import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { encodeModel } from '../../../src/onnx/encode.ts';
import { initialise } from '../../../src/profile/initialise.ts';
import type { ProfileReport } from '../../../src/profile/types.ts';
import { type ResnetOptions, resnetGraph } from '../../support/networks.ts';
import { screenshot, seeInPanel, textOfPanel } from '../support/driver.ts';
import { api, closeAll, uriOf } from '../support/workspace.ts';

const file = uriOf('net.onnx');

const write = (options: ResnetOptions): Thenable<void> => {
  const graph = resnetGraph({ training: false, ...options });
  const weights = graph.parameters.map(({ name, value, init }) => {
    const shape = graph.values[value]!.type.shape as readonly number[];
    return [name, { data: initialise(init, shape, 0, name) }] as const;
  });
  return vscode.workspace.fs.writeFile(file, encodeModel(graph, { weights: new Map(weights) }));
};

describe('an ONNX file', () => {
  beforeEach(() => write({ blocks: [2, 2] }));
  after(() => vscode.workspace.fs.delete(file));
  afterEach(closeAll);

  it('opens as its graph, and is drawn again when it is written again', async () => {
    await vscode.commands.executeCommand('vscode.open', file);
    const first = await (await api()).whenDrawn(file);
    assert.equal(first.skips, 4);
    assert.equal(vscode.window.tabGroups.activeTabGroup.activeTab?.label, 'net.onnx');
    await screenshot('onnx-light');
    await write({ blocks: [3, 2] });
    while ((await (await api()).whenDrawn(file)).skips !== 5) await new Promise((later) => setTimeout(later, 100));
  });

  it('is profiled with the weights that it holds', async () => {
    await vscode.commands.executeCommand('vscode.open', file);
    await (await api()).whenDrawn(file);
    const report = await vscode.commands.executeCommand<ProfileReport>('skipscope.profileGradientFlow');
    assert.equal(report.blocks.length, 4);
    assert.match(JSON.stringify(report), /net\.onnx/);
    assert.ok(Object.values(report.parameters).every(({ weightNorm }) => Number.isFinite(weightNorm)));
  }).timeout(240_000);

  it('that is damaged says so in its own editor', async () => {
    const damaged = uriOf('damaged.onnx');
    await vscode.workspace.fs.writeFile(damaged, new Uint8Array(64).fill(7));
    await vscode.commands.executeCommand('vscode.open', damaged);
    await seeInPanel('.banner', 'not an ONNX model');
    assert.doesNotMatch(await textOfPanel('.banner'), /line 1/);
    await vscode.workspace.fs.delete(damaged);
  });
});
