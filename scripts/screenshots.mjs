// Pictures of the panel in real Chromium, for looking at: `node scripts/screenshots.mjs [model…] [--theme=dark] [--again]`.
// They land in test-output/screenshots/, three zoom levels and three themes for each model. Traces are kept beside them.
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
const themes = option('theme') ?? ['light', 'dark', 'high-contrast'];
const views = option('view') ?? ['first', 'far', 'near'];

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

const { openSite, documentOf } = await load(
  'panelPage',
  `export { openSite, documentOf } from './test/ui/panelPage.ts';`,
);
const site = await openSite();
for (const name of wanted) {
  const { graph, model } = traced(name);
  for (const theme of themes) {
    const panel = await site.open({ theme, width: 900, height: 1000, reducedMotion: true });
    await panel.waitFor('ready');
    await panel.post({ type: 'show', revision: 1, document: documentOf(graph, model) });
    const { milliseconds } = await panel.waitFor('drawn');
    const scale = () => panel.page.locator('.canvas').getAttribute('data-scale');
    const shoot = async (view) => {
      const path = join(folder, `${name}-${theme}-${view}.png`);
      await panel.page.screenshot({ path });
      console.log(`${path} at ${await scale()}, drawn in ${milliseconds.toFixed(0)} ms`);
    };
    if (views.includes('first')) await shoot('first');
    if (views.includes('near')) {
      await panel.page.mouse.move(450, 500);
      for (let step = 0; step < 3; step++) await panel.page.getByRole('button', { name: 'Zoom in' }).click();
      await shoot('near');
    }
    if (views.includes('far')) {
      await panel.page.getByRole('button', { name: 'Fit' }).click();
      await shoot('far');
    }
    if (panel.complaints.length) console.log(panel.complaints.join('\n'));
    await panel.close();
  }
}
await site.close();
