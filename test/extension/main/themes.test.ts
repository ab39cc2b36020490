import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { auditPanel, clickPanel, press, screenshot, seeInPanel } from '../support/driver.ts';
import { configure, node, openPreview } from '../support/panel.ts';
import { closeAll } from '../support/workspace.ts';

/** Names of VS Code's own themes, and the class that each gives to the panel. */
const THEMES = {
  light: ['Default Light Modern', 'vscode-light'],
  dark: ['Default Dark Modern', 'vscode-dark'],
  'high-contrast': ['Default High Contrast', 'vscode-high-contrast:not(.vscode-high-contrast-light)'],
  'high-contrast-light': ['Default High Contrast Light', 'vscode-high-contrast-light'],
} as const;

describe('themes', () => {
  let editor: vscode.TextEditor;
  const profile = { 'skipscope.backend': 'wasm', 'skipscope.profile.batch': 4, 'skipscope.profile.seeds': 2 };
  before(async () => {
    for (const [name, value] of Object.entries(profile)) await configure(name, value);
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    editor = await openPreview('examples/cifar_resnet.py', 'resnet20()');
  });
  after(async () => {
    for (const name of [...Object.keys(profile), 'workbench.colorTheme']) await configure(name, undefined);
    await vscode.commands.executeCommand('workbench.action.toggleSidebarVisibility');
    await vscode.commands.executeCommand('skipscope.leaveComparison');
    await closeAll();
  });

  /** What is open is accessible in every theme, contrast included; pictures of it are kept. */
  const look = async (name: string): Promise<void> => {
    for (const [theme, [title, className]] of Object.entries(THEMES)) {
      await configure('workbench.colorTheme', title);
      await seeInPanel(`body.${className} #panel`);
      await screenshot(`${name}-${theme}`);
      assert.deepEqual(await auditPanel(), [], theme);
    }
  };

  it('the details and the outline', async () => {
    await clickPanel(node('layer1.0/merge'));
    await press('o');
    await seeInPanel('.outline [aria-selected=true]', 'layer1.0');
    await look('outline');
    await clickPanel('button[aria-label="Close the outline"]');
    await press('Escape');
  });

  it('the plots of a profile, and its colours', async () => {
    assert.ok(await vscode.commands.executeCommand('skipscope.profileGradientFlow', editor.document.uri, 'resnet20()'));
    await seeInPanel('.plots figure', 'Gradient norm');
    await look('profile');
  }).timeout(240_000);

  it('a comparison, in one drawing and side by side', async () => {
    await vscode.commands.executeCommand('skipscope.compareModels', editor.document.uri, 'resnet20()', 'resnet56()');
    await seeInPanel('.comparison', 'Compared with resnet56()');
    // What is half out of sight is named in full, which the audit takes for another name.
    await clickPanel('.controls button', 'Fit');
    await look('compare-merged');
    await clickPanel('.comparison button', 'Side by side');
    await seeInPanel('.side');
    await look('compare-sides');
  });
});
