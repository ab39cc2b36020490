/** The suite that reloads its window: what a user left open comes back. It starts anew with each reload. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { runSuite } from '../support/suite.ts';
import { leaveGoneFile, leavePanel } from './leave.ts';

const place = `${process.env.SKIPSCOPE_RESULTS!}.reloads`;

const reload = async (): Promise<never> => {
  await vscode.commands.executeCommand('workbench.action.reloadWindow');
  return new Promise(() => undefined);
};

export const run = async (): Promise<void> => {
  const reloads = existsSync(place) ? Number(readFileSync(place, 'utf8')) : 0;
  writeFileSync(place, String(reloads + 1));
  if (reloads === 0) {
    await leavePanel();
    return reload();
  }
  if (reloads === 1) {
    await runSuite(() => import('./restored.test.ts')).catch(() => undefined);
    await leaveGoneFile();
    return reload();
  }
  await runSuite(() => import('./gone.test.ts'));
};
