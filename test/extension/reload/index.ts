/** The suite that reloads its window: what a user left open comes back. It starts anew with each reload. */

import { existsSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { runSuite } from '../support/suite.ts';
import { leavePanel } from './leave.ts';

const place = `${process.env.SKIPSCOPE_RESULTS!}.reloads`;

export const run = async (): Promise<void> => {
  if (existsSync(place)) return runSuite(() => import('./restored.test.ts'));
  await leavePanel();
  writeFileSync(place, '1');
  await vscode.commands.executeCommand('workbench.action.reloadWindow');
  return new Promise(() => undefined);
};
