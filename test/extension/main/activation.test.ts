import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { gone, see } from '../support/driver.ts';
import { open } from '../support/workspace.ts';

const extension = vscode.extensions.getExtension('skipscope.skipscope')!;

describe('activation', () => {
  it('starts when a Python file is opened', async () => {
    await open('examples/two_layer_residual.py');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers every command that the manifest names', async () => {
    const registered = await vscode.commands.getCommands(true);
    const named = extension.packageJSON.contributes.commands.map(({ command }: { command: string }) => command);
    assert.ok(named.length >= 5);
    assert.deepEqual(
      named.filter((command: string) => !registered.includes(command)),
      [],
    );
  });

  it('shows its icon over model files and no other Python file', async () => {
    await open('examples/cifar_resnet.py');
    await see('.editor-actions .action-label[aria-label*="Open Graph Preview"]');
    await open('torchvision/version.py');
    await gone('.editor-actions .action-label[aria-label*="Open Graph Preview"]');
  });

  it('has a manifest default for every setting that it reads', () => {
    for (const name of Object.keys(extension.packageJSON.contributes.configuration.properties)) {
      assert.notEqual(vscode.workspace.getConfiguration().get(name), undefined, name);
    }
  });
});
