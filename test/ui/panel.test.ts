/** The panel in real Chromium: what it draws, how it is moved about in, how it looks in every theme. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { resnetGraph, transformerGraph, unetGraph } from '../support/networks.ts';
import { auditAccessibility } from './audit.ts';
import type { PanelPage, PanelSite } from './panelPage.ts';
import { documentOf, openSite } from './panelPage.ts';

const resnet50 = () =>
  documentOf(resnetGraph({ block: 'bottleneck', blocks: [3, 4, 6, 3], width: 64, size: 64 }), 'resnet50()');
const small = () => documentOf(resnetGraph(), 'small()');

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
const scale = async (panel: PanelPage) => Number(await panel.page.locator('.canvas').getAttribute('data-scale'));
const transform = (panel: PanelPage) => panel.page.locator('.canvas > svg > g').getAttribute('transform');

test('draws ResNet-50 with its sixteen skips, four of them projections', async () => {
  // Only what is in sight is in the page.
  const panel = await openWith(resnet50(), { height: 2400 });
  const { skips, nodes } = await panel.waitFor('drawn');
  expect(skips).toBe(16);
  expect(nodes).toBe(await panel.page.locator('g.node[data-id]').count());
  // In each stage the first block, and one for the equal ones after it.
  expect(await panel.page.locator('g.node.merge').count()).toBe(8);
  expect(await panel.page.locator('.times-text').allTextContents()).toEqual(['×2', '×3', '×5', '×2']);
  expect(await panel.page.locator('g.link[data-skip="identity"]').count()).toBe(4);
  // Fork to projection, projection to sum.
  expect(await panel.page.locator('g.link[data-skip="projection"]').count()).toBe(8);
  expect(await node(panel, 'layer2.0/shortcut').textContent()).toContain('1×1, /2');
  await panel.picture('resnet50');
  expect(panel.complaints).toEqual([]);
  await panel.close();
});

test('opens and closes a block, keeping it in its place, and remembers it', async () => {
  const panel = await openWith(resnet50(), { height: 2400 });
  const before = await node(panel, 'layer1.1/branch').boundingBox();
  await node(panel, 'layer1.1/branch').locator('.toggle').click();
  await node(panel, 'layer1.1.conv2').waitFor();
  expect(await node(panel, 'layer1.1/branch').getAttribute('aria-expanded')).toBe('true');
  const after = await node(panel, 'layer1.1/branch').boundingBox();
  expect(Math.abs(after!.y - before!.y)).toBeLessThan(12);
  expect(await panel.page.locator('g.node.merge').count()).toBe(8);
  expect((await panel.state()).expanded).toContain('layer1.1/branch');
  await panel.picture('resnet50-open');
  await panel.page.getByRole('button', { name: 'Collapse' }).click();
  await node(panel, 'layer1.1.conv2').waitFor({ state: 'detached' });

  // The same after a reload: VS Code hands the state back.
  await node(panel, 'layer1.1/branch').locator('.toggle').click();
  await node(panel, 'layer1.1.conv2').waitFor();
  const state = await panel.state();
  const again = await openWith(resnet50(), { state });
  expect(await node(again, 'layer1.1.conv2').count()).toBe(1);
  await again.close();
  await panel.close();
});

test('a closed stage still shows its skips, and the legend hides nothing', async () => {
  const panel = await openWith(resnet50(), { height: 500 });
  await node(panel, 'layer1/stage').locator('.toggle').click();
  await node(panel, 'layer1.0/branch').waitFor({ state: 'detached' });
  // One arc for the projection and one for the two identities, each with its number.
  expect(await node(panel, 'layer1/stage').locator('path.edge').count()).toBe(2);
  expect((await node(panel, 'layer1/stage').locator('.skip-count').allTextContents()).sort()).toEqual(['1', '2']);
  expect(await node(panel, 'layer1/stage').getAttribute('aria-label')).toMatch(/1 2 skips: 1 projection, 2 identity/);
  expect(await auditAccessibility(panel.page)).toEqual([]);
  const legend = (await panel.page.getByRole('list', { name: 'Legend' }).boundingBox())!;
  const canvas = (await panel.page.locator('.canvas').boundingBox())!;
  expect(legend.y).toBeGreaterThanOrEqual(canvas.y + canvas.height);
  await panel.picture('resnet50-closed');
  await panel.close();
});

test('is worked by the keyboard alone', async () => {
  const panel = await openWith(small());
  await node(panel, '/input:input').focus();
  await panel.page.keyboard.press('ArrowDown');
  expect((await panel.state()).selected).toBe('conv1');
  await panel.page.keyboard.press('End');
  expect((await panel.state()).selected).toBe('/output');
  await node(panel, 'layer1.0/branch').focus();
  await panel.page.keyboard.press('Space');
  await node(panel, 'layer1.0.conv1').waitFor();
  // The focus is where it was.
  expect(await panel.page.evaluate('document.activeElement.dataset.id')).toBe('layer1.0/branch');
  const count = (await panel.messages()).length;
  await panel.page.keyboard.press('Enter');
  expect(await panel.waitFor('openSource', count)).toMatchObject({ location: { file: 'net.py' }, focus: true });
  await panel.page.keyboard.press('Escape');
  expect((await panel.state()).selected).toBeNull();
  await panel.close();
});

test('a click selects, opens the source and shows the equation', async () => {
  const panel = await openWith(small());
  await node(panel, 'layer1.0/merge').click();
  expect(await panel.waitFor('openSource')).toMatchObject({ location: { file: 'net.py' }, focus: false });
  const details = panel.page.getByRole('complementary', { name: 'Details of the selection' });
  expect(await details.textContent()).toContain('y = σ(F(x, {W}) + x)');
  await panel.close();
});

test('a double click goes to the source of what its first click met, and nothing moves under the pointer', async () => {
  const panel = await openWith(small());
  const before = await transform(panel);
  const box = (await node(panel, 'layer1.0/branch').boundingBox())!;
  await panel.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await panel.page.getByRole('complementary', { name: 'Details of the selection' }).waitFor();
  expect(await transform(panel)).toBe(before);
  const count = (await panel.messages()).length;
  await panel.page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2);
  const opened = (await panel.messages()).slice(count).flatMap((one) => (one.type === 'openSource' ? [one.focus] : []));
  expect(opened).toEqual([false, true]);
  expect((await panel.state()).selected).toBe('layer1.0/branch');
  await panel.close();
});

test('the wheel pans, with Ctrl it zooms, and Fit shows everything', async () => {
  const panel = await openWith(resnet50());
  const start = await scale(panel);
  const place = await transform(panel);
  await panel.page.mouse.move(450, 500);
  await panel.page.mouse.wheel(0, 200);
  await panel.page.waitForFunction(
    `document.querySelector('.canvas > svg > g').getAttribute('transform') !== ${JSON.stringify(place)}`,
  );
  expect(await scale(panel)).toBe(start);
  await panel.page.keyboard.down('Control');
  await panel.page.mouse.wheel(0, 200);
  await panel.page.keyboard.up('Control');
  await panel.page.waitForFunction(`Number(document.querySelector('.canvas').dataset.scale) < ${start}`);
  await panel.page.getByRole('button', { name: 'Fit' }).click();
  const canvas = (await panel.page.locator('.canvas').boundingBox())!;
  const [first, last] = [
    (await node(panel, '/input:input').boundingBox())!,
    (await node(panel, '/output').boundingBox())!,
  ];
  expect(first.y).toBeGreaterThanOrEqual(canvas.y);
  expect(last.y + last.height).toBeLessThanOrEqual(canvas.y + canvas.height);
  await panel.picture('resnet50-fit');
  await panel.close();
});

test('the cursor in the editor lights a node up and takes neither focus nor view', async () => {
  const document = small();
  const panel = await openWith(document);
  const add = document.graph.nodes.find((one) => one.op === 'Add')!;
  const before = await transform(panel);
  await panel.post({ type: 'reveal', location: add.frames[0]! });
  await panel.page.locator('g.node.revealed').waitFor();
  expect(await panel.page.locator('g.node.revealed').getAttribute('data-id')).toBe('layer1.0/merge');
  expect(await transform(panel)).toBe(before);
  expect(await panel.page.evaluate('document.activeElement.tagName')).toBe('BODY');
  // Close to the edge it is in sight still; beyond it, it comes back with room around it.
  const down = async () => Number(/translate\(\S+,(\S+)\)/.exec((await transform(panel))!)![1]);
  /** How far a reveal moves the drawing when the node's top is so far below the edge. */
  const movedAt = async (below: number): Promise<number> => {
    const top = async () =>
      (await node(panel, 'layer1.0/merge').boundingBox())!.y - (await panel.page.locator('.canvas').boundingBox())!.y;
    await panel.post({ type: 'reveal', location: { ...add.frames[0]!, file: 'another.py' } });
    await panel.page.locator('g.node.revealed').waitFor({ state: 'detached' });
    await panel.page.locator('.canvas').hover();
    await panel.page.mouse.wheel(0, (await top()) - below);
    await expect.poll(top).toBeCloseTo(below, 0);
    const before = await down();
    await panel.post({ type: 'reveal', location: add.frames[0]! });
    await panel.page.locator('g.node.revealed').waitFor();
    return (await down()) - before;
  };
  expect(await movedAt(6)).toBe(0);
  expect(await movedAt(-6)).toBeGreaterThan(24);
  await panel.close();
});

