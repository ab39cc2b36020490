import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { press, see, type } from '../support/driver.ts';
import { api, closeAll, openTraced } from '../support/workspace.ts';

describe('a block that needs arguments', () => {
  afterEach(closeAll);

  it('asks for them, draws it, and remembers the answer', async () => {
    const { document } = await openTraced('torchvision/models/resnet.py');
    const draw = async (answer: () => Promise<unknown>): Promise<number> => {
      const opening = vscode.commands.executeCommand(
        'skipscope.openPreview',
        document.uri,
        'BasicBlock(inplanes, planes)',
      );
      await see('.quick-input-widget', 'BasicBlock needs arguments');
      await answer();
      await press('Enter');
      await opening;
      const { skips } = await (await api()).whenDrawn(document.uri);
      assert.equal(vscode.window.tabGroups.all[1]?.activeTab?.label, 'resnet.py: BasicBlock(64, 64)');
      return skips;
    };
    assert.equal(await draw(() => type('64, 64')), 1);
    await vscode.commands.executeCommand('skipscope.openPreview', document.uri, 'resnet18()');
    assert.equal((await (await api()).whenDrawn(document.uri)).skips, 8);
    assert.equal(await draw(() => Promise.resolve()), 1);
  }).timeout(240_000);
});
