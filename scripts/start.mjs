// Installs and builds what is missing, and opens VS Code on examples/ with Skipscope in it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installCodeServer, runCodeServer, startCodeServer } from './lib/codeServer.mjs';
import { installDependencies } from './lib/dependencies.mjs';
import { cache, root } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { mustRun, run, which } from './lib/run.mjs';

const { values } = parseArgs({
  options: {
    /** Port of VS Code in the browser; any free one when absent. */
    port: { type: 'string' },
    /** VS Code in the browser, also where a desktop VS Code could be had. */
    browser: { type: 'boolean', default: false },
  },
});
const examples = join(root, 'examples');

const hasDisplay = () =>
  process.platform === 'win32' ||
  process.platform === 'darwin' ||
  Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);

/** The command of a desktop VS Code: the installed one, else one that is downloaded. Null where neither can be. */
const findDesktop = async () => {
  // Desktop VS Code refuses to run as root.
  const superuser = process.getuid?.() === 0;
  if (values.browser || values.port !== undefined || superuser || !hasDisplay()) return null;
  const installed = await which('code');
  if (installed) return [installed];
  const { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath } = await import('@vscode/test-electron');
  try {
    const executable = await downloadAndUnzipVSCode({ cachePath: join(cache, 'desktop') });
    return resolveCliArgsFromVSCodeExecutablePath(executable);
  } catch (error) {
    console.log(`VS Code could not be downloaded (${error.message}); opening it in the browser instead`);
    return null;
  }
};

const openDesktop = async ([command, ...args]) => {
  console.log('opening VS Code');
  const own = ['--new-window', '--disable-workspace-trust', `--extensionDevelopmentPath=${root}`];
  const { code } = await run(command, [...args, ...own, examples]);
  return code;
};

/** VS Code in the browser has Skipscope packed and installed, as a user would have it. */
const openInBrowser = async () => {
  await installCodeServer();
  const profile = join(cache, 'start');
  const extensions = join(profile, 'extensions');
  await mkdir(profile, { recursive: true });
  // Loaded late: it needs a package that may only just have been installed.
  const { makeVsix } = await import('./lib/vsix.mjs');
  const { name, bytes } = await makeVsix();
  await writeFile(join(profile, name), bytes);
  await runCodeServer([
    ...['--user-data-dir', join(profile, 'data'), '--extensions-dir', extensions],
    ...['--force', '--install-extension', join(profile, name)],
  ]);
  const port = await freePort(Number(values.port ?? 0));
  const server = await startCodeServer({
    port,
    profile,
    settings: {
      'git.openRepositoryInParentFolders': 'never',
    },
    args: ['--disable-workspace-trust'],
  });
  const file = `vscode-remote://127.0.0.1:${port}${join(examples, 'cifar_resnet.py')}`;
  const query = `folder=${examples}&payload=${encodeURIComponent(JSON.stringify([['openFile', file]]))}`;
  console.log(`\nSkipscope runs in VS Code at\n\n  ${server.address}/?${query}\n\nCtrl+C ends it.`);
  await server.ended;
  return 0;
};

await installDependencies();
console.log('building');
await mustRun('npm', ['run', 'build'], { cwd: root });
const desktop = await findDesktop();
process.exit(desktop ? await openDesktop(desktop) : await openInBrowser());
