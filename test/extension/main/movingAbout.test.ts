import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  attributeOfPanel,
  chooseInPanel,
  clickPanel,
  clickPanelAt,
  countInPanel,
  dragPanel,
  goneFromPanel,
  gone,
  press,
  screenshot,
  seeInPanel,
  textOfPanel,
  textsOfPanel,
  type,
  wheelPanel,
} from '../support/driver.ts';
import { configure, node, openPreview, seeFocusInEditor, selectedSource, viewOfPanel } from '../support/panel.ts';
import { closeAll, until } from '../support/workspace.ts';

const toggle = (id: string): string => `${node(id)} .toggle`;
const selected = (id: string): string => `${node(id)}.selected`;
const scale = async (): Promise<number> => Number(await attributeOfPanel('.stage-area .canvas', 'data-scale'));

describe('moving about in the graph', () => {
  let editor: vscode.TextEditor;
  before(async () => {
    // Room for the map beside the drawing.
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    editor = await openPreview('examples/cifar_resnet.py', 'resnet20()');
    // Clicks are not to move the editor here.
    await configure('skipscope.preview.revealSource', false);
  });
  after(async () => {
    await configure('skipscope.preview.revealSource', undefined);
    await vscode.commands.executeCommand('workbench.action.toggleSidebarVisibility');
    await closeAll();
  });
  /** Everything is in sight, the keyboard in the drawing, nothing selected. */
  beforeEach(async () => {
    await clickPanel('.controls button', 'Fit');
    await clickPanel(node('conv1'));
    await press('Escape');
    await goneFromPanel('.details');
  });
  const collapse = async (): Promise<void> => {
    await clickPanel('.controls button', 'Collapse');
    await goneFromPanel(node('layer2.0.conv1'));
  };

  it('opens and closes a block by its chevron and by Space', async () => {
    await clickPanel(toggle('layer1.0/branch'));
    await seeInPanel(node('layer1.0.conv2'));
    await clickPanel(toggle('layer1.0/branch'));
    await goneFromPanel(node('layer1.0.conv2'));

    await clickPanel(node('layer1.0/branch'));
    await press('Space');
    await seeInPanel(node('layer1.0.conv2'));
    await press('Space');
    await goneFromPanel(node('layer1.0.conv2'));
    await seeInPanel(`${node('layer1.0/branch')}:focus`);
  });

  it('unfolds a run of equal blocks, and folds it again', async () => {
    assert.equal(await attributeOfPanel(node('layer1.0/run'), 'aria-expanded'), 'false');
    await clickPanel(toggle('layer1.0/run'));
    await seeInPanel(node('layer1.2/branch'));
    await clickPanel(toggle('layer1.0/run'));
    await goneFromPanel(node('layer1.2/branch'));
    await clickPanel(node('layer1.0/branch'));
    await press('ArrowUp');
    await seeInPanel(`${node('layer1.0/run')}:focus`);
    await press('Space');
    await seeInPanel(node('layer1.2/branch'));
    await press('Space');
    await goneFromPanel(node('layer1.2/branch'));
  });

  it('opens everything and closes it again', async () => {
    await clickPanel('.controls button', 'Expand');
    await seeInPanel(node('layer1.1.conv2'));
    await collapse();
    assert.equal(await countInPanel(node('layer1.1/branch')), 0);
  });

  it('has a menu that takes keys', async () => {
    await press('+');
    await press('+');
    await seeInPanel('.minimap');
    await clickPanel('button[aria-label="More"]');
    await seeInPanel('#more button:focus', 'Outline');
    await press('ArrowDown');
    await seeInPanel('#more button:focus', 'Map');
    await press('Enter');
    await goneFromPanel('.minimap');
    await press('m');
    await seeInPanel('.minimap');
  });

  it('goes from node to node by the arrow keys, and along the data with Shift', async () => {
    await clickPanel(node('conv1'));
    await press('ArrowDown');
    await seeInPanel(`${selected('bn1')}:focus`);
    await press('End');
    await seeInPanel(`${node('/output')}:focus`);
    await press('Home');
    await seeInPanel(`${node('/input:x')}:focus`);
    await press('Shift+ArrowDown');
    await seeInPanel(`${selected('conv1')}:focus`);
    await press('Shift+ArrowUp');
    await seeInPanel(`${selected('/input:x')}:focus`);
  });

  it('breadcrumbs name the way to the selection, and lead back up', async () => {
    await press('/');
    await type('layer2.0.conv2');
    await seeInPanel(selected('layer2.0.conv2'));
    await press('Escape');
    assert.deepEqual(
      (await textsOfPanel('.crumb')).map((text) => text.trim()),
      ['resnet20()', 'layer2', 'BasicBlock 0', 'conv2'],
    );
    await clickPanel('.crumb', 'layer2');
    await seeInPanel(selected('layer2/stage'));
    await collapse();
  });

  it('finds by name, class, operator and shape', async () => {
    await press('Control+f');
    await seeInPanel('.find input:focus');
    // The key is the panel's: the workbench opens nothing of its own.
    await gone('.find-widget.visible');
    await press('Escape');
    const find = async (query: string, hits: string, first: string): Promise<void> => {
      await press('/');
      await seeInPanel('.find input:focus');
      await type(query);
      await seeInPanel('.find .count', hits);
      await seeInPanel(selected(first));
      await press('Escape');
      await goneFromPanel('.find');
    };
    await find('layer3.2.conv2', '1 of 1', 'layer3.2.conv2');
    await find('avg pool', '1 of 1', '/AveragePool');
    await find('Linear', '1 of 1', 'linear');
    await find('conv 3x3 /2', '1 of 2', 'layer2.0.conv1');
    await find('[*, 64, 8, 8] basicblock', '1 of 8', 'layer3.0/branch');
    // Opened again, it goes on where it was.
    await press('/');
    await seeInPanel('.find .count', '1 of 8');
    await press('Enter');
    await seeInPanel('.find .count', '2 of 8');
    await seeInPanel(`${selected('layer3.0/shortcut')}.current-hit`);
    await press('Shift+Enter');
    await seeInPanel(selected('layer3.0/branch'));
    await press('Escape');
    await press('/');
    await type('nowhere');
    await seeInPanel('.find .count', 'nothing found');
    await press('Escape');
    await goneFromPanel('.find');
    await seeInPanel('g.node.selected:focus');
    await collapse();
  });

  it('the details say everything of a block, and lead to what is connected', async () => {
    await clickPanel(node('layer1.0/merge'));
    await seeInPanel('.details .equation', 'y = σ(F(x, {W}) + x)');
    await seeInPanel('.details .equation', 'F(x, {W}) = BN(W₂ ∗ σ(BN(W₁ ∗ x)))');
    await seeInPanel('.details', 'Skip holds');
    await clickPanel('.details .neighbours button', 'layer1.0');
    await seeInPanel(`${selected('layer1.0/branch')}:focus`);
    const parameters = await textOfPanel('.details .parameters');
    assert.match(parameters, /conv1\.weight\s+\[16, 16, 3, 3\]\s+N\(0, 0\.118²\)/);
    await press('Escape');
    await goneFromPanel('.details');
  });

  it('lights up all paths through a node, from the input to the output', async () => {
    await clickPanel(node('layer1.0/branch'));
    await press('p');
    await seeInPanel('svg.dimmed');
    for (const id of ['conv1', 'layer1.0/branch', 'layer1.0/merge']) await seeInPanel(`${node(id)}.path`);
    await screenshot('paths-light');
    await clickPanel('button[aria-label="Light up its paths"]');
    await goneFromPanel('svg.dimmed');
  });

  it('zooms and pans by wheel, drag, keys and buttons', async () => {
    const canvas = '.stage-area .canvas > svg';
    await press('0');
    const fitted = await scale();
    await press('+');
    const nearer = await scale();
    assert.ok(nearer > fitted);
    await press('-');
    await clickPanel('button[aria-label="Zoom in"]');
    await clickPanel('button[aria-label="Zoom in"]');
    assert.ok((await scale()) > nearer);
    const before = await scale();
    await wheelPanel(canvas, -200, 'Control');
    assert.ok((await scale()) > before);
    const zoomed = await scale();
    for (const move of [() => wheelPanel(canvas, 120), () => dragPanel(canvas, [0.1, 0.5], [30, -80])]) {
      const view = await viewOfPanel();
      await move();
      assert.notEqual(await viewOfPanel(), view);
      assert.equal(await scale(), zoomed);
    }
    await clickPanel('.controls button', 'Fit');
    assert.equal(await scale(), fitted);
  });

  it('the map leads elsewhere', async () => {
    for (let step = 0; step < 4; step++) await press('+');
    await seeInPanel('.minimap');
    const view = await viewOfPanel();
    await clickPanelAt('.minimap', [0.5, 0.9]);
    assert.notEqual(await viewOfPanel(), view);
    await seeInPanel(node('linear'));
    await press('m');
    await goneFromPanel('.minimap');
    await press('m');
    await seeInPanel('.minimap');
  });

  it('says its keys', async () => {
    await press('?');
    await seeInPanel('dialog.help[open]', 'light up all paths');
    await press('Escape');
    await goneFromPanel('dialog.help[open]');
  });

  it('colours by what is known without a profile, each with its scale', async () => {
    const ends: Record<string, RegExp> = {
      params: /parameters 32 params .*K params/,
      macs: /MACs .* MMAC/,
      memory: /activation memory .*kB/,
      skipSteps: /skip lifetime 6 ops \d ops/,
      skipPeak: /skip share of peak memory.*%/,
    };
    for (const [metric, legend] of Object.entries(ends)) {
      await chooseInPanel('.colour select', metric);
      await seeInPanel('rect.heat');
      assert.match((await textOfPanel('.legend .scale')).replaceAll('\n', ' '), legend);
    }
    await chooseInPanel('.colour select', 'none');
    await goneFromPanel('.legend .scale');
  });

  it('has an outline, in step with the drawing, that leads to the source', async () => {
    await press('o');
    await seeInPanel('.outline [role=treeitem]:focus');
    await type('layer3');
    await press('ArrowRight');
    await press('ArrowRight');
    await seeInPanel('.outline [role=treeitem]:focus', 'layer3.0');
    await press('Space');
    await seeInPanel('.outline [aria-selected=true]', 'layer3.0');
    await seeInPanel(selected('layer3.0/branch'));
    await screenshot('outline-light');
    await press('End');
    await press('ArrowUp');
    await press('Enter');
    await seeFocusInEditor();
    await until(vscode.window.onDidChangeTextEditorSelection, () => selectedSource(editor).startsWith('self.linear'));
    await clickPanel('button[aria-label="Close the outline"]');
    await seeInPanel('.outline.unseen');
  });
});
