// Installs and builds what is missing, and opens VS Code on examples/ with Skipscope in it.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installDependencies } from './lib/dependencies.mjs';
import { addressOf, startInstalled } from './lib/installed.mjs';
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

const openInBrowser = async () => {
  const server = await startInstalled({
    profile: join(cache, 'start'),
    port: await freePort(Number(values.port ?? 0)),
    settings: { 'git.openRepositoryInParentFolders': 'never' },
  });
  const address = addressOf(server, examples, 'cifar_resnet.py');
  console.log(`\nSkipscope runs in VS Code at\n\n  ${address}\n\nCtrl+C ends it.`);
  await server.ended;
  return 0;
};

await installDependencies();
console.log('building');
await mustRun('npm', ['run', 'build'], { cwd: root });
const desktop = await findDesktop();
process.exit(desktop ? await openDesktop(desktop) : await openInBrowser());
