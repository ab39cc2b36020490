// The README's picture of the preview: a mismatched skip in VS Code, in its editor and in the graph.
// `npm run build && node scripts/previewPicture.mjs` writes media/preview.png.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserFlags, findBrowser } from './lib/browser.mjs';
import { addressOf, startInstalled } from './lib/installed.mjs';
import { root } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';

const profile = await mkdtemp(join(tmpdir(), 'skipscope-'));
const server = await startInstalled({
  profile,
  port: await freePort(),
  settings: { 'workbench.colorTheme': 'Default Dark Modern', 'git.openRepositoryInParentFolders': 'never' },
});
const browser = await chromium.launch({ executablePath: await findBrowser(), args: browserFlags });
const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
const timeout = 120_000;
await page.goto(addressOf(server, join(root, 'examples'), 'mismatched_skip.py'));
await page.locator('.squiggly-error').first().waitFor({ timeout });
await page.locator('.editor-actions .action-label[aria-label*="Open Graph Preview"]').click({ timeout });
const panel = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
await panel.locator('.legend', { hasText: 'shapes do not fit' }).waitFor({ timeout });
await page.mouse.move(800, 990);
// The editor's own animations end.
await page.waitForTimeout(2000);
await page.screenshot({ path: join(root, 'media', 'preview.png') });
await browser.close();
await server.end();
await rm(profile, { recursive: true, force: true });