test('a skip that does not fit is red, with both shapes', async () => {
  const panel = await openWith(documentOf(resnetGraph({ mismatched: 'layer2.0' }), 'mismatched()'));
  const line = panel.page.locator('g.link.identity .edge.problem');
  expect(await line.count()).toBe(1);
  const red = await panel.page.evaluate(
    'getComputedStyle(document.body).getPropertyValue("--vscode-editorError-foreground")',
  );
  expect(red).toBe('#d12727');
  expect(
    await panel.page.evaluate(`getComputedStyle(document.querySelector('g.link.identity .edge.problem')).stroke`),
  ).toBe('rgb(209, 39, 39)');
  expect((await panel.page.locator('text.shape.problem').allTextContents()).sort()).toEqual([
    '[2, 16, 8, 8]',
    '[2, 8, 16, 16]',
  ]);
  await panel.picture('mismatch');
  await panel.close();
});

test('other networks read in the dark theme', async () => {
  const panel = await openWith(documentOf(transformerGraph()), { theme: 'dark' });
  expect((await panel.waitFor('drawn')).skips).toBe(4);
  await panel.picture('transformer-dark');
  const count = (await panel.messages()).length;
  await panel.post({ type: 'show', revision: 2, document: documentOf(unetGraph()) });
  expect((await panel.waitFor('drawn', count)).skips).toBe(1);
  expect(await panel.page.locator('g.link[data-skip="long"]').count()).toBe(1);
  await panel.picture('unet-dark');
  await panel.close();
});

