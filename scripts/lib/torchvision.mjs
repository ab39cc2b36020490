// Finds torchvision's Python sources: the real model files that Skipscope is tried on. They are read, never imported.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cache } from './paths.mjs';
import { mustRun, which } from './run.mjs';

const installed = '/usr/lib/python3/dist-packages/torchvision';
const unpacked = join(cache, 'torchvision');
const help =
  "torchvision's Python sources are missing. On Debian: sudo apt-get install python3-torchvision; elsewhere set " +
  'SKIPSCOPE_TORCHVISION to the folder `torchvision` of a copy of version 0.14.';

const unpack = async () => {
  if (!(await which('apt-get')) || !(await which('dpkg'))) throw new Error(help);
  console.log('fetching the sources of torchvision into .vscode-test');
  const scratch = join(cache, 'torchvision.new');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const download = () => mustRun('apt-get', ['download', '-qq', 'python3-torchvision'], { cwd: scratch });
  await download().catch(async () => {
    await mustRun('apt-get', ['update', '-qq']);
    await download();
  });
  const archive = (await readdir(scratch)).find((name) => name.endsWith('.deb'));
  if (!archive) throw new Error(help);
  await mustRun('dpkg', ['-x', archive, 'files'], { cwd: scratch });
  await rename(join(scratch, 'files', installed), unpacked);
  await rm(scratch, { recursive: true });
};

/** The folder `torchvision`; fetched once where the system has none. */
export const findTorchvision = async () => {
  const given = process.env.SKIPSCOPE_TORCHVISION;
  if (given) return given;
  if (existsSync(installed)) return installed;
  if (!existsSync(unpacked)) await unpack();
  return unpacked;
};
