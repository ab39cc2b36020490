// Installs Debian packages where that is possible: as root, on a system with apt.
import { mustRun, which } from './run.mjs';

let updated = false;

/** True when this process may install packages. */
export const canInstall = async () => process.getuid?.() === 0 && (await which('apt-get')) !== null;

/** Installs packages, or throws with the command that the user can run. */
export const installPackages = async (names) => {
  if (!(await canInstall())) {
    throw new Error(`missing on this machine: ${names.join(', ')}. On Debian: sudo apt-get install ${names.join(' ')}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`installing ${names.join(', ')}`);
  if (!updated) await mustRun('apt-get', ['update', '-qq'], { env });
  updated = true;
  await mustRun('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env });
};
