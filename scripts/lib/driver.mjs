// Lets a suite that runs inside VS Code act on it as a user does: click, type, look.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { output } from './paths.mjs';

/** The document inside the newest visible webview. VS Code nests it in two frames. */
const panel = (page) => page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame');

const actions = {
  /** Prints how far the suite has come. */
  tell: (_page, { text }) => console.log(text),
  screenshot: (page, { name }) => page.screenshot({ path: join(output, `${name}.png`) }),
  press: (page, { keys }) => page.keyboard.press(keys),
  type: (page, { text }) => page.keyboard.type(text),
  click: (page, { selector }) => page.locator(selector).first().click({ timeout: 20_000 }),
  clickPanel: (page, { selector }) => panel(page).locator(selector).first().click({ timeout: 20_000 }),
  textOfPanel: (page, { selector }) => panel(page).locator(selector).first().innerText({ timeout: 20_000 }),
  countInPanel: (page, { selector }) => panel(page).locator(selector).count(),
  see: (page, { selector, text }) => page.locator(selector, { hasText: text }).first().waitFor({ timeout: 20_000 }),
  gone: (page, { selector }) => page.locator(selector).first().waitFor({ state: 'hidden', timeout: 20_000 }),
  seeInPanel: (page, { selector, text }) =>
    panel(page).locator(selector, { hasText: text }).first().waitFor({ timeout: 20_000 }),
};

/** Serves one action per request: POST { action, … } gives { value } or { error }. */
export const startDriver = async (page) => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', async () => {
      try {
        const { action, ...options } = JSON.parse(body);
        const value = await actions[action](page, options);
        response.end(JSON.stringify({ value: Buffer.isBuffer(value) ? null : (value ?? null) }));
      } catch (error) {
        response.end(JSON.stringify({ error: String(error) }));
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, end: () => server.close() };
};
