/** The drawing in real Chromium: folding, what is in the page, and how changes move. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { resnetGraph } from '../support/networks.ts';
import type { PanelPage, PanelSite } from './panelPage.ts';
import { documentOf, openSite } from './panelPage.ts';

const deep = () => documentOf(resnetGraph({ block: 'bottleneck', blocks: [3, 8, 36, 3] }), 'resnet152()');

let site: PanelSite;
beforeAll(async () => (site = await openSite()));
afterAll(() => site.close());

async function openWith(
  document: ReturnType<typeof documentOf>,
  options?: Parameters<PanelSite['open']>[0],
): Promise<PanelPage> {
  const panel = await site.open(options);
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document });
  await panel.waitFor('drawn');
  return panel;
}

const node = (panel: PanelPage, id: string) => panel.page.locator(`g.node[data-id="${id}"]`);

test('equal blocks are one until their number is clicked', async () => {
  const panel = await openWith(deep());
  const run = node(panel, 'layer1.1/run');
  expect(await run.getAttribute('aria-label')).toMatch(/^Bottleneck ×2 layer1.1–2 .*run of equal blocks/);
  expect(await run.getAttribute('aria-expanded')).toBe('false');
  const before = (await run.boundingBox())!;
  await panel.page.locator('.times-text', { hasText: '×2' }).first().click({ force: true });
  await node(panel, 'layer1.2/branch').waitFor();
  expect(await run.getAttribute('aria-expanded')).toBe('true');
  await expect.poll(async () => Math.abs((await run.boundingBox())!.y - before.y)).toBeLessThan(2);
  expect((await panel.state()).expanded).toContain('layer1.1/run');
  await panel.picture('resnet152-run');
  await run.locator('.toggle').click();
  await node(panel, 'layer1.2/branch').waitFor({ state: 'detached' });
  await panel.close();
});

test('colours of folded blocks are means, and say so', async () => {
  const panel = await openWith(deep());
  await panel.page.getByLabel('Colour by').selectOption('params');
  await node(panel, 'layer1.1/branch').locator('rect.heat').waitFor();
  expect(await node(panel, 'layer1.1/branch').getAttribute('aria-label')).toMatch(/mean of 2: .*params$/);
  await panel.close();
});

const focused = (panel: PanelPage) => panel.page.evaluate<string>('document.activeElement.dataset.id');
const inPage = (panel: PanelPage) => panel.page.locator('g.node[data-id]').count();
const unfold = async (panel: PanelPage) => {
  await panel.page.getByRole('button', { name: 'Expand' }).click();
  await node(panel, 'layer1.0.conv1').waitFor();
};

test('only what is in sight is in the page, and what has the focus', async () => {
  const panel = await openWith(deep(), { reducedMotion: true });
  await unfold(panel);
  const { scenes, shown } = { scenes: 50 * 11, shown: await inPage(panel) };
  expect(shown).toBeGreaterThan(10);
  expect(shown).toBeLessThan(scenes / 4);
  expect(await node(panel, '/output').count()).toBe(0);
  // The keyboard reaches everything, in the page or not.
  await node(panel, '/input:input').focus();
  await panel.page.keyboard.press('End');
  expect(await focused(panel)).toBe('/output');
  expect(await node(panel, 'layer1.0.conv1').count()).toBe(0);
  await panel.page.keyboard.press('ArrowUp');
  expect(await focused(panel)).toBe('fc');
  // Panned out of sight, what has the focus stays.
  await panel.page.mouse.move(450, 500);
  await panel.page.mouse.wheel(0, -100_000);
  await node(panel, 'layer3.20.conv2').waitFor({ state: 'detached' });
  await panel.page.mouse.wheel(0, -100_000);
  expect(await focused(panel)).toBe('fc');
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

test('from far away small parts are left out, and come back near by', async () => {
  const panel = await openWith(documentOf(resnetGraph({ block: 'bottleneck', blocks: [4, 5, 5, 4] })), {
    reducedMotion: true,
  });
  await unfold(panel);
  await panel.page.getByRole('button', { name: 'Fit' }).click();
  await node(panel, 'layer1.0.conv1').waitFor({ state: 'detached' });
  await node(panel, 'layer4.3/merge').waitFor();
  await node(panel, 'layer1.0/branch').focus();
  for (let step = 0; step < 12; step++) await panel.page.keyboard.press('+');
  await panel.page.keyboard.press('Home');
  await expect.poll(() => panel.page.locator('text.shape').count()).toBeGreaterThan(0);
  await panel.close();
});

test.each([false, true])('changes move briefly, unless less motion is asked for (%s)', async (reducedMotion) => {
  const panel = await openWith(deep(), { reducedMotion });
  // Counts the animations that a change starts.
  await panel.page.evaluate(`{
    const animate = Element.prototype.animate;
    globalThis.started = [];
    Element.prototype.animate = function (frames, options) {
      started.push(options.duration);
      return animate.call(this, frames, options);
    };
  }`);
  await node(panel, 'layer1.0/branch').locator('.toggle').click();
  await node(panel, 'layer1.0.conv1').waitFor();
  const started = await panel.page.evaluate<number[]>('started');
  if (reducedMotion) expect(started).toEqual([]);
  else {
    expect(started.length).toBeGreaterThan(5);
    expect(Math.max(...started)).toBeLessThanOrEqual(200);
    await expect.poll(() => panel.page.evaluate('document.getAnimations().length')).toBe(0);
  }
  await panel.close();
});
