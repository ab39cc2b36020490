/** Under which dotted name Python would import the file that is traced. */

import type { TraceRequest } from '../types.ts';

const parts = (file: string): string[] => file.split(/[\\/]/).filter(Boolean);
const directory = (file: string): string => parts(file).slice(0, -1).join('/');

/** From its siblings where they were given, else from its directories, as far up as its relative imports reach. */
export function moduleNameOf({ file, source, modules }: Pick<TraceRequest, 'file' | 'source' | 'modules'>): string {
  const stem = (parts(file).at(-1) ?? 'model').replace(/\.pyi?$/, '').replace(/[^\w]/g, '_');
  const itself = modules.find((one) => one.file === file);
  if (itself) return itself.name;
  const sibling = modules.find((one) => directory(one.file) === directory(file));
  const own = sibling?.name.split('.').slice(0, -1).join('.');
  if (sibling) return own ? `${own}.${stem}` : stem;
  const dots = [...source.matchAll(/^\s*from\s+(\.+)/gm)].map((match) => match[1]!.length);
  const depth = Math.max(0, ...dots);
  if (depth === 0) return stem;
  const names = parts(file).slice(0, -1);
  const parents = Array.from({ length: depth }, (_, index) => names.at(index - depth) ?? `package${index}`);
  return [...parents.map((name) => name.replace(/[^\w]/g, '_')), stem].join('.');
}
