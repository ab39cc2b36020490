/** What a window holds when it is reloaded. */

import { readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { attributeOfPanel, clickPanel, press, seeInPanel } from '../support/driver.ts';
import { node, openPreview, viewOfPanel } from '../support/panel.ts';
import { uriOf } from '../support/workspace.ts';

export const FILE = 'examples/cifar_resnet.py';
/** Not the one that the file would choose. */
export const MODEL = 'resnet56()';

interface Left {
  readonly view: string | null;
  readonly scale: string | null;
}

const place = `${process.env.SKIPSCOPE_RESULTS!}.left`;

export const whatWasLeft = (): Left => JSON.parse(readFileSync(place, 'utf8')) as Left;

/** A preview with a block open and selected, the outline and the map changed, zoomed. */
export const leavePanel = async (): Promise<void> => {
  await openPreview(FILE, MODEL);
  await clickPanel(`${node('layer1.0/branch')} .toggle`);
  await clickPanel(node('layer1.0.conv2'));
  await press('m');
  await press('+');
  await seeInPanel(`${node('layer1.0.conv2')}.selected`);
  const left: Left = { view: await viewOfPanel(), scale: await attributeOfPanel('.stage-area .canvas', 'data-scale') };
  writeFileSync(place, JSON.stringify(left));
};

/** A preview, of a file that is no more. */
export const leaveGoneFile = async (): Promise<void> => {
  await vscode.window.tabGroups.close(vscode.window.tabGroups.all[0]!.tabs);
  await vscode.workspace.fs.delete(uriOf(FILE));
};
