import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { clickPanel, see, seeInPanel } from '../support/driver.ts';
import { api, closeAll, openTraced, replace, until } from '../support/workspace.ts';

const previews = (): string[] =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('skipscope.preview'))
    .map(({ label }) => label);

const whenPreviews = (...labels: string[]): Promise<void> =>
  until(vscode.window.tabGroups.onDidChangeTabs, () => previews().join() === labels.join());

describe('several panels', () => {
  afterEach(closeAll);

  it('keep what they are locked to, while one follows the editor', async () => {
    const { document } = await openTraced('examples/preact_resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview', document.uri);
    await (await api()).whenDrawn(document.uri);
    const [label] = previews();
    await clickPanel('.toolbar button[aria-haspopup="menu"]');
    await clickPanel('[role="menuitemcheckbox"]:has-text("Stay with this model")');
    await whenPreviews(`[${label}]`);
    const other = await openTraced('examples/two_layer_residual.py');
    await vscode.commands.executeCommand('skipscope.openPreview', other.document.uri);
    await (await api()).whenDrawn(other.document.uri);
    assert.equal(vscode.window.activeTextEditor, other);
    assert.equal(previews().length, 2);
    assert.equal(previews()[0], `[${label}]`);
    await openTraced('examples/cifar_resnet.py');
    await until(vscode.window.tabGroups.onDidChangeTabs, () => previews()[1]!.startsWith('cifar_resnet.py'));
    assert.equal(previews()[0], `[${label}]`);
  });

  it('show two models of one file, both live', async () => {
    const editor = await openTraced('examples/cifar_resnet.py');
    const { uri } = editor.document;
    const models = ['CifarResNet(20)', 'CifarResNet(32)'];
    await vscode.commands.executeCommand('skipscope.openPreview', uri, models[0]);
    await vscode.commands.executeCommand('skipscope.openInNewPanel', uri, models[1]);
    await whenPreviews(`cifar_resnet.py: ${models[0]}`, `[cifar_resnet.py: ${models[1]}]`);
    await seeInPanel('.toolbar', '464');
    await replace(editor, 'self.conv1 = nn.Conv2d(3, 16', 'self.conv1 = nn.Conv2d(4, 16');
    await (await api()).whenDrawn(uri);
    assert.deepEqual(previews(), [`cifar_resnet.py: ${models[0]}`, `[cifar_resnet.py: ${models[1]}]`]);
  });

  it('are locked and unlocked from their title bar, and the one that followed stays', async () => {
    const { document } = await openTraced('examples/two_layer_residual.py');
    await vscode.commands.executeCommand('skipscope.openPreview', document.uri);
    await vscode.commands.executeCommand('skipscope.openInNewPanel', document.uri);
    const label = 'two_layer_residual.py: TwoLayerResidual()';
    await whenPreviews(label, `[${label}]`);
    await clickPanel('.toolbar');
    await see('.editor-actions .action-label[aria-label*="Follow the Editor"]', '');
    await vscode.commands.executeCommand('skipscope.unlockPreview');
    await whenPreviews(`[${label}]`, label);
    await see('.editor-actions .action-label[aria-label*="Lock Preview"]', '');
    await vscode.commands.executeCommand('skipscope.lockPreview');
    await whenPreviews(`[${label}]`, `[${label}]`);
  });
});
