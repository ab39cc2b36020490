// Pictures of the panel in real Chromium, for looking at:
// `node scripts/screenshots.mjs [model…] [--theme=dark] [--view=blocks] [--width=900] [--height=1000] [--again]`.
// They land in test-output/screenshots/, three views and four themes for each model. Traces are kept beside them.
// whole: all of it at once; stages: as it is seen first; blocks: every block open, at the size of text, its middle.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../bench/bundle.mjs';
import { output } from './lib/paths.mjs';
import { findTorchvision } from './lib/torchvision.mjs';

const models = join(await findTorchvision(), 'models');
const MODELS = {
  resnet50: [join(models, 'resnet.py'), 'resnet50()'],
  resnet18: [join(models, 'resnet.py'), 'resnet18()'],
  densenet121: [join(models, 'densenet.py'), 'densenet121()'],
  mobilenetv3: [join(models, 'mobilenetv3.py'), 'mobilenet_v3_large()'],
  swin: [join(models, 'swin_transformer.py'), 'swin_t()'],
  vit: [join(models, 'vision_transformer.py'), 'vit_b_16()'],
  inception: [join(models, 'inception.py'), 'inception_v3()'],
  googlenet: [join(models, 'googlenet.py'), 'googlenet()'],
  convnext: [join(models, 'convnext.py'), 'convnext_tiny()'],
  efficientnet: [join(models, 'efficientnet.py'), 'efficientnet_b0()'],
  resnet152: [join(models, 'resnet.py'), 'resnet152()'],
  unet: ['examples/unet.py', 'UNet()'],
  gpt: ['examples/gpt.py', 'GPT()'],
};
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const option = (name) =>
  flags
    .find((flag) => flag.startsWith(`--${name}=`))
    ?.slice(name.length + 3)
    .split(',');
const wanted = named.length ? named : ['resnet50', 'densenet121', 'unet', 'mobilenetv3', 'swin', 'gpt'];
const themes = option('theme') ?? ['light', 'dark', 'high-contrast', 'high-contrast-light'];
const views = option('view') ?? ['whole', 'stages', 'blocks'];
const [width, height] = [Number(option('width')?.[0] ?? 900), Number(option('height')?.[0] ?? 1000)];

const folder = join(output, 'screenshots');
mkdirSync(folder, { recursive: true });

const traced = (name) => {
  const target = join(folder, `${name}.json`);
  if (!existsSync(target) || flags.includes('--again')) {
    const tool = join(output, 'tracing');
    if (!existsSync(join(tool, 'cli.mjs')) || flags.includes('--again'))
      execFileSync(process.execPath, ['build.mjs', 'cli', 'tracer', `--out=${tool}`], { stdio: 'inherit' });
    const [file, model] = MODELS[name];
    execFileSync(process.execPath, [join(tool, 'cli.mjs'), 'graph', file, '--model', model, '--out', target]);
  }
  return JSON.parse(readFileSync(target, 'utf8'));
};

const { openSite, documentOf, outlineOf } = await load(
  'panelPage',
  `export { openSite, documentOf } from './test/ui/panelPage.ts';
  export { outlineOf } from './src/view/outline.ts';`,
);

/** Everything but the runs: one block stands for its like. */
const blocksOpen = ({ graph, blocks }) =>
  [...outlineOf(graph, blocks).items.values()].filter((item) => item.children.length && !item.run).map(({ id }) => id);

/** @returns the panel with the document drawn, its blocks open or as it is seen first */
const show = async (site, document, open) => {
  const { uri, model } = document;
  const kept = { version: 1, uri, model, selected: null, paths: false, minimap: true, outline: false };
  const state = open && { ...kept, expanded: blocksOpen(document), view: { x: 0, y: 0, scale: 1 } };
  const panel = await site.open({ width, height, reducedMotion: true, ...(state && { state }) });
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document });
  const { milliseconds } = await panel.waitFor('drawn');
  return { panel, milliseconds };
};

const site = await openSite();
for (const name of wanted) {
  const { graph, model } = traced(name);
  const document = documentOf(graph, model);
  const shoot = async ({ panel, milliseconds }, view) => {
    for (const theme of themes) {
      await panel.setTheme(theme);
      const path = join(folder, `${name}-${theme}-${view}.png`);
      await panel.page.screenshot({ path });
      const scale = await panel.page.locator('.canvas').getAttribute('data-scale');
      console.log(`${path} at ${scale}, drawn in ${milliseconds.toFixed(0)} ms`);
    }
    if (panel.complaints.length) console.log(panel.complaints.join('\n'));
  };
  if (views.includes('stages') || views.includes('whole')) {
    const shown = await show(site, document, false);
    if (views.includes('stages')) await shoot(shown, 'stages');
    await shown.panel.page.getByRole('button', { name: 'Fit' }).click();
    if (views.includes('whole')) await shoot(shown, 'whole');
    await shown.panel.close();
  }
  if (views.includes('blocks')) {
    const shown = await show(site, document, true);
    // A click on the middle of the map goes to the middle of the drawing.
    const map = shown.panel.page.locator('.minimap');
    if (await map.isVisible()) await map.click();
    await shoot(shown, 'blocks');
    await shown.panel.close();
  }
}
await site.close();
