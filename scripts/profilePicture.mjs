// The README's picture of a profile, measured and drawn in the real panel: ResNet-110 and its plain twin, five draws.
// `node scripts/profilePicture.mjs [--again]` writes media/profile.png, and both themes to test-output/screenshots/. The
// report is kept there too; --again measures anew (some minutes on one thread).
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../bench/bundle.mjs';
import { output } from './lib/paths.mjs';

const [FILE, MODEL, BATCH, SEEDS] = ['examples/cifar_resnet.py', 'CifarResNet(110)', 32, 5];
const folder = join(output, 'screenshots');
mkdirSync(folder, { recursive: true });

const { openSite, documentOf, loadEngine } = await load(
  'profilePicture',
  `
  export { openSite, documentOf } from './test/ui/panelPage.ts';
  export { loadEngine } from './test/support/engine.ts';
`,
);
const engine = await loadEngine();
const source = readFileSync(FILE, 'utf8');
const traced = (batch, training) => {
  const inputs = [{ dtype: 'float32', shape: [batch, 3, 32, 32], bound: null }];
  return documentOf(engine.trace(source, { file: FILE, model: MODEL, inputs, training }).graph, MODEL);
};
const shown = { ...traced(1, false), title: 'cifar_resnet.py' };

const site = await openSite();
// Most of the room is the plots'.
const state = {
  ...{ version: 1, uri: null, model: null, expanded: [], selected: null, view: null, paths: false, minimap: true },
  ...{ outline: false, profile: { height: 0.6, table: false, runs: false, choice: null } },
};
const open = async (theme) => {
  const panel = await site.open({ theme, width: 1180, height: 1060, scale: 1.5, reducedMotion: true, state });
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document: shown });
  await panel.waitFor('drawn');
  return panel;
};

const kept = join(folder, 'resnet110-profile.json');
if (!existsSync(kept) || process.argv.includes('--again')) {
  const panel = await open('light');
  const { graph, blocks } = traced(BATCH, true);
  const options = { gradients: true, seeds: SEEDS, loss: 'random-labels', ablations: [{ kind: 'plain' }] };
  const where = { weights: null, backend: 'wasm', allowSoftware: false, canHandOver: false };
  await panel.post({ type: 'profile', id: 1, options, graph, blocks, ...where });
  const { report } = await panel.waitFor('profileDone');
  writeFileSync(kept, JSON.stringify({ ...report, model: MODEL }));
  await panel.close();
}
const report = JSON.parse(readFileSync(kept, 'utf8'));
for (const theme of ['light', 'dark']) {
  const panel = await open(theme);
  const summary = { id: 'a', name: 'batch 32, 5 weight draws, plain twin', time: 0, conditions: '' };
  const run = { ...summary, uri: shown.uri, file: shown.title, model: MODEL };
  await panel.post({ type: 'runs', runs: [run], choice: null });
  await panel.post({ type: 'report', run: run.id, report, overlay: false });
  await panel.page.locator('.plots figure').first().waitFor();
  for (let step = 0; step < 2; step++) await panel.page.getByRole('button', { name: 'Zoom out' }).click();
  await panel.page.screenshot({ path: join(folder, `profile-${theme}.png`) });
  if (panel.complaints.length) console.log(panel.complaints.join('\n'));
  await panel.close();
}
copyFileSync(join(folder, 'profile-light.png'), 'media/profile.png');
await site.close();
