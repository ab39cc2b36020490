// Installs what the tests need, runs everything, and closes with one line: N passed, N failed.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { findBrowser } from './lib/browser.mjs';
import { installCodeServer } from './lib/codeServer.mjs';
import { installDependencies } from './lib/dependencies.mjs';
import { output, root } from './lib/paths.mjs';
import { mustRun, run } from './lib/run.mjs';
import { createTally, readVitest } from './lib/tally.mjs';
import { findTorchvision } from './lib/torchvision.mjs';

const tally = createTally();
const begun = performance.now();

/** One part of the run: what it throws counts as one failure, and the next part still runs. */
const part = async (title, work) => {
  const start = performance.now();
  const before = { ...tally.total };
  console.log(`\n── ${title}`);
  try {
    await work();
  } catch (error) {
    console.error(error);
    tally.add(0, 1, [`${title}: ${error.message.split('\n')[0]}`]);
  }
  const passed = tally.total.passed - before.passed;
  const failed = tally.total.failed - before.failed;
  console.log(`── ${title}: ${passed} passed, ${failed} failed, ${((performance.now() - start) / 1000).toFixed(0)} s`);
};

const prepare = async () => {
  await installDependencies();
  process.env.SKIPSCOPE_CHROMIUM = await findBrowser();
  process.env.SKIPSCOPE_TORCHVISION = await findTorchvision();
  await installCodeServer();
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  await mustRun('npm', ['run', 'build'], { cwd: root });
};

const check = async () => {
  const { code } = await run('npm', ['run', '--silent', 'check'], { cwd: root });
  if (code === 0) tally.add(1, 0);
  else tally.add(0, 1, ['npm run check']);
};

const vitest = async (project) => {
  const report = join(output, `${project}.json`);
  await run(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    { cwd: root },
  );
  const { passed, failed, failures } = await readVitest(report);
  tally.add(passed, failed, failures);
};

const extension = async (name) => {
  // Loaded late: its own imports are among the packages that `prepare` installs.
  const { extensionSuites, runExtensionSuite } = await import('./lib/extensionSuite.mjs');
  const { passed, failed, failures } = await runExtensionSuite(name, await extensionSuites[name]());
  tally.add(
    passed,
    failed,
    failures.map(({ title }) => `${name}: ${title}`),
  );
};

let ready = false;
await part('prepare', async () => {
  await prepare();
  ready = true;
});
if (ready) {
  await part('types, lint and format', check);
  for (const project of ['unit', 'frontends', 'ort', 'ui']) await part(project, () => vitest(project));
  await part('packed extension', async () => {
    const { testPackage } = await import('./lib/packageTest.mjs');
    await testPackage();
    tally.add(1, 0);
  });
  await part('extension in VS Code', () => extension('main'));
  await part('extension in a window that is reloaded', () => extension('reload'));
  await part('extension in a restricted workspace', () => extension('trust'));
}

const { passed, failed, failures } = tally.total;
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
console.log(`\n${((performance.now() - begun) / 60_000).toFixed(1)} minutes`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
