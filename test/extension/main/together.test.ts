import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  clickPanel,
  countInPanel,
  doubleClickPanel,
  goneFromPanel,
  press,
  seeInPanel,
  textOfPanel,
  type,
} from '../support/driver.ts';
import {
  configure,
  node,
  openPreview,
  putCursor,
  seeFocusInEditor,
  seeFocusOutsideEditor,
  selectedSource,
  viewOfPanel,
} from '../support/panel.ts';
import { api, closeAll, until, uriOf } from '../support/workspace.ts';

describe('panel and editor together', () => {
  let editor: vscode.TextEditor;
  const selects = (source: string): Promise<void> =>
    until(vscode.window.onDidChangeTextEditorSelection, () => selectedSource(editor) === source);
  const focusEditor = async (): Promise<void> => {
    editor = await vscode.window.showTextDocument(editor.document, vscode.ViewColumn.One);
    await seeFocusInEditor();
  };

  before(async () => (editor = await openPreview('examples/cifar_resnet.py', 'resnet20()')));
  afterEach(async () => {
    await configure('skipscope.preview.followCursor', undefined);
    await configure('skipscope.preview.revealSource', undefined);
  });
  after(closeAll);

  it('a click shows the source, and leaves the drawing and the keyboard where they are', async () => {
    await clickPanel(node('conv1'));
    await selects('self.conv1(x)');
    await seeInPanel(`${node('conv1')}.selected:focus`);
    await seeFocusOutsideEditor();

    // The last of nine blocks that share their lines.
    await press('End');
    await clickPanel(node('layer3.1/merge'));
    const view = await viewOfPanel();
    await selects('out += self.shortcut(x)');
    await seeInPanel(`${node('layer3.1/merge')}.revealed`);
    await seeInPanel(`${node('layer3.1/merge')}.selected:focus`);
    assert.equal(await viewOfPanel(), view);
  });

  it('a double click goes to the source, Enter too', async () => {
    await doubleClickPanel(node('layer3.1/merge'));
    await seeFocusInEditor();
    await selects('out += self.shortcut(x)');
    // The keyboard may be there before the editor is told to be the active one.
    const isActive = (): boolean => vscode.window.activeTextEditor?.document === editor.document;
    await until(vscode.window.onDidChangeActiveTextEditor, isActive);
    assert.equal(vscode.window.activeTextEditor?.document, editor.document);

    await press('ArrowUp');
    await clickPanel(node('linear'));
    await seeFocusOutsideEditor();
    await press('Enter');
    await seeFocusInEditor();
    await selects('self.linear(x.view(x.size(0), -1))');
  });

  it('the link of the details goes to the source', async () => {
    await clickPanel(node('layer3.1/branch'));
    await seeFocusOutsideEditor();
    await clickPanel('.details button', 'Open source');
    await seeFocusInEditor();
    assert.equal(selectedSource(editor), 'BasicBlock');
  });

  it('a click shows no source when the user wants none; a double click still does', async () => {
    await configure('skipscope.preview.revealSource', false);
    const visited: string[] = [];
    const listening = vscode.window.onDidChangeTextEditorSelection(() => visited.push(selectedSource(editor)));
    await clickPanel(node('layer3.1/merge'));
    await seeInPanel(`${node('layer3.1/merge')}.selected`);
    await doubleClickPanel(node('linear'));
    await selects('self.linear(x.view(x.size(0), -1))');
    listening.dispose();
    assert.deepEqual(visited, ['self.linear(x.view(x.size(0), -1))']);
  });

  it('the cursor lights up what it is in, and keeps the keyboard', async () => {
    await focusEditor();
    putCursor(editor, 'F.avg_pool2d');
    await seeInPanel(`${node('/AveragePool')}.revealed`);
    for (let step = 0; step < 'return '.length; step++) await press('ArrowRight');
    await press('ArrowDown');
    await seeInPanel(`${node('linear')}.revealed`);
    assert.equal(await countInPanel('g.node.revealed'), 1);
    await seeFocusInEditor();
  });

  it('the cursor lights up nothing when the user wants that', async () => {
    await configure('skipscope.preview.followCursor', false);
    await focusEditor();
    putCursor(editor, 'self.bn1(self.conv1(x)))\n        x =');
    // A trace that is drawn after the cursor moved: nothing is on its way any more.
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# A comment.\n'));
    await (await api()).whenTraced(editor.document);
    await (await api()).whenDrawn(editor.document.uri);
    assert.equal(await countInPanel(`${node('linear')}.revealed`), 1);
    assert.equal(await countInPanel('g.node.revealed'), 1);
  });

  it('typing goes on while the drawing follows, unsaved', async () => {
    await focusEditor();
    putCursor(editor, '64, num_classes)');
    const figures = await textOfPanel('.figures');
    for (let step = 0; step < 2; step++) await press('Delete');
    await type('64 ');
    await type(', num_classes + 90) #');
    await (await api()).whenTraced(editor.document);
    await (await api()).whenDrawn(editor.document.uri);
    await seeFocusInEditor();
    assert.notEqual(await textOfPanel('.figures'), figures);
    assert.equal(editor.document.isDirty, true);
    assert.match(editor.document.getText(), /nn\.Linear\(64 , num_classes \+ 90\) #/);
  });

  it('typing what breaks the source lights up nothing by lines that have moved', async () => {
    await focusEditor();
    putCursor(editor, 'F.avg_pool2d');
    await seeInPanel(`${node('/AveragePool')}.revealed`);
    const view = await viewOfPanel();
    await press('End');
    // The cursor is now where the linear layer was.
    await press('Enter');
    await type('x = = 1');
    await (await api()).whenTraced(editor.document);
    await seeInPanel('.banner.stale');
    await seeInPanel(`${node('/AveragePool')}.revealed`);
    assert.equal(await viewOfPanel(), view);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await goneFromPanel('.banner');
  });

  it('a block from another file shows that file, and the panel keeps its model', async () => {
    await closeAll();
    editor = await openPreview('fixtures/user.py');
    const parts = await vscode.workspace.openTextDocument(uriOf('fixtures/parts.py'));
    await clickPanel('g.node.merge');
    await until(vscode.window.onDidChangeVisibleTextEditors, () =>
      vscode.window.visibleTextEditors.some(({ document }) => document === parts),
    );
    await seeFocusOutsideEditor();
    await doubleClickPanel('g.node.merge');
    await seeFocusInEditor();
    assert.equal(vscode.window.activeTextEditor?.document, parts);
    await (await api()).whenTraced(parts);
    await goneFromPanel('.banner');
    assert.equal(vscode.window.tabGroups.all[1]?.activeTab?.label, 'user.py: Net()');
  });
});
