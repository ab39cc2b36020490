/* global document, performance, requestAnimationFrame, WheelEvent */
// The panel in real Chromium on big models: how long until it is drawn, folded and with everything open, and how long
// frames take while panning, beside the same panel with the whole drawing in the page: `node bench/pan.mjs`.
import { load } from './bundle.mjs';

const { openSite, documentOf, resnetGraph, torchvisionResnet } = await load(
  'pan',
  `
  export { openSite, documentOf } from './test/ui/panelPage.ts';
  export { resnetGraph } from './test/support/networks.ts';
  export { torchvisionResnet } from './test/support/torchNetworks.ts';
`,
);

const networks = {
  'ResNet-152': () => torchvisionResnet({ blocks: [3, 8, 36, 3], bottleneck: true, batch: 1, size: 64 }),
  'CIFAR ResNet-1202': () => resnetGraph({ shortcut: 'pad', blocks: [200, 200, 200], width: 16, batch: 1, size: 32 }),
  'ResNet of 10,000 operations': () =>
    resnetGraph({ block: 'bottleneck', blocks: [365, 365, 268], width: 4, batch: 1 }),
};

const open = async (site, graph) => {
  const panel = await site.open({ width: 900, height: 1000 });
  await panel.waitFor('ready');
  // The first drawing starts the layout worker, which a user waits for once.
  await panel.post({ type: 'show', revision: 1, document: documentOf(resnetGraph(), 'warm()') });
  await panel.waitFor('drawn');
  const count = (await panel.messages()).length;
  await panel.post({ type: 'show', revision: 2, document: documentOf(graph, 'big()') });
  const { milliseconds } = await panel.waitFor('drawn', count);
  return { panel, milliseconds };
};

/** Frame times in ms while the wheel turns at a steady pace, down and up again. */
const pan = ({ page }) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        const svg = document.querySelector('.canvas > svg');
        const times = [];
        let last = performance.now();
        const step = (now) => {
          times.push(now - last);
          last = now;
          if (times.length > 150) return done(times.slice(10));
          const deltaY = times.length < 75 ? 60 : -60;
          svg.dispatchEvent(new WheelEvent('wheel', { deltaY, bubbles: true, cancelable: true }));
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
  );

const spread = (times) => {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], slow: sorted[Math.floor(sorted.length * 0.95)], worst: sorted.at(-1) };
};
const say = ({ median, slow, worst }) =>
  `median ${median.toFixed(1)} ms, 19 of 20 within ${slow.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`;

const expandAll = async (panel) => {
  const before = (await panel.state()).expanded.length;
  return panel.page.evaluate(
    (count) =>
      new Promise((done) => {
        const start = performance.now();
        [...document.querySelectorAll('button')].find((one) => one.textContent.trim().startsWith('Expand')).click();
        const look = () =>
          globalThis.kept.expanded.length > count ? done(performance.now() - start) : setTimeout(look, 4);
        look();
      }),
    before,
  );
};

const ours = await openSite();
const everything = await openSite({ wholeDrawing: true });
for (const [name, make] of Object.entries(networks)) {
  const graph = make();
  const { panel, milliseconds } = await open(ours, graph);
  const folded = spread(await pan(panel));
  console.log(`${name}, ${graph.nodes.length} operations: drawn folded in ${milliseconds.toFixed(0)} ms`);
  console.log(`  panning folded:           ${say(folded)}`);
  if (graph.nodes.length < 1000) {
    const opened = await expandAll(panel);
    console.log(`  everything open in ${opened.toFixed(0)} ms`);
    const open_ = spread(await pan(panel));
    console.log(`  panning, everything open: ${say(open_)}`);
    const other = await open(everything, graph);
    const openedWhole = await expandAll(other.panel);
    const whole = spread(await pan(other.panel));
    console.log(`  with all of it in the page: open in ${openedWhole.toFixed(0)} ms, ${say(whole)}`);
    console.log(
      `  ratio of the medians: ${(open_.median / whole.median).toFixed(2)}, of opening: ${(opened / openedWhole).toFixed(2)}`,
    );
    await other.panel.close();
  }
  await panel.close();
}
await ours.close();
await everything.close();
