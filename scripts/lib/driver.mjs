// Lets a suite that runs inside VS Code act on it as a user does: click, type, look.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { auditAccessibility } from './audit.mjs';
import { output } from './paths.mjs';

/** The document inside the newest visible webview. VS Code nests it in two frames. */
const panel = (page) => page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame');

const frameOf = async (page) => (await panel(page).locator('body').elementHandle()).ownerFrame();

const timeout = 20_000;
const found = (root, { selector, text }) => root.locator(selector, text ? { hasText: text } : {}).first();
const inPanel = (page, target) => found(panel(page), target);

/** A point of an element's box, by shares of its width and height. */
const pointIn = async (element, [x, y]) => {
  await element.waitFor({ timeout });
  const box = await element.boundingBox();
  return { x: box.x + box.width * x, y: box.y + box.height * y };
};

const actions = {
  /** Prints how far the suite has come. */
  tell: (_page, { text }) => console.log(text),
  screenshot: (page, { name }) => page.screenshot({ path: join(output, `${name}.png`) }),
  press: (page, { keys }) => page.keyboard.press(keys),
  type: (page, { text }) => page.keyboard.type(text),
  click: (page, target) => found(page, target).click({ timeout }),
  see: (page, target) => found(page, target).waitFor({ timeout }),
  gone: (page, target) => found(page, target).waitFor({ state: 'hidden', timeout }),
  clickPanel: (page, target) => inPanel(page, target).click({ timeout }),
  doubleClickPanel: (page, target) => inPanel(page, target).dblclick({ timeout }),
  clickPanelAt: async (page, { at, ...target }) => {
    const { x, y } = await pointIn(inPanel(page, target), at);
    await page.mouse.click(x, y);
  },
  dragPanel: async (page, { from, by, ...target }) => {
    const { x, y } = await pointIn(inPanel(page, target), from);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + by[0], y + by[1], { steps: 4 });
    await page.mouse.up();
  },
  /** Turns the wheel over the middle of an element, with a key held down or none. */
  wheelPanel: async (page, { by, key, ...target }) => {
    const { x, y } = await pointIn(inPanel(page, target), [0.5, 0.5]);
    await page.mouse.move(x, y);
    if (key) await page.keyboard.down(key);
    await page.mouse.wheel(0, by);
    if (key) await page.keyboard.up(key);
  },
  chooseInPanel: (page, { option, ...target }) => inPanel(page, target).selectOption(option, { timeout }),
  textOfPanel: (page, target) => inPanel(page, target).innerText({ timeout }),
  textsOfPanel: (page, { selector }) => panel(page).locator(selector).allTextContents(),
  attributeOfPanel: (page, { name, ...target }) => inPanel(page, target).getAttribute(name, { timeout }),
  styleOfPanel: (page, { name, ...target }) =>
    inPanel(page, target).evaluate(
      (element, property) => element.ownerDocument.defaultView.getComputedStyle(element)[property],
      name,
      { timeout },
    ),
  countInPanel: (page, { selector }) => panel(page).locator(selector).count(),
  auditPanel: async (page) => auditAccessibility(await frameOf(page)),
  seeInPanel: (page, target) => inPanel(page, target).waitFor({ timeout }),
  goneFromPanel: (page, target) => inPanel(page, target).waitFor({ state: 'hidden', timeout }),
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
