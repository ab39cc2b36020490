import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { screenshot } from '../support/driver.ts';
import { api, closeAll, openTraced } from '../support/workspace.ts';

const setTheme = (name: string | undefined): Thenable<void> =>
  vscode.workspace.getConfiguration('workbench').update('colorTheme', name, vscode.ConfigurationTarget.Global);

describe('graph preview', () => {
  afterEach(closeAll);

  it('draws the real ResNet-50 with its 16 skips beside the editor, which keeps the focus', async () => {
    const { document } = await openTraced('torchvision/models/resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview', document.uri, 'resnet50()');
    const drawn = await (await api()).whenDrawn(document.uri);
    assert.equal(drawn.skips, 16);
    assert.equal(vscode.window.activeTextEditor?.document, document);
    const tab = vscode.window.tabGroups.all[1]?.activeTab;
    assert.equal(tab?.label, 'resnet.py: resnet50()');
    await screenshot('resnet50-light');
  }).timeout(240_000);

  it('has room for the drawing in a dark theme', async () => {
    await setTheme('Default Dark Modern');
    const { document } = await openTraced('examples/cifar_resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview');
    const drawn = await (await api()).whenDrawn(document.uri);
    assert.equal(drawn.skips, 9);
    await screenshot('cifar-dark');
    await setTheme(undefined);
  });

  it('follows the active editor', async () => {
    await openTraced('examples/preact_resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview');
    const { document } = await openTraced('examples/two_layer_residual.py');
    const drawn = await (await api()).whenDrawn(document.uri);
    assert.equal(drawn.skips, 1);
  });

  it('comes back after the panel was hidden', async () => {
    const { document } = await openTraced('examples/two_layer_residual.py');
    await vscode.commands.executeCommand('skipscope.openPreview');
    const first = await (await api()).whenDrawn(document.uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Two });
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    const again = await (await api()).whenDrawn(document.uri);
    assert.equal(again.skips, first.skips);
  });
});
