/** Finds the files that a Python file imports, so that they can be handed to the interpreter as text. */

import type { SourceModule } from '../types.ts';
import { LONGEST_NAME } from './wire.ts';

/** No more files, and no more characters of them, are collected. What is missing then is an unknown import. */
export const MAX_FILES = 400;
export const MAX_CHARACTERS = 6_000_000;

/** `from ..b import c, d` is `{ level: 2, module: 'b', names: ['c', 'd'] }`; `import a.b` has neither level nor names. */
export interface Import {
  readonly level: number;
  readonly module: string;
  readonly names: readonly string[];
}

/** Blanks strings and comments and joins continued lines, so that a line is a statement (or several, with semicolons). */
const logicalLines = (source: string): string => {
  let code = '';
  let depth = 0;
  const token = /("""|'''|"|')|#[^\n]*|\\\r?\n|([([{])|([)\]}])|\r?\n/g;
  let from = 0;
  for (let found = token.exec(source); found; found = token.exec(source)) {
    code += source.slice(from, found.index);
    from = token.lastIndex;
    const [text, quote, open, close] = found;
    if (quote !== undefined) {
      const long = quote.length === 3;
      let at = from;
      while (at < source.length && !source.startsWith(quote, at)) {
        if (!long && source[at] === '\n') break;
        at += source[at] === '\\' ? 2 : 1;
      }
      from = Math.min(source.length, source.startsWith(quote, at) ? at + quote.length : at);
      token.lastIndex = from;
      code += '""';
    } else if (open !== undefined || close !== undefined) {
      depth = open !== undefined ? depth + 1 : Math.max(0, depth - 1);
      code += text;
    } else if (text.endsWith('\n')) code += depth > 0 || text.startsWith('\\') ? ' ' : '\n';
  }
  return code + source.slice(from);
};

const NAME = '[\\p{L}_][\\p{L}\\p{N}_]*';
const DOTTED = `${NAME}(?:\\s*\\.\\s*${NAME})*`;
const FROM = new RegExp(
  `(?:^|[;:])[^\\S\\n]*from[^\\S\\n]*([.\\s]*)(${DOTTED})?\\s+import\\b[^\\S\\n]*([^\\n;]+)`,
  'gmu',
);
const PLAIN = new RegExp(`(?:^|[;:])[^\\S\\n]*import[^\\S\\n]+([^\\n;]+)`, 'gmu');

const splitNames = (list: string): string[] =>
  list
    .replace(/[()]/g, ' ')
    .split(',')
    .map((each) => (each.trim().split(/\s+as\s+/)[0] ?? '').replace(/\s/g, ''))
    .filter((each) => each !== '');

/** All import statements of a source text, wherever they stand: in functions, in `try`, after a semicolon. */
export const scanImports = (source: string): Import[] => {
  const code = logicalLines(source);
  const imports: Import[] = [];
  for (const [, dots = '', module = '', names = ''] of code.matchAll(FROM)) {
    const level = dots.replace(/\s/g, '').length;
    if (level > 0 || module !== '')
      imports.push({ level, module: module.replace(/\s/g, ''), names: splitNames(names) });
  }
  for (const [, list = ''] of code.matchAll(PLAIN))
    for (const module of splitNames(list)) imports.push({ level: 0, module, names: [] });
  return imports;
};

/** True for paths of installed packages' folders, and of files in them. */
export const isInstalled = (path: string): boolean => /[/\\](site|dist)-packages([/\\]|$)/.test(path);

/** What the interpreter has itself. */
const PROVIDED: ReadonlySet<string> = new Set([
  'torch',
  'numpy',
  'einops',
  'pytorch_lightning',
  'lightning',
  'pydantic',
]);

const parentOf = (path: string): string => path.replace(/[/\\][^/\\]*$/, '');
const baseOf = (path: string): string => path.slice(parentOf(path).length + 1);
const join = (folder: string, ...names: string[]): string => {
  const separator = folder.includes('\\') && !folder.includes('/') ? '\\' : '/';
  return [folder.replace(/[/\\]$/, ''), ...names].join(separator);
};
const isInside = (path: string, roots: readonly string[]): boolean =>
  !path.split(/[/\\]/).includes('..') &&
  roots.some((root) => {
    const folder = root.replace(/[/\\]$/, '');
    return path === folder || (path.startsWith(folder) && /[/\\]/.test(path[folder.length] ?? ''));
  });

type ReadFile = (path: string) => Promise<string | null>;

/** Text by path, each read once; nothing outside the roots is asked for. */
const readOnce = (readFile: ReadFile, roots: readonly string[]): ReadFile => {
  const texts = new Map<string, Promise<string | null>>();
  return (path) => {
    if (!isInside(path, roots)) return Promise.resolve(null);
    const known = texts.get(path) ?? readFile(path).catch(() => null);
    texts.set(path, known);
    return known;
  };
};

/** The packages that a file is in, outermost first, and the folders where its absolute imports are looked for, in order. */
const placesOf = async (
  file: string,
  source: string,
  read: ReadFile,
  roots: readonly string[],
): Promise<{ packages: readonly string[]; search: readonly string[] }> => {
  const packages: string[] = [];
  let folder = parentOf(file);
  while ((await read(join(folder, '__init__.py'))) !== null && parentOf(folder) !== folder) {
    packages.unshift(baseOf(folder));
    folder = parentOf(folder);
  }
  const home = folder;
  // Relative imports may reach above what can be read: the folders there still count, as namespace packages.
  const reach = Math.max(0, ...scanImports(source).map(({ level }) => level));
  while (packages.length < reach && parentOf(folder) !== folder) {
    packages.unshift(baseOf(folder));
    folder = parentOf(folder);
  }
  // A script finds its neighbours first, then what its project has at the top.
  const search = [...new Set([folder, home, parentOf(file), ...roots.flatMap((root) => [root, join(root, 'src')])])];
  return { packages, search };
};

/**
 * Gives the source of a module by the dotted name that Python uses; null where there is none. A package's name with a slash
 * behind it asks for the data files in its folder.
 */
export type FindModule = (name: string) => Promise<SourceModule | null>;

const MODULE_NAME = new RegExp(`^${NAME}(?:\\.${NAME})*$`, 'u');

/** What may be read that is no module: the configuration of a model, by the path that the program gives. */
const CONFIGURATION = /(?:^|[/\\])config\.json$/;

/** Where a program's path may lead from each folder, inside the workspace. */
const configurationPaths = (path: string, folders: readonly string[], workspace: readonly string[]): string[] => {
  const isAbsolute = /^([A-Za-z]:)?[/\\]/.test(path);
  const places = isAbsolute ? [path] : folders.map((folder) => join(folder, ...path.split(/[/\\]/)));
  const real = places.map((place) => withoutDots(place));
  return [...new Set(real)].filter((place) => isInside(place, workspace) && !isInstalled(place));
};

/** A path whose steps up are taken. */
const withoutDots = (path: string): string => {
  const steps: string[] = [];
  for (const step of path.split(/[/\\]/)) {
    if (step === '..') steps.pop();
    else if (step !== '.' && (step !== '' || steps.length === 0)) steps.push(step);
  }
  return path.includes('/') ? steps.join('/') : steps.join('\\');
};

/**
 * What {@link collectModules} left out, one module at a time: what a file imports turns out when it runs. So do the
 * configurations that it reads; those are found inside the workspace alone.
 */
export const createFinder = (
  file: string,
  source: string,
  readFile: ReadFile,
  roots: readonly string[],
): FindModule => {
  const read = readOnce(readFile, roots);
  /** Worked out at the first question: most traces ask none. */
  let places: ReturnType<typeof placesOf> | undefined;
  return async (name) => {
    if (name.length > LONGEST_NAME) return null;
    if (CONFIGURATION.test(name)) {
      const workspace = roots.filter((root) => !isInstalled(root));
      for (const path of configurationPaths(name, [parentOf(file), ...workspace], workspace)) {
        const text = await read(path);
        if (text !== null) return { name, file: path, source: text };
      }
      return null;
    }
    const isData = name.endsWith('/');
    const dotted = isData ? name.slice(0, -1) : name;
    const parts = dotted.split('.');
    if (!MODULE_NAME.test(dotted) || PROVIDED.has(parts[0]!)) return null;
    places ??= placesOf(file, source, read, roots);
    for (const folder of (await places).search) {
      const at = join(folder, ...parts);
      if (isData) {
        const text = isInstalled(at) ? await read(join(at, '')) : null;
        if (text !== null) return { name, file: at, source: text };
        continue;
      }
      for (const [key, path] of [
        [`${name}.__init__`, join(at, '__init__.py')],
        [name, `${at}.py`],
      ] as const) {
        const text = await read(path);
        if (text !== null) return { name: key, file: path, source: text };
      }
    }
    return null;
  };
};

/**
 * Source of what `file` imports, directly or through others that lie under one of the `roots` (absolute folders). Of an
 * installed package only what files outside of it name comes along: the rest is found while it runs.
 * The dotted names are those that Python would use: from the folder above the outermost package that `file` is in, else
 * from its own folder, else from a root. `readFile` gives null for what does not exist or must not be read; it is asked
 * for nothing outside the roots, and resolving symbolic links is its business. A folder without `__init__.py` is a
 * namespace package. The file itself is not among the results, nor is anything called `torch`: the interpreter has that.
 */
export const collectModules = async (
  file: string,
  source: string,
  readFile: ReadFile,
  roots: readonly string[],
): Promise<SourceModule[]> => {
  const read = readOnce(readFile, roots);
  const { packages, search } = await placesOf(file, source, read, roots);
  const modules = new Map<string, SourceModule>();
  const looked = new Set<string>();
  const queue: { source: string; file: string; package: readonly string[] }[] = [{ source, file, package: packages }];
  let characters = 0;

  const add = async (name: string, path: string, own: readonly string[]): Promise<boolean> => {
    const text = await read(path);
    if (text === null) return false;
    if (path === file || modules.has(name)) return true;
    if (modules.size >= MAX_FILES || characters + text.length > MAX_CHARACTERS) return true;
    characters += text.length;
    modules.set(name, { name, file: path, source: text });
    queue.push({ source: text, file: path, package: own });
    return true;
  };

  /** Adds `a.b.c` and the packages it lies in; true when the last part was found. */
  const resolve = async (dotted: readonly string[]): Promise<boolean> => {
    const key = dotted.join('.');
    if (looked.has(key)) return modules.has(key) || modules.has(`${key}.__init__`);
    looked.add(key);
    if (PROVIDED.has(dotted[0]!)) return false;
    for (const root of search) {
      let found = false;
      for (let length = 1; length <= dotted.length; length++) {
        const part = dotted.slice(0, length);
        const at = join(root, ...part);
        const isPackage = await add([...part, '__init__'].join('.'), join(at, '__init__.py'), part);
        found = isPackage || (await add(part.join('.'), `${at}.py`, part.slice(0, -1)));
        // Regular modules end the way down; folders without __init__.py may be namespace packages.
        if (found && !isPackage) break;
      }
      if (found) return true;
    }
    return false;
  };

  for (let next = queue.shift(); next; next = queue.shift()) {
    if (next.file !== file && isInstalled(next.file)) continue;
    for (const { level, module, names } of scanImports(next.source)) {
      if (level > next.package.length) continue;
      const base = level === 0 ? [] : next.package.slice(0, next.package.length - level + 1);
      const target = [...base, ...module.split('.').filter((part) => part !== '')];
      if (target.length > 0) await resolve(target);
      // `from a import b`: b may be a module of the package a.
      for (const name of names) if (name !== '*') await resolve([...target, name]);
    }
    if (modules.size >= MAX_FILES) break;
  }
  return [...modules.values()];
};
