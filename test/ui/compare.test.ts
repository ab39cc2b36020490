/** Two networks in the panel: merged and side by side, the list of differences, and back to one. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import type { ModelDocument } from '../../src/protocol/messages.ts';
import { resnetGraph } from '../support/networks.ts';
import { auditAccessibility } from './audit.ts';
import type { PanelPage, PanelSite } from './panelPage.ts';
import { documentOf, openSite } from './panelPage.ts';

let site: PanelSite;
beforeAll(async () => (site = await openSite()));
afterAll(() => site.close());

function compared(before: Graph, after: Graph, notes: readonly string[] = []): ModelDocument {
  const { model, graph, blocks, cost } = documentOf(before);
  return {
    ...documentOf(after),
    against: {
      spec: { kind: 'revision', revision: 'HEAD', title: 'HEAD' },
      title: 'HEAD',
      model,
      graph,
      blocks,
      cost,
      notes,
    },
  };
}

/** One block came and two went. */
const edited = (notes?: readonly string[]): ModelDocument =>
  compared(resnetGraph({ blocks: [2, 4] }), resnetGraph({ blocks: [3, 2] }), notes);

async function openWith(document: ModelDocument, options?: Parameters<PanelSite['open']>[0]): Promise<PanelPage> {
  const panel = await site.open({ width: 1100, ...options });
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document });
  await panel.waitFor('drawn');
  return panel;
}

const node = (panel: PanelPage, id: string) => panel.page.locator(`g.node[data-id="${id}"]`);
const side = (panel: PanelPage, id: string) => panel.page.locator(`.side g.node[data-id="${id}"]`);
const lines = (panel: PanelPage) => panel.page.locator('.differences li button');

test('what was added and removed is marked in one drawing, with signs and in words', async () => {
  const panel = await openWith(edited(['blocks.py is of the working copy.']));
  expect(await node(panel, 'layer1.2/branch').getAttribute('aria-label')).toMatch(/^added: BasicBlock/);
  expect(await node(panel, 'layer1.2/branch').locator('.sign-text').textContent()).toBe('+');
  const ghost = node(panel, '−layer2.2/run');
  expect(await ghost.getAttribute('aria-label')).toMatch(/^removed: 2 × BasicBlock/);
  expect(await ghost.locator('.box').evaluate('(box) => getComputedStyle(box).strokeDasharray')).not.toBe('none');
  const bar = panel.page.getByRole('region', { name: 'Comparison' });
  expect(await bar.textContent()).toMatch(/params\s*[\d.]+ K → [\d.]+ K \(−[\d.]+ K\)/);
  expect(await bar.textContent()).toContain('blocks.py is of the working copy.');
  expect(await panel.page.locator('.legend').textContent()).toMatch(/added.*removed/s);
  expect(await auditAccessibility(panel.page)).toEqual([]);
  expect(panel.complaints).toEqual([]);
  await panel.picture('compare-merged');
  await panel.close();
});

test('the list of differences leads to each by keyboard, into closed blocks too', async () => {
  const panel = await openWith(edited(), { reducedMotion: true });
  expect(await lines(panel).allTextContents()).toEqual([
    expect.stringMatching(/added\s+layer1.2/),
    expect.stringMatching(/removed\s+layer2.2–3\s*×2/),
  ]);
  await lines(panel).first().focus();
  await panel.page.keyboard.press('ArrowDown');
  await panel.page.keyboard.press('Enter');
  await expect.poll(async () => (await panel.state()).selected).toBe('−layer2.2/branch');
  expect(await lines(panel).nth(1).getAttribute('aria-current')).toBe('true');
  const details = panel.page.getByRole('complementary', { name: 'Details of the selection' });
  await details.getByText('removed', { exact: true }).waitFor();
  await panel.page.getByRole('button', { name: '1 added, 2 removed' }).click();
  await expect.poll(() => lines(panel).count()).toBe(0);
  await panel.close();
});

