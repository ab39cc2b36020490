import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';
import { api, closeAll, openTraced } from '../support/workspace.ts';

const lensesAt = async (document: vscode.TextDocument, line: string): Promise<string> => {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    document.uri,
    100,
  );
  return lenses
    .filter(({ range }) => document.lineAt(range.start.line).text.startsWith(line))
    .map(({ command }) => command!.title)
    .join(' · ');
};

describe('CodeLens', () => {
  afterEach(closeAll);

  it('gives commands and figures over every model of the real resnet.py', async () => {
    const { document } = await openTraced('torchvision/models/resnet.py');
    const figures = {
      resnet18: '11.7 M params · 1.81 GMAC',
      resnet50: '25.6 M params · 4.09 GMAC',
      resnet152: '60.2 M params · 11.5 GMAC',
      wide_resnet50_2: '68.9 M params · 11.4 GMAC',
    };
    for (const [name, size] of Object.entries(figures)) {
      assert.equal(await lensesAt(document, `def ${name}(`), `Preview graph · Profile · ${size}`);
    }
  }).timeout(240_000);

  it('keeps its figures while the file is traced again', async () => {
    const { document } = await openTraced('torchvision/models/resnet.py');
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('trace.timeLimit', 21, vscode.ConfigurationTarget.Global);
    const { whenTraced } = await api();
    let settled = false;
    const settling = whenTraced(document).then(() => (settled = true));
    while (!settled) {
      assert.match(await lensesAt(document, 'def resnet152('), /60.2 M params · 11.5 GMAC$/);
      // Asked without a pause, the extension host would do little else.
      await Promise.race([settling, pause(100)]);
    }
    assert.match(await lensesAt(document, 'def resnet152('), /60.2 M params · 11.5 GMAC$/);
    await settings.update('trace.timeLimit', undefined, vscode.ConfigurationTarget.Global);
  }).timeout(240_000);

  it('can be switched off', async () => {
    const { document } = await openTraced('examples/two_layer_residual.py');
    assert.match(await lensesAt(document, 'class TwoLayerResidual'), /^Preview graph · Profile · 8.32 K params/);
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('codeLens.enable', false, vscode.ConfigurationTarget.Global);
    assert.equal(await lensesAt(document, 'class TwoLayerResidual'), '');
    await settings.update('codeLens.enable', undefined, vscode.ConfigurationTarget.Global);
  });
});
