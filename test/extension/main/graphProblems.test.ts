import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  clickPanel,
  countInPanel,
  goneFromPanel,
  press,
  screenshot,
  seeInPanel,
  styleOfPanel,
  textOfPanel,
} from '../support/driver.ts';
import { node, openPreview, seeFocusInEditor, seeFocusOutsideEditor, selectedSource } from '../support/panel.ts';
import { api, closeAll, openTraced, problemsOf, replace, until } from '../support/workspace.ts';

const MISTAKEN = 'self.stage2 = nn.Sequential(Block(64, 128, stride=2), Block(128, 128))';
const MENDED = 'self.stage2 = nn.Sequential(Block(64, 64), Block(64, 64))';

describe('problems in the graph', () => {
  let editor: vscode.TextEditor;
  before(async () => (editor = await openPreview('examples/mismatched_skip.py')));
  after(closeAll);

  /** Waits until the panel has drawn what an edit made of the model. */
  const edit = async (from: string, to: string): Promise<void> => {
    await replace(editor, from, to);
    await (await api()).whenDrawn(editor.document.uri);
  };

  it('a mismatched skip is red, and a click on it shows the line of the diagnostic', async () => {
    const red = await styleOfPanel('.legend .edge.problem', 'stroke');
    assert.notEqual(red, await styleOfPanel('.legend .edge.identity', 'stroke'));
    assert.equal(await styleOfPanel('.canvas .edge.problem', 'stroke'), red);
    assert.equal(await styleOfPanel(`${node('stage2.0/merge')}.has-error > .plus`, 'fill'), red);
    await seeInPanel('.legend', 'shapes do not fit');

    const [problem] = problemsOf(editor.document);
    await clickPanel(node('stage2.0/merge'));
    await until(
      vscode.window.onDidChangeTextEditorSelection,
      () => selectedSource(editor) === editor.document.getText(problem!.range),
    );
    await seeFocusOutsideEditor();
    await seeInPanel('.details .error-text', '[1, 128, 16, 16]');
    await screenshot('problem-light');
    await press('Escape');
  });

  it('the list of problems leads to the node and to the line', async () => {
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    await clickPanel('.problem-count', '1');
    await seeInPanel('#problems .place', `line ${problemsOf(editor.document)[0]!.range.start.line + 1}`);
    await clickPanel('#problems button', 'Skip connection');
    await seeInPanel(`${node('stage2.0/merge')}.selected:focus`);
    await until(vscode.window.onDidChangeTextEditorSelection, () => selectedSource(editor) === 'out += identity');
    await press('Escape');
  });

  it('a mended skip loses its red at once, unsaved, and gets it back with the mistake', async () => {
    await edit(MISTAKEN, MENDED);
    await edit('nn.Linear(128', 'nn.Linear(64');
    assert.equal(await countInPanel('.canvas .edge.problem, .has-error'), 0);
    assert.equal(await countInPanel('.problem-count.error'), 0);
    await edit('nn.Linear(64', 'nn.Linear(128');
    await edit(MENDED, MISTAKEN);
    await seeInPanel('.legend', 'shapes do not fit');
    await seeInPanel(`${node('stage2.0/merge')}.has-error`);
    assert.equal(editor.document.isDirty, true);
  });

  it('a broken source leaves the last good graph, marked with the reason, and still to be moved about in', async () => {
    const nodes = await countInPanel('g.node');
    await replace(editor, 'def forward(self, x):\n        identity', 'def forward(self, x:\n        identity');
    await seeInPanel('.banner.stale', 'this is the last good graph');
    assert.match(await textOfPanel('.banner'), /line 15: .+/);
    assert.equal(await countInPanel('g.node'), nodes);
    await screenshot('stale-light');
    await clickPanel(`${node('stage2.1/branch')} .toggle`);
    await seeInPanel(node('stage2.1.conv1'));

    await edit('def forward(self, x:', 'def forward(self, x):');
    await goneFromPanel('.banner');
    await seeInPanel(node('stage2.1.conv1'));
    await seeInPanel('.legend', 'shapes do not fit');
  });

  it('a file that cannot be read says why, and draws once it can', async () => {
    editor = await openTraced('fixtures/broken.py');
    await seeInPanel('.banner.failed', 'wdith');
    await vscode.window.showTextDocument(editor.document, vscode.ViewColumn.One);
    await seeFocusInEditor();
    await edit('wdith', '4');
    await goneFromPanel('.banner');
    await seeInPanel(node('fc'));
  });
});
