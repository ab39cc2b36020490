// VS Code in the browser with Skipscope packed and installed, as a user would have it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installCodeServer, runCodeServer, startCodeServer } from './codeServer.mjs';

/** Options as of {@link startCodeServer}. Skipscope must have been built. */
export const startInstalled = async ({ profile, args = [], ...options }) => {
  await installCodeServer();
  const extensions = join(profile, 'extensions');
  await mkdir(profile, { recursive: true });
  // Loaded late: it needs a package that may only just have been installed.
  const { makeVsix } = await import('./vsix.mjs');
  const { name, bytes } = await makeVsix();
  await writeFile(join(profile, name), bytes);
  await runCodeServer([
    ...['--user-data-dir', join(profile, 'data'), '--extensions-dir', extensions],
    ...['--force', '--install-extension', join(profile, name)],
  ]);
  return startCodeServer({ profile, args: ['--disable-workspace-trust', ...args], ...options });
};

/** Where a browser sees a folder, with one of its files open. */
export const addressOf = ({ address }, folder, file) => {
  const open = `vscode-remote://${new URL(address).host}${join(folder, file)}`;
  return `${address}/?folder=${folder}&payload=${encodeURIComponent(JSON.stringify([['openFile', open]]))}`;
};
