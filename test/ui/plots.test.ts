/** The profile's part of the panel: plots by pointer and keys, linked with the graph; numbers, runs, pictures. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostMessage, ProfileChoice, RunSummary } from '../../src/protocol/messages.ts';
import { resnetGraph } from '../support/networks.ts';
import { sampleReport } from '../support/reports.ts';
import { auditAccessibility } from './audit.ts';
import type { PanelPage, PanelSite } from './panelPage.ts';
import { documentOf, openSite } from './panelPage.ts';

let site: PanelSite;
beforeAll(async () => (site = await openSite()));
afterAll(() => site.close());

const net = documentOf(resnetGraph({ blocks: [3, 3, 3], width: 8, batch: 2, size: 16, shortcut: 'pad' }), 'resnet20()');
const choice: ProfileChoice = { ablations: ['plain'], seeds: 0, batch: 0, mode: 'train', deep: [], weights: null };
const summary = (id: string, name: string): RunSummary => ({
  ...{ id, name, uri: net.uri, file: 'net.py', model: 'resnet20()', time: 1e12 },
  conditions: 'WebAssembly, 2 threads · train · batch 32',
});

async function openPanel(options: Parameters<PanelSite['open']>[0] = {}): Promise<PanelPage> {
  const panel = await site.open({ width: 1000, height: 900, ...options });
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document: net });
  await panel.waitFor('drawn');
  await panel.post({ type: 'runs', runs: [summary('b', 'second'), summary('a', 'first')], choice });
  await panel.post({ type: 'report', run: 'a', report: sampleReport(), overlay: false });
  await panel.page.locator('.plots figure').first().waitFor();
  return panel;
}

test('the verdicts, the conditions and the plots of a report are shown', async () => {
  const panel = await openPanel();
  const { page } = panel;
  expect(await page.locator('.verdict').allTextContents()).toHaveLength(2);
  expect(await page.locator('.verdict').nth(1).textContent()).toContain('explodes');
  expect(await page.locator('.conditions').textContent()).toContain('95 % confidence');
  await page.locator('.verdict summary').click();
  expect(await page.locator('.verdict li').first().textContent()).toContain('at most ×1.1');
  expect(await page.locator('.plot[data-figure="gradient"] path.band').count()).toBe(2);
  expect(await page.locator('.plot[data-figure="gradient"]').textContent()).toContain('layer2');
  await panel.picture('plots-light');
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

test('the gradient’s plot has the room of four where there are three columns', async () => {
  const panel = await openPanel({ width: 1180 });
  const box = async (id: string) => (await panel.page.locator(`.plot[data-figure="${id}"] svg`).boundingBox())!;
  const [lead, second, third] = [await box('gradient'), await box('activation'), await box('split')];
  expect(lead.width).toBeGreaterThan(2 * second.width);
  expect(lead.height).toBeGreaterThan(2 * second.height);
  expect(Math.abs(lead.y + lead.height - third.y - third.height)).toBeLessThan(2);
  await panel.close();
});

test('arrow keys move the cursor, Enter selects the block, and the graph and the plots mark it', async () => {
  const panel = await openPanel();
  const { page } = panel;
  const plot = page.getByRole('slider', { name: 'Gradient norm' });
  await plot.focus();
  await page.keyboard.press('End');
  expect(await plot.getAttribute('aria-valuetext')).toMatch(/^layer3\.2, with skips [\d.]+, plain twin [\d.]+$/);
  await page.keyboard.press('ArrowLeft');
  expect(await plot.getAttribute('aria-valuenow')).toBe('8');
  // One cursor goes through every plot over blocks.
  expect(await page.locator('.plot[data-figure="activation"] .cross').count()).toBe(1);
  await page.keyboard.press('Enter');
  await page.locator('.details').waitFor();
  expect(await page.locator('.details').textContent()).toContain('layer3.1');
  expect(await page.locator('.skf .selected').count()).toBeGreaterThan(4);
  // Sizes of the selected block's numbers.
  expect(await page.locator('.plot[data-figure="histogram-activation"]').textContent()).toContain('layer3.1');
  await page.keyboard.press('Escape');
  expect(await page.locator('.cross').count()).toBe(0);

  await page.getByRole('button', { name: 'Fit', exact: true }).click();
  await page.locator('g.node[data-id="layer2.0/branch"]').hover();
  await page.locator('.skf .hovered').first().waitFor({ state: 'attached' });
  await panel.close();
});

test('a plot is enlarged and comes back, and the pane is made taller by keys', async () => {
  const panel = await openPanel();
  const { page } = panel;
  const splitter = page.getByRole('separator', { name: 'Height of the profile' });
  await splitter.focus();
  await page.keyboard.press('ArrowUp');
  expect(await splitter.getAttribute('aria-valuenow')).toBe('55');
  expect((await panel.state()).profile!.height).toBeCloseTo(0.55, 5);
  await page.getByRole('slider', { name: 'Gradient norm' }).focus();
  await page.getByRole('button', { name: 'Enlarge this plot' }).first().click();
  expect(await page.locator('.plot:not([hidden])').count()).toBe(1);
  await page.keyboard.press('Escape');
  expect(await page.locator('.plot:not([hidden])').count()).toBeGreaterThan(5);
  await panel.close();
});

test('the numbers are a table, and runs are laid over one another, renamed and deleted', async () => {
  const panel = await openPanel();
  const { page } = panel;
  await page.getByRole('button', { name: 'Numbers' }).click();
  expect(await page.locator('.numbers tbody tr').count()).toBe(9);
  await page.getByRole('button', { name: 'Numbers' }).click();

  await page.getByRole('button', { name: 'Runs (2)' }).click();
  await page.locator('.runs').getByLabel('compare').check();
  expect(await panel.waitFor('openRun')).toMatchObject({ run: 'b', overlay: true });
  await panel.post({ type: 'report', run: 'b', report: sampleReport({ growth: 1.2 }), overlay: true });
  await page.locator('.plot[data-figure="gradient"] text.name', { hasText: 'second' }).waitFor();
  await page.getByRole('button', { name: 'Rename first' }).click();
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('baseline');
  await page.keyboard.press('Enter');
  expect(await panel.waitFor('renameRun')).toMatchObject({ run: 'a', name: 'baseline' });
  await page.getByRole('button', { name: 'Delete second' }).click();
  expect(await panel.waitFor('deleteRun')).toMatchObject({ run: 'b' });
  await page.getByRole('button', { name: 'Export…' }).click();
  expect(await panel.waitFor('exportProfile')).toMatchObject({ runs: ['a', 'b'], figures: null });
  await panel.picture('plots-runs');
  await panel.close();
});

test('what to measure is chosen, kept, and asked for with the profile', async () => {
  const panel = await openPanel();
  const { page } = panel;
  await page.getByRole('button', { name: 'Measure…' }).click();
  await page.getByLabel('scale-matched').check();
  await page.getByLabel('paths').check();
  await page.getByLabel('Weight draws').selectOption('3');
  await page.getByRole('button', { name: 'Gradient flow' }).click();
  const asked = await panel.waitFor('requestProfile');
  expect(asked.choice).toEqual({ ...choice, ablations: ['plain', 'scale-matched'], seeds: 3, deep: ['paths'] });
  expect((await panel.state()).profile!.choice).toEqual(asked.choice);
  await page.getByRole('button', { name: 'drawn as the code says…' }).click();
  await panel.waitFor('chooseWeights');
  const weights = { uri: 'file:///w/resnet20.safetensors', name: 'resnet20.safetensors' };
  await panel.post({ type: 'weightsChosen', weights });
  await page.getByRole('button', { name: weights.name }).waitFor();
  expect(await page.getByLabel('Weight draws').count()).toBe(0);
  await panel.picture('plots-weights');
  expect((await panel.state()).profile!.choice!.weights).toEqual(weights);
  await page.getByRole('button', { name: 'Draw the weights' }).click();
  await page.getByLabel('Weight draws').waitFor();
  await panel.close();
});

test('without a GPU the profile is handed over, followed, and cancelled', async () => {
  const panel = await openPanel();
  const { page } = panel;
  const request: Extract<HostMessage, { type: 'profile' }> = {
    type: 'profile',
    id: 7,
    graph: net.graph,
    blocks: net.blocks,
    weights: null,
    backend: 'auto',
    allowSoftware: false,
    canHandOver: true,
    options: { gradients: true, seeds: 1, loss: 'random-labels' },
  };
  await panel.post(request);
  expect((await panel.waitFor('profileHandedOver')).reason).toContain('software');
  await panel.post({ type: 'profileEvent', id: 7, event: { type: 'progress', text: 'Seed 1 of 5', fraction: 0.2 } });
  await page.getByText('Seed 1 of 5').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await panel.waitFor('profileFailed')).toMatchObject({ id: 7, cancelled: true });
  await panel.post({ ...request, id: 8 });
  await panel.post({ type: 'profileEvent', id: 8, event: { type: 'done', report: sampleReport({ seeds: 1 }) } });
  await page.getByText('1 weight draw ·').waitFor();
  await panel.close();
});

test('a picture becomes a PNG', async () => {
  const panel = await openPanel();
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20"/></svg>';
  await panel.post({ type: 'rasterise', id: 1, svg, scale: 2 });
  await panel.waitFor('rasterised');
  const numbers = await panel.page.evaluate(() => {
    const { posted } = globalThis as unknown as { posted: { type: string; png?: ArrayBuffer }[] };
    const view = new DataView(posted.find(({ type }) => type === 'rasterised')!.png!);
    return [view.getUint32(0), view.getUint32(16), view.getUint32(20)];
  });
  // The signature, the width and the height.
  expect(numbers).toEqual([0x89504e47, 60, 40]);
  await panel.close();
});

test.each(['light', 'dark', 'high-contrast'] as const)('the profile is accessible in the %s theme', async (theme) => {
  const panel = await openPanel({ theme });
  await panel.page.getByRole('button', { name: 'Runs (2)' }).click();
  await panel.page.getByRole('button', { name: 'Measure…' }).click();
  await panel.page.getByText('Time and memory').click();
  await panel.picture(`plots-${theme}`);
  expect(await auditAccessibility(panel.page)).toEqual([]);
  await panel.page.getByRole('button', { name: 'Numbers' }).click();
  expect(await auditAccessibility(panel.page)).toEqual([]);
  await panel.close();
});
