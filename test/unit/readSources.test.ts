/** What is read of a user's disk: below the given folders, and of installed packages only what can be traced. */

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFinder } from '../../src/frontends/torch/modules.ts';
import { createReader, findSitePackages } from '../../src/frontends/torch/readSources.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'skipscope-sources-'));
});
afterEach(() => rm(home, { recursive: true }));

const write = async (path: string, text = ''): Promise<string> => {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
};

const site = 'work/.venv/lib/python3.12/site-packages';

test('reads files below its roots, and follows no link out of them', async () => {
  const inside = await write('work/inside.py', 'a');
  const outside = await write('outside.py', 'secret');
  await write('workbench/near.py', 'secret');
  await symlink(outside, join(home, 'work', 'link.py'));
  await symlink(home, join(home, 'work', 'up'));
  const read = createReader([join(home, 'work')]);
  expect(await read(inside)).toBe('a');
  for (const path of ['link.py', 'up/outside.py', '../outside.py', '../workbench/near.py', 'missing.py', '.']) {
    expect(await read(`${home}/work/${path}`), path).toBeNull();
  }
});

test('no link leads a configuration out of the workspace', async () => {
  await write('outside/config.json', 'secret');
  await write('work/inside/config.json', 'a');
  await symlink(join(home, 'outside'), join(home, 'work', 'linked'));
  await mkdir(join(home, 'work', 'other'));
  await symlink(join(home, 'outside', 'config.json'), join(home, 'work', 'other', 'config.json'));
  await symlink(join(home, 'work', 'inside'), join(home, 'work', 'again'));
  const roots = [join(home, 'work')];
  const find = createFinder(join(home, 'work', 'net.py'), '', createReader(roots), roots);
  for (const name of ['inside', 'again', join(home, 'work', 'inside')])
    expect((await find(`${name}/config.json`))?.source, name).toBe('a');
  for (const name of ['linked', 'other', '../outside', 'inside/../../outside', join(home, 'outside')])
    expect(await find(`${name}/config.json`), name).toBeNull();
});

test('a root that is itself a link is the folder that it leads to', async () => {
  await write('real/a.py', 'a');
  await symlink(join(home, 'real'), join(home, 'link'));
  expect(await createReader([join(home, 'link')])(join(home, 'link', 'a.py'))).toBe('a');
});

test('of installed packages it reads those without compiled code, and those made for torch', async () => {
  const pure = await write(`${site}/pure/nets/a.py`, 'pure');
  const single = await write(`${site}/single.py`, 'single');
  const compiled = await write(`${site}/fast/__init__.py`, 'import numpy');
  await write(`${site}/fast/core/_c.cpython-312-x86_64-linux-gnu.so`);
  const vision = await write(`${site}/vision/__init__.py`, 'import torch\nfrom .ops import nms');
  await write(`${site}/vision/_C.so`);
  const read = createReader([join(home, 'work'), join(home, site)]);
  expect(await read(pure)).toBe('pure');
  expect(await read(single)).toBe('single');
  expect(await read(compiled)).toBeNull();
  expect(await read(vision)).toContain('import torch');
});

test('a package cannot lead out of the folder it is installed in', async () => {
  const outside = await write('outside.py', 'secret');
  await write(`${site}/pure/__init__.py`);
  await symlink(outside, join(home, site, 'pure', 'link.py'));
  await symlink(outside, join(home, site, 'alone.py'));
  const read = createReader([join(home, site)]);
  expect(await read(join(home, site, 'pure', 'link.py'))).toBeNull();
  expect(await read(join(home, site, 'alone.py'))).toBeNull();
});

test('data files are read of the folder of an installed package only, and none that is a link or code', async () => {
  const folder = `${site}/pure`;
  const secret = await write('secret.json', 'secret');
  await write(`${folder}/__init__.py`, 'HERE = __file__');
  await write(`${folder}/configs/a.json`, '{}');
  await write(`${folder}/words.txt.gz`, 'words');
  await write(`${folder}/weights.bin`, 'weights');
  await write(`${folder}/large.txt`, 'x'.repeat(2_000_000));
  await symlink(secret, join(home, folder, 'link.json'));
  await symlink(home, join(home, folder, 'up'));
  await symlink(home, join(home, site, 'outside'));
  await write('__init__.py');
  await write('work/own/__init__.py');
  await write('work/own/a.json', '{}');
  await write(`${site}/loose/a.json`, '{}');
  await write(`${site}/__init__.py`);
  await write(`${site}/fast/__init__.py`);
  await write(`${site}/fast/_c.so`);
  await write(`${site}/fast/a.json`, '{}');
  const read = createReader([join(home, 'work'), join(home, site)]);
  const texts = async (path: string): Promise<unknown> => {
    const text = await read(`${join(home, path)}/`);
    return text === null
      ? null
      : (JSON.parse(text) as [string, string][]).map(([name, base64]) => [name, atob(base64)]);
  };
  expect(await texts(folder)).toEqual([
    ['configs/a.json', '{}'],
    ['words.txt.gz', 'words'],
  ]);
  const others = ['pure/up', 'outside', 'loose', 'fast', 'pure/configs', 'pure/..', '..', '.', 'missing'];
  for (const path of ['work/own', '', ...others.map((name) => `${site}/${name}`)]) {
    expect(await texts(path), path).toBeNull();
  }
});

test('the packages are those of the virtual environment, else of the active one, else of the Python on the path', async () => {
  const path = { PATH: ['/nowhere', join(home, 'usr', 'bin')].join(delimiter) };
  const folders = [join(home, 'work')];
  await write('usr/bin/python3');
  await write('usr/lib/python3/dist-packages/a.py');
  expect(await findSitePackages(folders, path)).toEqual([join(home, 'usr/lib/python3/dist-packages')]);
  await write('active/lib/python3.11/site-packages/a.py');
  const active = { ...path, VIRTUAL_ENV: join(home, 'active') };
  expect(await findSitePackages(folders, active)).toEqual([join(home, 'active/lib/python3.11/site-packages')]);
  await write(`${site}/a.py`);
  expect(await findSitePackages(folders, active)).toEqual([join(home, site)]);
  expect(await findSitePackages([], {})).toEqual([]);
});
