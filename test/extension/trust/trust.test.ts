import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { click, screenshot, see } from '../support/driver.ts';
import { api, open, problemsOf } from '../support/workspace.ts';

/** Command lines of this system's processes that run Skipscope's interpreter for this extension host. */
const interpreters = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return parent === String(process.pid) && command.includes('tracer.mjs') ? [command] : [];
      } catch {
        return []; // The process ended while it was looked at.
      }
    });

describe('workspace trust', () => {
  it('runs nothing in a restricted workspace, and the commands say why', async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const { document } = await open('examples/mismatched_skip.py');
    const skipscope = await api();
    assert.equal(await vscode.commands.executeCommand('skipscope.profileGradientFlow'), null);
    await vscode.commands.executeCommand('skipscope.openPreview');
    await vscode.commands.executeCommand('workbench.action.files.save');
    // While extensions are tested, VS Code keeps messages out of sight until one asks for them.
    await vscode.commands.executeCommand('notifications.showList');
    await see('.notification-list-item-message', 'Restricted Mode');
    await screenshot('restricted-light');
    assert.equal(skipscope.traceCount(), 0);
    assert.deepEqual(interpreters(), []);
    assert.deepEqual(problemsOf(document), []);
    assert.equal(vscode.window.tabGroups.all.length, 1);
  });

  it('starts when trust is granted', async () => {
    const granted = new Promise((resolve) => vscode.workspace.onDidGrantWorkspaceTrust(resolve));
    await vscode.commands.executeCommand('workbench.trust.manage');
    await click('.workspace-trust-editor .monaco-button:has-text("Trust")');
    await granted;
    const { document } = await open('examples/mismatched_skip.py');
    await (await api()).whenTraced(document);
    assert.equal(problemsOf(document).length, 1);
    assert.equal(interpreters().length, 1);
  });
});
