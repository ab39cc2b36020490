/** Reads what a model file imports from disk: below the given folders, and of installed packages only what can be traced. */

import { access, lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, join, sep } from 'node:path';
import { isInstalled } from './modules.ts';

/** More files than this are not searched for compiled code (a package of that size is not traced file by file anyway). */
const MAX_ENTRIES = 20_000;

const COMPILED = /\.(so|pyd|dylib|dll)$/;
const USES_TORCH = /^\s*(?:import|from)\s+torch\b/m;

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

const list = (folder: string): Promise<string[]> => readdir(folder).catch((): string[] => []);

/** Paths below a folder, from there, of all that is no folder; no link is followed. Null where there are too many. */
const listBelow = async (folder: string): Promise<string[] | null> => {
  const found: string[] = [];
  const queue = [''];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const entry of await readdir(join(folder, at), { withFileTypes: true }).catch(() => [])) {
      (entry.isDirectory() ? queue : found).push(join(at, entry.name));
      if (found.length + queue.length > MAX_ENTRIES) return null;
    }
  }
  return found;
};

/**
 * Whether an installed package's Python can stand for it: it has no compiled code, or is made for torch, where what is
 * compiled are single operations. `folder` is that of the package; what is not a folder is one file, and pure.
 */
const isTraceable = async (folder: string): Promise<boolean> => {
  const entries = await listBelow(folder);
  if (entries === null) return false;
  if (!entries.some((entry) => COMPILED.test(entry))) return true;
  const top = entries.filter((entry) => entry.endsWith('.py') && !entry.includes(sep));
  const texts = await Promise.all(top.map((entry) => readFile(join(folder, entry), 'utf8').catch(() => '')));
  return texts.some((text) => USES_TORCH.test(text));
};

/** Files that packages bring beside their modules, and models are built from; of one package at most so many bytes. */
const DATA = /\.(json|ya?ml|toml|ini|cfg|txt|csv|tsv)(\.gz)?$/i;
const DATA_LIMIT = 1_440_000;

/**
 * The data files below a package's folder, a real path, as JSON: rows of a path from there, with slashes, and the contents in
 * base64. The smaller come first where there are more than may be; links are left out.
 */
const readData = async (folder: string): Promise<string | null> => {
  if (!(await isFile(join(folder, '__init__.py')))) return null;
  const names = ((await listBelow(folder)) ?? []).filter((name) => DATA.test(name));
  const sized = names.map(async (name) => {
    const path = join(folder, name);
    const info = (await realpath(path)) === path ? await lstat(path) : null;
    return { name, path, size: info?.isFile() ? info.size : Infinity };
  });
  let left = DATA_LIMIT;
  const taken = (await Promise.all(sized)).sort((a, b) => a.size - b.size).filter(({ size }) => (left -= size) >= 0);
  const rows = taken.map(async ({ name, path }) => [name.split(sep).join('/'), await readFile(path, 'base64')]);
  return rows.length === 0 ? null : JSON.stringify(await Promise.all(rows));
};

/**
 * Reads text below the roots; null for all else. Follows no link out of them, and leaves compiled packages out. A path that
 * ends in a slash is the folder of an installed package: its data files are read.
 */
export const createReader = (roots: readonly string[]): ((path: string) => Promise<string | null>) => {
  const folders = Promise.all(roots.map((root) => realpath(root).catch(() => root)));
  const verdicts = new Map<string, Promise<boolean>>();
  const isWanted = async (real: string): Promise<boolean> => {
    const root = (await folders).filter((folder) => isBelow(real, folder)).sort((a, b) => b.length - a.length)[0];
    if (root === undefined) return false;
    if (!isInstalled(root)) return true;
    const folder = join(root, real.slice(root.length + 1).split(sep)[0]!);
    const verdict = verdicts.get(folder) ?? isTraceable(folder);
    verdicts.set(folder, verdict);
    return verdict;
  };
  return async (path) => {
    try {
      const real = await realpath(path);
      if (!(await isWanted(real))) return null;
      if (/[/\\]$/.test(path)) return isInstalled(real) ? await readData(real) : null;
      return (await isFile(real)) ? await readFile(real, 'utf8') : null;
    } catch {
      return null;
    }
  };
};

/** The folders of installed packages below a Python's prefix, on any system. */
export const sitePackagesOf = async (prefix: string): Promise<string[]> => {
  const versions = async (lib: string): Promise<string[]> =>
    (await list(join(prefix, lib))).filter((name) => /^python3(\.\d+)?$/.test(name)).map((name) => join(lib, name));
  const homes = [
    ...(await versions('lib')),
    ...(await versions('lib64')),
    ...(await versions(join('local', 'lib'))),
    'Lib',
  ];
  const places = homes.flatMap((home) => ['site-packages', 'dist-packages'].map((name) => join(prefix, home, name)));
  const found = await Promise.all(
    places.map((place) =>
      access(place).then(
        () => realpath(place),
        () => null,
      ),
    ),
  );
  return [...new Set(found.filter((place) => place !== null))];
};

/**
 * Packages that a project at these folders can import: of its virtual environment, else of the active one, else of the
 * first Python on the path that has any. Nothing is started to find out.
 */
export const findSitePackages = async (
  folders: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string[]> => {
  const own = folders.flatMap((folder) => ['.venv', 'venv', 'env'].map((name) => join(folder, name)));
  const active = [environment['VIRTUAL_ENV'], environment['CONDA_PREFIX']].filter((prefix) => prefix !== undefined);
  for (const prefix of [...own, ...active]) {
    const found = await sitePackagesOf(prefix);
    if (found.length > 0) return found;
  }
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    for (const program of ['python3', 'python', 'python.exe'].map((name) => join(folder, name))) {
      if (!(await isFile(program))) continue;
      const real = await realpath(program);
      for (const prefix of [dirname(folder), dirname(dirname(real)), dirname(real)]) {
        const found = await sitePackagesOf(prefix);
        if (found.length > 0) return found;
      }
    }
  }
  return [];
};