test('side by side, each drawing shows its own and what is selected in one is selected in both', async () => {
  const panel = await openWith(edited());
  await panel.page.getByRole('button', { name: 'Side by side' }).click();
  await side(panel, 'layer2.1/branch').waitFor();
  expect(await panel.page.locator('.sheet g.node[data-id^="−"]').count()).toBe(0);
  expect(await side(panel, 'layer2.2/run').getAttribute('class')).toContain('diff-removed');
  await side(panel, 'layer2.0/branch').click();
  await expect.poll(async () => (await panel.state()).selected).toBe('layer2.0/branch');
  expect(await panel.page.locator('.sheet g.node.selected').getAttribute('data-id')).toBe('layer2.0/branch');
  expect(await panel.page.locator('.side g.node.selected').getAttribute('data-id')).toBe('layer2.0/branch');
  expect((await panel.state()).sideBySide).toBe(true);
  expect(await auditAccessibility(panel.page)).toEqual([]);
  await panel.picture('compare-sides');
  await panel.page.getByRole('button', { name: 'Merged' }).click();
  await node(panel, '−layer2.2/run').waitFor();
  expect(await panel.page.locator('.side').count()).toBe(0);
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

test('a comparison that comes while the network alone is being drawn is drawn', async () => {
  const panel = await openWith(documentOf(resnetGraph({ blocks: [1] })));
  const next = edited();
  const { against: _, ...alone } = next;
  await Promise.all([
    panel.post({ type: 'show', revision: 2, document: alone }),
    panel.post({ type: 'show', revision: 3, document: next }),
  ]);
  const drawn = async () => (await panel.messages()).filter(({ type }) => type === 'drawn').at(-1);
  await expect.poll(drawn, { timeout: 20_000 }).toMatchObject({ revision: 3 });
  await panel.page.locator('g.node.diff-added').first().waitFor();
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

test('an edit is compared anew, and leaving the comparison shows the network alone', async () => {
  const panel = await openWith(edited());
  await panel.post({
    type: 'show',
    revision: 2,
    document: compared(resnetGraph({ blocks: [2, 4] }), resnetGraph({ blocks: [2, 4] })),
  });
  await panel.page.getByText('Both networks are the same.').waitFor();
  await panel.page.getByRole('button', { name: 'Leave the comparison' }).click();
  expect(await panel.waitFor('compare')).toEqual({ type: 'compare', with: null });
  await panel.post({ type: 'show', revision: 3, document: documentOf(resnetGraph({ blocks: [3, 2] })) });
  await panel.page.locator('.comparison').waitFor({ state: 'detached' });
  expect(await panel.page.locator('[class*="diff-"], .differences').count()).toBe(0);
  await panel.page.getByRole('button', { name: 'More' }).click();
  await panel.page.getByRole('menuitem', { name: 'Compare with Git HEAD' }).click();
  const asked = async () => (await panel.messages()).filter(({ type }) => type === 'compare');
  await expect.poll(async () => (await asked()).at(-1)).toEqual({ type: 'compare', with: 'head' });
  await panel.close();
});

test('from afar what is said of the blocks is what is seen of them', async () => {
  const document = compared(resnetGraph({ blocks: [9, 9, 9] }), resnetGraph({ blocks: [3, 3, 3] }));
  const panel = await openWith(document, { width: 760, height: 500 });
  await panel.page.getByRole('button', { name: 'Fit' }).click();
  await panel.page.locator('svg.far').waitFor();
  expect(await auditAccessibility(panel.page)).toEqual([]);
  await panel.close();
});

test('an ONNX file is compared with files alone, and a panel of its own has nothing to lock', async () => {
  const panel = await openWith({ ...documentOf(resnetGraph()), hasSource: false });
  await panel.page.getByRole('button', { name: 'More' }).click();
  const entries = await panel.page.getByRole('menu', { name: 'More' }).locator('button').allInnerTexts();
  expect(entries.filter((entry) => /Compare|Stay/.test(entry)).map((entry) => entry.trim())).toEqual([
    'Compare with a file…',
  ]);
  await panel.post({ type: 'lock', locked: true });
  await panel.page.getByRole('menuitemcheckbox', { name: 'Stay with this model' }).click();
  expect(await panel.waitFor('setLock')).toEqual({ type: 'setLock', locked: false });
  await panel.close();
});

test.each(['dark', 'high-contrast', 'high-contrast-light'] as const)('the marks are seen in %s', async (theme) => {
  const bottlenecks = compared(resnetGraph({ blocks: [2, 3] }), resnetGraph({ blocks: [3, 2], block: 'bottleneck' }));
  const panel = await openWith(bottlenecks, { theme });
  expect(await node(panel, 'layer1.0/branch').getAttribute('class')).toContain('diff-changed');
  await lines(panel).first().click();
  await panel.page.locator('.details .changes').getByText('class BasicBlock → Bottleneck').waitFor();
  expect(await auditAccessibility(panel.page)).toEqual([]);
  await panel.picture(`compare-${theme}`);
  await panel.close();
});