test('says that the source is broken and keeps the last good graph', async () => {
  const panel = await openWith(small());
  await panel.post({ type: 'status', state: 'stale', text: 'line 3: invalid syntax' });
  await panel.page.getByText('line 3: invalid syntax').waitFor();
  expect(await panel.page.locator('g.node.merge').count()).toBe(5);
  await panel.post({ type: 'status', state: 'fresh', text: '' });
  await panel.page.getByText('line 3: invalid syntax').waitFor({ state: 'hidden' });
  await panel.close();
});

test('colours boxes by cost, and asks the host for another model and for a profile', async () => {
  const panel = await openWith(small());
  await panel.page.getByLabel('Colour by').selectOption('params');
  expect(await panel.page.locator('rect.heat').count()).toBeGreaterThan(6);
  await panel.page.getByLabel('Model', { exact: true }).selectOption('other()');
  expect((await panel.waitFor('selectModel')).model).toBe('other()');
  await panel.page.getByRole('button', { name: 'Gradient flow' }).click();
  expect((await panel.waitFor('requestProfile')).gradients).toBe(true);
  await panel.close();
});

test.each(['light', 'dark', 'high-contrast'] as const)(
  'has nothing for axe-core to report in the %s theme',
  async (theme) => {
    const panel = await openWith(small(), { theme, reducedMotion: true });
    await node(panel, 'layer1.0/branch').click();
    await panel.picture(`small-${theme}`);
    expect(await auditAccessibility(panel.page)).toEqual([]);
    expect(panel.complaints).toEqual([]);
    await panel.close();
  },
);
