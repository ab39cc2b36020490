/** The HTML file that needs nothing but itself: opened from the disk, without a network, in real Chromium. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { standaloneHtml } from '../../src/protocol/standalone.ts';
import { resnetGraph } from '../support/networks.ts';
import { auditAccessibility } from './audit.ts';
import { buildPanel, documentOf } from './panelPage.ts';
// @ts-expect-error The scripts are plain JavaScript.
import { browserFlags, findBrowser } from '../../scripts/lib/browser.mjs';

let folder = '';
let panel: Awaited<ReturnType<typeof buildPanel>>;
let browser: Browser;
beforeAll(async () => {
  panel = await buildPanel();
  folder = await mkdtemp(join(tmpdir(), 'skipscope-html-'));
  browser = await chromium.launch({ executablePath: await findBrowser(), args: browserFlags });
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

const net = documentOf(resnetGraph({ blocks: [3, 3, 3], width: 16, batch: 1, size: 32 }), "named('</script><b>')");

async function openFile(
  expanded: readonly string[] | null,
  colorScheme: 'light' | 'dark',
): Promise<{ page: Page; complaints: string[]; asked: string[] }> {
  const file = join(folder, `${colorScheme}.html`);
  const read = async (name: string): Promise<string> => new TextDecoder().decode(panel.get(name));
  await writeFile(file, await standaloneHtml(net, expanded, read));
  const context = await browser.newContext({ colorScheme, offline: true, viewport: { width: 1000, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('request', (request) => /^(http|ws)/.test(request.url()) && asked.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.locator('g.node').first().waitFor();
  return { page, complaints, asked };
}

test('it draws, zooms, unfolds and searches, and asks for nothing', async () => {
  const { page, complaints, asked } = await openFile(null, 'light');
  expect(await page.title()).toBe(net.model);
  const transform = () => page.locator('.canvas > svg > g').getAttribute('transform');
  const before = await transform();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await expect.poll(transform).not.toBe(before);
  expect(await page.locator('g.node[data-id="layer1.2/branch"]').count()).toBe(0);
  await page.keyboard.press('/');
  await page.getByRole('searchbox').fill('layer2.1.conv2');
  await page.locator('g.node[data-id="layer2.1.conv2"]').waitFor();
  await page.locator('.details').waitFor();
  // There is nobody to profile, to compare, or to show a source.
  expect(await page.getByRole('button', { name: /Gradient flow|Open source/ }).count()).toBe(0);
  expect(complaints).toEqual([]);
  expect(asked).toEqual([]);
  await page.context().close();
});

test('it opens as it was asked to, in dark colours where the reader has them', async () => {
  const { page, complaints } = await openFile(
    ['layer1/stage', 'layer2/stage', 'layer3/stage', 'layer1.0/branch'],
    'dark',
  );
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(31, 31, 31)');
  await page.locator('g.node[data-id="layer1.0.conv2"]').waitFor();
  await page.screenshot({ path: 'test-output/panel-pictures/standalone-dark.png' });
  expect(await auditAccessibility(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});
