/** Which files of a workspace go along with a model file. */

import { expect, test } from 'vitest';
import { collectModules, createFinder, MAX_FILES, scanImports } from '../../src/frontends/torch/modules.ts';

const collect = async (files: Record<string, string>, file: string, roots = ['/work']): Promise<string[]> => {
  const asked: string[] = [];
  const read = (path: string): Promise<string | null> => {
    asked.push(path);
    return Promise.resolve(files[path] ?? null);
  };
  const modules = await collectModules(file, files[file] ?? '', read, roots);
  expect(asked.every((path) => roots.some((root) => path.startsWith(`${root}/`)))).toBe(true);
  expect(asked.every((path) => !path.includes('..'))).toBe(true);
  for (const { file: from, source } of modules) expect(source).toBe(files[from]);
  return modules.map(({ name }) => name).sort();
};

test('finds every form of import', () => {
  const source = `
import a, b.c as d
from .x import y, z as w
from ..p.q import (
    r,  # a comment, with a comma
    s,
)
from . import t
from ... import u
if True: import e
try:
    import f
except ImportError: pass
def g():
    from h import *
    import i; import j
from k \\
    import l
import\tm
`;
  expect(
    scanImports(source).map(({ level, module, names }) => `${'.'.repeat(level)}${module}:${names.join()}`),
  ).toEqual([
    ...['.x:y,z', '..p.q:r,s', '.:t', '...:u', 'h:*', 'k:l'],
    ...['a:', 'b.c:', 'e:', 'f:', 'i:', 'j:', 'm:'],
  ]);
});

test('is not misled by strings and comments', () => {
  const source = `
"""
import no1
from no2 import x
"""
# import no3
s = 'import no4'; t = "\\"; import no5"
u = r'''
import no6'''
important = 1
x.import_module("no7")
import yes
v = '''unterminated
import no8
`;
  expect(scanImports(source)).toEqual([{ level: 0, module: 'yes', names: [] }]);
});

test('follows imports through packages, by the names Python would use', async () => {
  const files = {
    '/work/nets/models/resnet.py':
      'from ..layers import conv\nfrom .common import Block\nimport torch\nfrom nets import utils\n',
    '/work/nets/models/__init__.py': 'from .other import Other\n',
    '/work/nets/models/common.py': 'from .common_impl import x\n',
    '/work/nets/models/common_impl.py': '',
    '/work/nets/models/other.py': '',
    '/work/nets/models/unused.py': '',
    '/work/nets/layers/__init__.py': '',
    '/work/nets/layers/conv.py': 'from nets.models.resnet import ResNet\n',
    '/work/nets/__init__.py': '',
    '/work/nets/utils.py': 'def f():\n    import nets.deep.er\n',
    '/work/nets/deep/er.py': '',
  };
  expect(await collect(files, '/work/nets/models/resnet.py')).toEqual([
    ...['nets.__init__', 'nets.deep.er', 'nets.layers.__init__', 'nets.layers.conv', 'nets.models.__init__'],
    ...['nets.models.common', 'nets.models.common_impl', 'nets.models.other', 'nets.utils'],
  ]);
});

test('a script finds its neighbours, then the top of the workspace, then src', async () => {
  const files = {
    '/work/models/net.py': 'import helper, top, inner\n',
    '/work/models/helper.py': '',
    '/work/helper.py': 'import wrong\n',
    '/work/wrong.py': '',
    '/work/top.py': '',
    '/work/src/inner/__init__.py': 'from .a import *\n',
    '/work/src/inner/a.py': '',
  };
  expect(await collect(files, '/work/models/net.py')).toEqual(['helper', 'inner.__init__', 'inner.a', 'top']);
});

test('never leaves the roots', async () => {
  const files = {
    '/work/pkg/net.py': 'from ...outside import x\nfrom .. import secret\nfrom . import sibling\nimport other\n',
    '/work/pkg/__init__.py': '',
    '/work/pkg/sibling.py': '',
    '/outside.py': '',
    '/secret.py': '',
    '/other.py': '',
    '/workbench/other.py': '',
  };
  expect(await collect(files, '/work/pkg/net.py', ['/work/pkg'])).toEqual(['work.pkg.__init__', 'work.pkg.sibling']);
});

test('relative imports that reach above the workspace leave the rest in its place', async () => {
  const files = {
    '/work/models/__init__.py': '',
    '/work/models/net.py': 'from ..utils import log\nfrom .parts import block\n',
    '/work/models/parts.py': '',
  };
  const names = ['work.models.__init__', 'work.models.parts'];
  expect(await collect(files, '/work/models/net.py', ['/work'])).toEqual(names);
  expect(await collect(files, '/work/models/net.py', ['/work/models'])).toEqual(names);
});

test('installed packages come along, but nothing that the interpreter has itself', async () => {
  const files = {
    '/work/net.py': 'import torch.nn, numpy, einops\nfrom timm.layers import DropPath\nimport missing, yacs\n',
    '/lib/site-packages/timm/__init__.py': '',
    '/lib/site-packages/timm/layers/__init__.py': 'from .drop import DropPath\nimport yacs\n',
    '/lib/site-packages/timm/layers/drop.py': 'import torch, requests\n',
    '/lib/site-packages/requests/__init__.py': '',
    '/lib/site-packages/timm/unused.py': '',
    '/lib/site-packages/yacs.py': '',
    '/lib/site-packages/torch/nn.py': '',
    '/lib/site-packages/numpy/__init__.py': '',
    '/lib/site-packages/einops.py': '',
  };
  const modules = ['timm.__init__', 'timm.layers.__init__', 'yacs'];
  expect(await collect(files, '/work/net.py', ['/work', '/lib/site-packages'])).toEqual(modules);
});

