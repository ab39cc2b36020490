/** The dependency directions of the code base, held against the imports of every file. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What each part may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  ir: [],
  ops: ['ir'],
  analysis: ['ir', 'ops'],
  autodiff: ['ir', 'ops'],
  onnx: ['ir', 'ops'],
  view: ['ir', 'ops', 'analysis'],
  frontends: ['ir', 'ops', 'analysis', 'autodiff', 'onnx'],
  profile: ['ir', 'ops', 'analysis', 'autodiff', 'onnx', 'view'],
  protocol: ['ir', 'analysis', 'view', 'frontends', 'profile'],
  cli: ['ir', 'ops', 'analysis', 'autodiff', 'onnx', 'view', 'frontends', 'profile', 'protocol'],
  extension: ['ir', 'ops', 'analysis', 'autodiff', 'onnx', 'view', 'frontends', 'profile', 'protocol'],
  webview: ['ir', 'ops', 'analysis', 'autodiff', 'onnx', 'view', 'profile', 'protocol'],
};

/** Where Node's own modules may be used: programs, and the tracer's host and child. */
const NODE = [/^src\/cli\//, /^src\/extension\//, /^src\/frontends\/torch\//];

interface Import {
  readonly file: string;
  readonly specifier: string;
}

const files = ['src', 'webview'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(folder, file).replaceAll('\\', '/')),
);

const imports: readonly Import[] = files.flatMap((file) => {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const found = [
    ...source.matchAll(/^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)';/gm),
    ...source.matchAll(/\bimport\('([^']+)'\)/g),
  ];
  return found.map((match) => ({ file, specifier: match[1]! }));
});

/** `ops` for src/ops/…, `webview` for webview/…. */
const partOf = (file: string): string => (file.startsWith('webview/') ? 'webview' : file.split('/')[1]!);

const describeAll = (bad: readonly Import[]): string[] =>
  bad.map(({ file, specifier }) => `${file} imports ${specifier}`);

test('imports are found', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(200);
});

test('every folder has its place in the table', () => {
  expect(files.map(partOf).filter((part) => !(part in ALLOWED))).toEqual([]);
});

test('parts import only from the parts below them', () => {
  const bad = imports.filter(({ file, specifier }) => {
    if (!specifier.startsWith('.')) return false;
    const target = relative(ROOT, resolve(ROOT, dirname(file), specifier)).replaceAll('\\', '/');
    if (!/^(?:src|webview)\//.test(target)) return target !== 'package.json';
    const [from, to] = [partOf(file), partOf(target)];
    return from !== to && !ALLOWED[from]!.includes(to);
  });
  expect(describeAll(bad)).toEqual([]);
});

test('only the extension imports vscode', () => {
  const bad = imports.filter(({ file, specifier }) => specifier === 'vscode' && !file.startsWith('src/extension/'));
  expect(describeAll(bad)).toEqual([]);
});

test('only programs and the tracer import Node', () => {
  const bad = imports.filter(
    ({ file, specifier }) => specifier.startsWith('node:') && !NODE.some((allowed) => allowed.test(file)),
  );
  expect(describeAll(bad)).toEqual([]);
});

test('only the webview uses the DOM', () => {
  const dom = /\b(?:document\.(?:createElement|querySelector|getElementById|body)|HTMLElement|SVGElement)\b/;
  const bad = files.filter((file) => !file.startsWith('webview/') && dom.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(bad).toEqual([]);
});

test('only src/onnx knows protobuf', () => {
  const bad = imports.filter(
    ({ file, specifier }) => specifier.startsWith('@bufbuild/') && !file.startsWith('src/onnx/'),
  );
  expect(describeAll(bad)).toEqual([]);
});
