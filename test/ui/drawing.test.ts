/** The drawing in real Chromium: folding and unfolding. */

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
  expect(Math.abs((await run.boundingBox())!.y - before.y)).toBeLessThan(2);
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