test('a file of its own needs nothing, and a reader that fails is a file that is not there', async () => {
  expect(await collect({ '/work/net.py': 'import torch\n' }, '/work/net.py')).toEqual([]);
  const failing = (): Promise<string | null> => Promise.reject(new Error('no'));
  expect(await collectModules('/work/net.py', 'import a', failing, ['/work'])).toEqual([]);
});

test('circles end, and the number of files is bounded', async () => {
  const files: Record<string, string> = { '/work/m0.py': 'import m1\n' };
  for (let each = 1; each < 2 * MAX_FILES; each++) files[`/work/m${each}.py`] = `import m${each + 1}, m0, m1\n`;
  expect(await collect(files, '/work/m0.py')).toHaveLength(MAX_FILES);
});

// Were the scan quadratic, the runner's own limit would end this test.
test('bombs of imports are scanned', () => {
  scanImports('from .'.repeat(100_000));
  scanImports('import a,'.repeat(100_000));
  scanImports(`from ${'. '.repeat(100_000)}`);
  scanImports(`${'"'.repeat(100_001)}`);
  scanImports(`from a${'.a'.repeat(100_000)}`);
  expect(scanImports(`from a${' '.repeat(100_000)}`)).toEqual([]);
});

test('a module that a file turns out to import is found where Python would find it, and only by a name', async () => {
  const files: Record<string, string> = {
    '/work/nets/__init__.py': '',
    '/work/nets/net.py': '',
    '/work/nets/late.py': 'late',
    '/lib/site-packages/pack/__init__.py': 'pack',
    '/lib/site-packages/pack/part.py': 'part',
    '/lib/site-packages/torch/__init__.py': 'torch',
    '/secret.py': 'secret',
    '/work/../secret.py': 'secret',
  };
  const read = (path: string): Promise<string | null> => Promise.resolve(files[path] ?? null);
  const find = createFinder('/work/nets/net.py', '', read, ['/work', '/lib/site-packages']);
  const found = async (name: string): Promise<string | null> => (await find(name))?.name ?? null;
  expect(await Promise.all(['nets.late', 'pack', 'pack.part'].map(found))).toEqual([
    ...['nets.late', 'pack.__init__', 'pack.part'],
  ]);
  for (const name of [
    'torch',
    'missing',
    '',
    '.',
    '..secret',
    '../secret',
    'pack/part',
    'pack.',
    'a'.repeat(1000),
    'secret',
  ])
    expect(await found(name)).toBeNull();
});

test('configurations are found from the file’s own folder and the workspace, and nowhere else', async () => {
  const files = new Set([
    ...['/work/nets/own/config.json', '/work/shared/config.json', '/work/shared/settings.json', '/work/key'],
    ...['/secret/config.json', '/work2/config.json', '/lib/site-packages/pack/config.json'],
  ]);
  const asked: string[] = [];
  const read = (path: string): Promise<string | null> => {
    asked.push(path);
    return Promise.resolve(files.has(path) ? path : null);
  };
  const find = createFinder('/work/nets/net.py', '', read, ['/work', '/lib/site-packages']);
  const found = async (name: string): Promise<string | null> => (await find(name))?.source ?? null;
  expect(await found('./own/config.json')).toBe('/work/nets/own/config.json');
  expect(await found('shared/config.json')).toBe('/work/shared/config.json');
  expect(await found('../shared//config.json')).toBe('/work/shared/config.json');
  expect(await found('/work/shared/config.json')).toBe('/work/shared/config.json');
  expect((await find('./own/config.json'))?.name).toBe('./own/config.json');
  for (const name of [
    ...[
      '/secret/config.json',
      '../../secret/config.json',
      '../../../../secret/config.json',
      '/work/../secret/config.json',
    ],
    ...['..\\..\\secret\\config.json', '/work2/config.json', '../../work2/config.json', '~/config.json'],
    ...['../../lib/site-packages/pack/config.json', '/lib/site-packages/pack/config.json', 'shared/settings.json'],
    ...[
      '../key',
      '/work/key',
      'shared/config.json/../../key',
      'C:\\secret\\config.json',
      `${'a/'.repeat(300)}config.json`,
    ],
  ])
    expect(await found(name), name).toBeNull();
  expect(asked.every((path) => path.startsWith('/work/') && !path.includes('..'))).toBe(true);
});

test('data files are asked for by the name of an installed package, and of no other folder', async () => {
  const asked: string[] = [];
  const read = (path: string): Promise<string | null> => {
    asked.push(path);
    return Promise.resolve(path.endsWith('/') ? '[]' : null);
  };
  const find = createFinder('/work/net.py', '', read, ['/work', '/lib/site-packages']);
  expect(await find('pack.part/')).toEqual({ name: 'pack.part/', file: '/lib/site-packages/pack/part', source: '[]' });
  for (const name of [
    '/',
    '../',
    'pack/../',
    'pack//',
    '.pack/',
    'pack./',
    'torch/',
    'pack/part/',
    '..pack/',
    'pack/\n/',
  ])
    expect(await find(name), name).toBeNull();
  expect(asked.filter((path) => path.endsWith('/'))).toEqual(['/lib/site-packages/pack/part/']);
});
