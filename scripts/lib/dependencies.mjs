// Installs the npm packages of the lock file where they are not all there.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { mustRun } from './run.mjs';

const packagesOf = async (path) => JSON.parse(await readFile(join(root, path), 'utf8')).packages;

/** True when every package that the lock file names is installed in that version; optional ones depend on the system. */
const isInstalled = async () => {
  const wanted = await packagesOf('package-lock.json');
  const present = await packagesOf('node_modules/.package-lock.json').catch(() => ({}));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  );
};

/** `npm ci` if needed. Imports nothing that is not part of Node: it runs before anything is installed. */
export const installDependencies = async () => {
  if (await isInstalled()) return;
  console.log('installing npm packages');
  await mustRun('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root });
};
