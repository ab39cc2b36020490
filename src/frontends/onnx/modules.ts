/** The module tree behind exported node names such as `/layer1/layer1.0/conv1/Conv`. */

import type { ModuleInfo } from '../../ir/graph.ts';

export interface ModuleTree {
  /** Parents before children; the root is ''. */
  readonly list: readonly ModuleInfo[];
  /** The module that a node of this name belongs to. */
  pathOf(nodeName: string): string;
}

/**
 * The modules that were called around a node, outermost first: torch.onnx writes the path of each, relative or whole, then
 * the operator with a counter.
 */
function callPaths(nodeName: string): readonly string[] {
  if (!nodeName.includes('/')) return [];
  const parts = nodeName
    .split('/')
    .filter((part) => part !== '')
    .slice(0, -1);
  let path = '';
  // `layer1/layer1.0` says the whole path again; `conv1` is relative to what came before.
  return parts.map(
    (part) => (path = path === '' || part === path || part.startsWith(`${path}.`) ? part : appendPart(path, part)),
  );
}

/** `layers.0/norm1` nests; a part that repeats the tail of the path does not: `features/features.0`. */
function appendPart(path: string, part: string): string {
  const last = path.split('.').at(-1)!;
  if (part.startsWith(`${last}.`)) return `${path.slice(0, path.length - last.length)}${part}`;
  return `${path}.${part}`;
}

export function readModules(nodeNames: readonly string[]): ModuleTree {
  const paths = new Set<string>(['']);
  const called = new Set<string>(['']);
  for (const name of nodeNames) {
    const calls = callPaths(name);
    for (const path of calls) called.add(path);
    const parts = calls.at(-1)?.split('.') ?? [];
    for (let depth = 1; depth <= parts.length; depth++) paths.add(parts.slice(0, depth).join('.'));
  }
  const list = [...paths]
    .sort((a, b) => a.length - b.length)
    .map((path): ModuleInfo => ({
      ...{ path, class: '', builtin: false, created: null, defined: null },
      ...(!called.has(path) && { holds: true }),
    }));
  return { list, pathOf: (nodeName) => callPaths(nodeName).at(-1) ?? '' };
}
