import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { attributeOfPanel, countInPanel, seeInPanel } from '../support/driver.ts';
import { node, viewOfPanel } from '../support/panel.ts';
import { api, uriOf } from '../support/workspace.ts';
import { FILE, MODEL, whatWasLeft } from './leave.ts';

describe('a window that is reloaded', () => {
  it('shows the same model, as far open and as large, the same block selected', async () => {
    await (await api()).whenDrawn(uriOf(FILE));
    const labels = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
    assert.deepEqual(labels, ['cifar_resnet.py', `cifar_resnet.py: ${MODEL}`]);
    await seeInPanel(`${node('layer1.0.conv2')}.selected`);
    await seeInPanel('.details', 'layer1.0.conv2');
    const { view, scale } = whatWasLeft();
    assert.equal(await attributeOfPanel('.stage-area .canvas', 'data-scale'), scale);
    assert.equal(await viewOfPanel(), view);
    assert.equal(await countInPanel('.minimap'), 0);
  });
});
