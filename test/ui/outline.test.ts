/** The outline beside the drawing: a tree for the keyboard and for screen readers, in real Chromium. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { resnetGraph } from '../support/networks.ts';
import { auditAccessibility } from './audit.ts';
import type { PanelPage, PanelSite } from './panelPage.ts';
import { documentOf, openSite } from './panelPage.ts';

let site: PanelSite;
beforeAll(async () => (site = await openSite()));
afterAll(() => site.close());

const net = documentOf(resnetGraph({ block: 'bottleneck', blocks: [3, 4, 6, 3], width: 16, size: 64 }), 'resnet50()');

async function openPanel(options?: Parameters<PanelSite['open']>[0], document = net): Promise<PanelPage> {
  const panel = await site.open({ reducedMotion: true, width: 1000, ...options });
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document });
  await panel.waitFor('drawn');
  return panel;
}

const focused = (panel: PanelPage) => panel.page.locator(':focus').getAttribute('data-id');
const row = (panel: PanelPage, id: string) => panel.page.locator(`[role=treeitem][data-id="${id}"]`);

test('keys walk the tree, open it, select in the drawing and go to the source', async () => {
  const panel = await openPanel();
  const { keyboard } = panel.page;
  await keyboard.press('o');
  await panel.page.getByRole('tree').waitFor();
  const tops = await panel.page.getByRole('treeitem').count();
  await keyboard.press('End');
  await keyboard.press('Home');
  const first = await focused(panel);
  // Letters go to what begins with them.
  await keyboard.type('layer3');
  expect(await focused(panel)).toBe('layer3/stage');
  await keyboard.press('ArrowRight');
  expect(await panel.page.getByRole('treeitem').count()).toBeGreaterThan(tops);
  await keyboard.press('ArrowRight');
  const inside = await focused(panel);
  expect(inside).not.toBe('layer3/stage');
  await keyboard.press(' ');
  await expect.poll(async () => (await panel.state()).selected).toBe(inside);
  expect(await row(panel, inside!).getAttribute('aria-selected')).toBe('true');
  await keyboard.press('ArrowLeft');
  await keyboard.press('ArrowLeft');
  expect(await panel.page.getByRole('treeitem').count()).toBe(tops);
  await keyboard.press('Home');
  expect(await focused(panel)).toBe(first);
  await panel.picture('outline');
  await panel.close();
});

test('what is selected in the drawing is opened and selected in the tree', async () => {
  const panel = await openPanel();
  await panel.page.keyboard.press('Control+f');
  await panel.page.getByRole('searchbox', { name: 'Find in the graph' }).fill('layer3.2.conv2');
  await expect.poll(() => row(panel, 'layer3.2.conv2').getAttribute('aria-selected')).toBe('true');
  const said = await row(panel, 'layer3.2.conv2').locator('.unseen').textContent();
  expect(said).toMatch(/conv 3×3.*layer3\.2\.conv2.*output/);
  await panel.close();
});

test('hidden, it is there for screen readers, and comes with the focus', async () => {
  const panel = await openPanel();
  const tree = panel.page.getByRole('tree');
  expect(await tree.count()).toBe(1);
  const width = async (): Promise<number> => (await panel.page.locator('.outline').boundingBox())!.width;
  expect(await width()).toBeLessThan(5);
  await panel.page.getByRole('treeitem').first().focus();
  expect(await width()).toBeGreaterThan(200);
  await panel.close();
});

test('of ten thousand operations, only what is open is in the page', async () => {
  const deep = documentOf(resnetGraph({ block: 'bottleneck', blocks: [365, 365, 268], width: 4, batch: 1 }), 'deep()');
  const panel = await openPanel({}, deep);
  await panel.page.keyboard.press('o');
  expect(await panel.page.getByRole('treeitem').count()).toBeLessThan(60);
  await panel.close();
});

test.each(['light', 'dark', 'high-contrast'] as const)('the outline is accessible in the %s theme', async (theme) => {
  const panel = await openPanel({ theme });
  await panel.page.keyboard.press('o');
  await panel.page.keyboard.type('layer2');
  await panel.page.keyboard.press('ArrowRight');
  await panel.page.keyboard.press(' ');
  await expect.poll(async () => (await panel.state()).selected).toBe('layer2/stage');
  await panel.picture(`outline-${theme}`);
  expect(await auditAccessibility(panel.page)).toEqual([]);
  await panel.close();
});
