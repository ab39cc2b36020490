import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { clickPanel, screenshot, seeInPanel } from '../support/driver.ts';
import { api, closeAll, openTraced, replace, until } from '../support/workspace.ts';

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

  it('keeps the last good graph while the source is broken, and draws again when it is mended', async () => {
    const editor = await openTraced('examples/preact_resnet.py');
    const { document } = editor;
    await vscode.commands.executeCommand('skipscope.openPreview');
    const before = await (await api()).whenDrawn(document.uri);
    await replace(editor, 'def forward(self, x):\n        out', 'def forward(self, x:\n        out');
    await screenshot('stale-light');
    await replace(editor, 'def forward(self, x:\n        out', 'def forward(self, x):\n        out');
    const after = await (await api()).whenDrawn(document.uri);
    assert.equal(after.skips, before.skips);
    assert.ok(after.revision > before.revision);
  });

  it('follows the active editor', async () => {
    await openTraced('examples/preact_resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview');
    const { document } = await openTraced('examples/two_layer_residual.py');
    const drawn = await (await api()).whenDrawn(document.uri);
    assert.equal(drawn.skips, 1);
  });

  it('goes to the source of what is clicked', async () => {
    const { document } = await openTraced('examples/two_layer_residual.py');
    await vscode.commands.executeCommand('skipscope.openPreview');
    await (await api()).whenDrawn(document.uri);
    const editor = vscode.window.visibleTextEditors.find((visible) => visible.document === document)!;
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    await clickPanel('g.node.merge');
    await until(vscode.window.onDidChangeTextEditorSelection, () => editor.selection.active.line > 0);
    assert.equal(document.getText(editor.selection), 'self.fc2(self.relu(self.fc1(x))) + x');
  });

  it('shows in the graph what the cursor is in', async () => {
    const editor = await openTraced('examples/cifar_resnet.py');
    const { document } = editor;
    await vscode.commands.executeCommand('skipscope.openPreview');
    await (await api()).whenDrawn(document.uri);
    const at = document.positionAt(document.getText().indexOf('+= self.shortcut(x)'));
    editor.selection = new vscode.Selection(at, at);
    await seeInPanel('g.node.revealed');
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
