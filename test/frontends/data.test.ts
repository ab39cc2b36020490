/** Files that installed packages bring beside their modules: configurations by which a model is chosen. */

import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
import type { SourceModule } from '../../src/frontends/types.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const SMALL = JSON.stringify({ width: 6, depth: 2 });
const FILES = { 'configs/small.json': SMALL, 'words.txt.gz': gzipSync('one\ntwo\n') };
const USE = 'import zoo\nmodel, _ = zoo.create("small")\nmodel.eval()\n';
const MODEL = `from torch import nn
def create(name):
    width, depth = found()[name]
    return nn.Sequential(*[nn.Linear(width, width) for _ in range(depth)]), None
`;

/** The ways in which packages read such files. */
const WAYS = {
  paths: `import json
from pathlib import Path
_FOLDER = Path(__file__).parent / "configs/"
def found():
    return {one.stem: tuple(json.load(open(one)).values()) for one in _FOLDER.glob("*.json")}
`,
  'the file system': `import gzip, json, os
_HERE = os.path.dirname(os.path.abspath(__file__))
def found():
    assert gzip.open(os.path.join(_HERE, "words.txt.gz")).read() == b"one\\ntwo\\n"
    files = [one for one in os.listdir(os.path.join(_HERE, "configs")) if os.path.isfile(os.path.join(_HERE, "configs", one))]
    return {one[:-5]: tuple(json.loads(open(os.path.join(_HERE, "configs", one)).read()).values()) for one in files}
`,
  resources: `import json
from importlib import resources
def found():
    text = (resources.files("zoo") / "configs" / "small.json").read_text()
    assert resources.files(__package__).joinpath("configs").is_dir()
    return {"small": tuple(json.loads(text).values())}
`,
  'the loader': `import json, pkgutil
def found():
    return {"small": tuple(json.loads(pkgutil.get_data("zoo", "configs/small.json")).values())}
`,
} as const;

const packed = (files: Readonly<Record<string, string | Buffer>>): string =>
  JSON.stringify(Object.entries(files).map(([path, text]) => [path, Buffer.from(text).toString('base64')]));

for (const [way, reads] of Object.entries(WAYS))
  test(`a package reads its configurations by ${way}`, () => {
    const installed = { 'zoo.__init__': 'from .factory import create\n', 'zoo.factory': reads + MODEL };
    const { diagnostics, graph } = engine.trace(USE, { installed, data: { 'zoo/': packed(FILES) } });
    expect(diagnostics).toEqual([]);
    expect(measureCost(graph!).params).toBe(84);
    expect(engine.asked).toContain('zoo/');
  });

test('folders are the same on every system', () => {
  const modules: SourceModule[] = [
    ['zoo.__init__', 'zoo\\__init__.py', 'from .factory import create\n'],
    ['zoo.factory', 'zoo\\factory.py', WAYS.paths + MODEL],
    ['zoo/', 'zoo', packed(FILES)],
  ].map(([name, file, source]) => ({ name: name!, file: `C:\\env\\Lib\\site-packages\\${file}`, source: source! }));
  const { diagnostics, graph } = engine.trace(USE, { modules });
  expect(diagnostics).toEqual([]);
  expect(measureCost(graph!).params).toBe(84);
});

test('packages that look at no files are not asked for any, and what is not there is missing', () => {
  const plain = {
    'zoo.__init__': 'from .factory import create\n',
    'zoo.factory': `def found(): return {"small": (6, 2)}\n${MODEL}`,
  };
  expect(engine.trace(USE, { installed: plain }).diagnostics).toEqual([]);
  expect(engine.asked.filter((name) => name.endsWith('/'))).toEqual([]);
  const lost = { ...plain, 'zoo.factory': `def found(): return open(__file__ + "/../small.json")\n${MODEL}` };
  const { diagnostics } = engine.trace(USE, { installed: lost });
  expect(diagnostics.map(({ code, range }) => [code, range.start.line])).toEqual([['unread-file', 1]]);
});
