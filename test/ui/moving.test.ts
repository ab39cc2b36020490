/** Moving about in the panel: search, breadcrumbs, map, paths, problems, menus, help; in real Chromium. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resnetGraph } from '../support/networks.ts';
import type { PanelPage, PanelSite } from './panelPage.ts';
import { documentOf, openSite } from './panelPage.ts';

const resnet50 = () =>
  documentOf(resnetGraph({ block: 'bottleneck', blocks: [3, 4, 6, 3], width: 64, size: 64 }), 'resnet50()');

let site: PanelSite;
beforeAll(async () => (site = await openSite()));
afterAll(() => site.close());

async function openWith(
  document: ReturnType<typeof documentOf>,
  options?: Parameters<PanelSite['open']>[0],
): Promise<PanelPage> {
  const panel = await site.open({ reducedMotion: true, ...options });
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document });
  await panel.waitFor('drawn');
  return panel;
}

const node = (panel: PanelPage, id: string) => panel.page.locator(`g.node[data-id="${id}"]`);
const transform = (panel: PanelPage) => panel.page.locator('.canvas > svg > g').getAttribute('transform');
const selected = async (panel: PanelPage) => (await panel.state()).selected;

async function violations(panel: PanelPage): Promise<unknown> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await panel.page.evaluate(axe);
  return panel.page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`,
  );
}

test('search counts, opens what hides the hit, and goes round', async () => {
  const panel = await openWith(resnet50());
  await panel.page.keyboard.press('Control+f');
  const field = panel.page.getByRole('searchbox', { name: 'Find in the graph' });
  await field.fill('layer3.2.conv2');
  await panel.page.getByText('1 of 1').waitFor();
  await node(panel, 'layer3.2.conv2').waitFor();
  expect(await selected(panel)).toBe('layer3.2.conv2');
  await field.fill('[*, 512, *, *]');
  const count = panel.page.locator('.find .count');
  await expect.poll(() => count.textContent()).toMatch(/^1 of /);
  const total = Number((await count.textContent())!.split(' of ')[1]);
  expect(total).toBeGreaterThan(20);
  const first = await selected(panel);
  await field.press('Shift+Enter');
  await panel.page.getByText(`${total} of ${total}`, { exact: true }).waitFor();
  await field.press('Enter');
  await panel.page.getByText(`1 of ${total}`, { exact: true }).waitFor();
  // The hit is selected once the groups around it are open.
  await expect.poll(() => selected(panel)).toBe(first);
  await panel.picture('search');
  // Opened again, it goes on where it was.
  await field.press('Enter');
  await panel.page.getByText(`2 of ${total}`, { exact: true }).waitFor();
  const second = await selected(panel);
  await field.press('Escape');
  await field.waitFor({ state: 'detached' });
  await panel.page.keyboard.press('/');
  await panel.page.getByText(`2 of ${total}`, { exact: true }).waitFor();
  await field.press('Shift+Enter');
  await panel.page.getByText(`1 of ${total}`, { exact: true }).waitFor();
  await expect.poll(() => selected(panel)).not.toBe(second);
  await field.fill('nowhere');
  await panel.page.getByText('nothing found').waitFor();
  await field.press('Escape');
  await field.waitFor({ state: 'detached' });
  expect(await panel.page.evaluate('document.activeElement.dataset.id')).toBe(first);
  await panel.close();
});

test('breadcrumbs lead from the model to the selection, and back up', async () => {
  const panel = await openWith(resnet50());
  await node(panel, 'layer1.1/branch').locator('.toggle').click();
  await node(panel, 'layer1.1.conv2').click();
  const crumbs = panel.page.getByRole('navigation', { name: 'Where you are' }).getByRole('button');
  expect((await crumbs.allTextContents()).map((text) => text.trim())).toEqual([
    'ResNet',
    'layer1',
    'Bottleneck ×2',
    'Bottleneck 1',
    'conv2',
  ]);
  await crumbs.nth(1).click();
  expect(await selected(panel)).toBe('layer1/stage');
  await panel.close();
});

test('the map shows what is in sight, and leads elsewhere', async () => {
  const panel = await openWith(resnet50());
  const map = (await panel.page.locator('.minimap').boundingBox())!;
  const before = (await panel.page.locator('.minimap .frame').boundingBox())!;
  await panel.page.mouse.click(map.x + map.width / 2, map.y + map.height * 0.9);
  const after = (await panel.page.locator('.minimap .frame').boundingBox())!;
  expect(after.y).toBeGreaterThan(before.y + map.height / 2);
  await panel.page.locator('.canvas').hover();
  await panel.page.keyboard.press('m');
  await panel.page.locator('.minimap').waitFor({ state: 'detached' });
  expect((await panel.state()).minimap).toBe(false);
  await panel.close();
});

test('a narrow panel shows its bar whole, and no map over the drawing', async () => {
  const panel = await openWith(documentOf(resnet50().graph, 'mobilenet_v3_large(weights=None)'), { width: 420 });
  const bar = (await panel.page.getByRole('toolbar', { name: 'Graph' }).boundingBox())!;
  for (const control of await panel.page.getByRole('toolbar', { name: 'Graph' }).locator('button, select').all()) {
    const box = await control.boundingBox();
    if (box) expect(box.x + box.width).toBeLessThanOrEqual(bar.x + bar.width);
  }
  const model = panel.page.getByLabel('Model');
  expect(await model.evaluate((select) => select.scrollWidth <= select.clientWidth)).toBe(true);
  await expect(panel.page.locator('.minimap').isVisible()).resolves.toBe(false);
  // Its figures and what it is coloured by are named, and nothing lies over the drawing.
  const figures = panel.page.locator('.figures');
  expect(await figures.evaluate((text) => text.scrollWidth <= text.clientWidth)).toBe(true);
  expect((await panel.page.getByText('Colour by').boundingBox())!.width).toBeGreaterThan(40);
  const drawn = (await panel.page.locator('.canvas').boundingBox())!;
  for (const bar of ['.crumbs', '.controls']) {
    const box = (await panel.page.locator(bar).boundingBox())!;
    expect(box.y + box.height).toBeLessThanOrEqual(drawn.y);
    expect(box.x + box.width).toBeLessThanOrEqual(drawn.x + drawn.width);
  }
  await panel.picture('narrow');
  await panel.page.setViewportSize({ width: 800, height: 1000 });
  await panel.page.locator('.minimap').waitFor();
  await panel.close();
});

test('paths through a node light up, and Shift with the arrows follows the data', async () => {
  const panel = await openWith(resnet50());
  await node(panel, 'layer2.0/branch').click();
  await panel.page.keyboard.press('p');
  await panel.page.locator('svg.dimmed').waitFor();
  expect(await node(panel, 'layer1.0/branch').getAttribute('class')).toContain('path');
  expect(await node(panel, 'layer2.0/shortcut').getAttribute('class')).not.toContain('path');
  await panel.picture('paths');
  await panel.page.keyboard.press('Shift+ArrowDown');
  await panel.page.waitForFunction(`document.activeElement.dataset.id === 'layer2.0/merge'`);
  await panel.page.keyboard.press('Shift+ArrowUp');
  await panel.page.waitForFunction(`document.activeElement.dataset.id === 'layer2.0/branch'`);
  const details = panel.page.getByRole('complementary', { name: 'Details of the selection' });
  await details.getByRole('button', { name: 'Light up its paths' }).click();
  expect(await panel.page.locator('svg.dimmed').count()).toBe(0);
  await panel.close();
});

test('problems are counted, marked, and lead to their place', async () => {
  const panel = await openWith(documentOf(resnetGraph({ mismatched: 'layer2.0' }), 'mismatched()'));
  expect(await node(panel, 'layer2.0/merge').getAttribute('class')).toContain('has-error');
  await panel.page.getByRole('button', { name: '1 problem' }).click();
  await panel.picture('problems');
  const count = (await panel.messages()).length;
  await panel.page.locator('#problems button').click();
  expect((await panel.waitFor('openSource', count)).focus).toBe(false);
  expect(await selected(panel)).toBe('layer2.0/merge');
  await panel.close();
});

test('the details show equation, parameters with their first values, memory, and what is connected', async () => {
  const panel = await openWith(resnet50());
  await node(panel, 'layer1.1/merge').click();
  const details = panel.page.getByRole('complementary', { name: 'Details of the selection' });
  const text = await details.textContent();
  expect(text).toContain('F(x, {W}) = BN(W₃ ∗ σ(BN(W₂ ∗ σ(BN(W₁ ∗ x)))))');
  expect(text).toContain('σ = ReLU');
  expect(text).toMatch(/Skip holds\s*8\.39 MB for 9 operations, not at the peak/);
  await details.getByRole('button', { name: 'layer1.1', exact: true }).click();
  expect(await selected(panel)).toBe('layer1.1/branch');
  expect(await details.locator('.parameters').textContent()).toMatch(
    /conv1\.weight\s*\[64, 256, 1, 1\]\s*N\(0, 0\.177²\)/,
  );
  await panel.picture('details');
  await panel.page.evaluate(`navigator.clipboard.writeText = async (text) => void (globalThis.copied = text)`);
  await details.getByRole('button', { name: 'Copy the equation' }).click();
  expect(await panel.page.evaluate('globalThis.copied')).toMatch(/^y = σ\(F\(x, \{W\}\) \+ x\)\nF/);
  await panel.close();
});

test('colours by activation memory and by how long the skips hold theirs', async () => {
  const panel = await openWith(resnet50());
  for (const metric of ['memory', 'skipSteps', 'skipPeak']) {
    await panel.page.getByLabel('Colour by').selectOption(metric);
    // Of what is in sight.
    expect(await panel.page.locator('rect.heat').count()).toBeGreaterThan(3);
    await panel.picture(`colour-${metric}`);
  }
  await panel.close();
});

test.each([
  [900, 'light'],
  [560, 'dark'],
  [900, 'high-contrast'],
] as const)(
  'at %i px, %s: the bar is one line, two where it is narrow, the menu and the help are accessible',
  async (width, theme) => {
    const panel = await openWith(
      documentOf(resnetGraph({ mismatched: 'layer2.0' }), 'resnet_with_a_long_name(depth=50)'),
      {
        width,
        theme,
      },
    );
    expect((await panel.page.locator('.toolbar').boundingBox())!.height).toBeLessThan(width < 620 ? 76 : 42);
    expect(await panel.page.evaluate('document.querySelector(".toolbar").scrollWidth <= innerWidth')).toBe(true);
    await node(panel, 'layer1.0/branch').click();
    await panel.page.keyboard.press('/');
    await panel.page.getByRole('searchbox').fill('conv');
    await panel.page.locator('g.current-hit').waitFor();
    await panel.picture(`moving-${theme}-${width}`);
    expect(await violations(panel)).toEqual([]);
    await panel.page.getByRole('searchbox').press('Escape');
    await panel.page.getByRole('button', { name: 'More' }).click();
    await panel.page.keyboard.press('ArrowUp');
    await panel.picture(`menu-${theme}-${width}`);
    expect(await violations(panel)).toEqual([]);
    await panel.page.keyboard.press('Escape');
    const place = await transform(panel);
    await panel.page.locator('body').press('?');
    await panel.page.getByRole('dialog', { name: 'Keys and gestures' }).waitFor();
    await panel.picture(`help-${theme}-${width}`);
    expect(await violations(panel)).toEqual([]);
    await panel.page.keyboard.press('Escape');
    expect(await transform(panel)).toBe(place);
    expect(panel.complaints).toEqual([]);
    await panel.close();
  },
);
