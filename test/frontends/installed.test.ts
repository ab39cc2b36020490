/** Packages of the user's Python environment: found while a file runs, and executed only as far as it needs them. */

import { beforeAll, expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
import type { TraceResult } from '../../src/frontends/types.ts';
import { valueOf } from '../../src/ir/query.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const LAYER = `import torch
from torch import nn
class Layer(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.fc = nn.Linear(width, width)
    def forward(self, x):
        return x + self.fc(x)
`;
const USE = 'from pack import Layer\nmodel = Layer()\n';

const params = ({ graph }: TraceResult): number | null => (graph ? measureCost(graph).params : null);
const expectLayer = (result: TraceResult): void => {
  expect(result.diagnostics).toEqual([]);
  expect(params(result)).toBe(72);
};

test('a module is asked for when it is imported, and what it imports when that is used', () => {
  const installed = {
    'pack.__init__': 'from .layer import Layer\nfrom .other import Other\nimport pack.third\nimport nothing.of_it\n',
    'pack.layer': `from .other import Other, helper\n${LAYER}`,
    'pack.other': 'raise RuntimeError("not needed")\n',
    'pack.third': '',
  };
  expectLayer(engine.trace(USE, { installed }));
  expect(engine.asked).toEqual(['pack', 'pack.layer']);
});

test('imported names are there in functions, in the bodies of classes, and for other modules', () => {
  const installed = {
    'pack.__init__': 'from .layer import *\n',
    'pack.layer': `from . import sizes
from .sizes import WIDTH as wide, base
import pack.sizes as again, pack.more
import torch
from torch import nn
class Layer(base):
    width = wide
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(self.width, sizes.WIDTH + again.WIDTH + len(range(wide)) - 2 * wide)
        assert pack.more.there and "wide" in globals() and globals()["wide"] == 8
    def forward(self, x):
        return x + self.fc(x)
`,
    'pack.sizes': 'from torch import nn\nWIDTH = 8\nbase = nn.Module\n',
    'pack.more': 'there = True\n',
  };
  expectLayer(engine.trace(USE, { installed }));
});

test('a package that imports its parts from itself has them, under its name and in its __dict__', () => {
  const installed = {
    'pack.__init__': 'import os\nfrom pack import parts, others\n',
    'pack.parts.__init__': 'from .layer import *\n',
    'pack.parts.layer': LAYER,
    'pack.others': '',
  };
  expectLayer(engine.trace('import pack\nmodel = pack.parts.Layer()\n', { installed }));
  const source = "import pack.parts as parts\nmodel = parts.__dict__['Layer']()\n";
  expectLayer(engine.trace(source, { installed }));
});

test('a package that shows its imports to type checkers only is read so', () => {
  const lazy = (body: string): string => `from typing import TYPE_CHECKING
from .find import lookup
__version__ = "3.1"
if TYPE_CHECKING:
    ${body}
else:
    lookup(__file__)
`;
  const installed = {
    'pack.__init__': lazy('from .models import *'),
    'pack.models.__init__': lazy('from .wide import *\n    from .layered import *'),
    'pack.models.wide': '__all__ = ["Wide"]\n',
    'pack.models.layered': `from .. import __version__\n__all__ = [\n    "Layer",\n]\nassert __version__ == "3.1"\n${LAYER}`,
    'pack.find': 'def lookup(file):\n    open(file)\n',
  };
  expectLayer(engine.trace(USE, { installed }));
});

test('of many modules, those are looked through first that are called like what is wanted', () => {
  const names = Array.from({ length: 60 }, (_, at) => `part_${String.fromCharCode(97 + (at % 26))}${at}`);
  const stars = [...names, 'layer', 'learned_a_y'].map((one) => `    from .${one} import *`).join('\n');
  const installed = {
    'pack.__init__': `from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n${stars}\nelse:\n    raise OSError\n`,
    ...Object.fromEntries(names.map((one) => [`pack.${one}`, ''])),
    'pack.layer': LAYER,
    'pack.learned_a_y': 'class LAYNet: pass\n',
  };
  expectLayer(engine.trace(USE, { installed }));
  expect(engine.asked.length).toBeLessThan(5);
  expectLayer(engine.trace(`from pack import LAYNet, Layer\nmodel = Layer()\n`, { installed }));
});

test('a statement that fails takes nothing else along, and a decorator that fails not what it decorates', () => {
  const installed = {
    'pack.__init__': `import native_code
table = native_code.tables["a"].missing(1)[None]
value = 1 / 0
def broken(cls):
    raise OSError("no files here")
@broken
${LAYER.slice(LAYER.indexOf('class'))}`.replace(
      'import native_code',
      'import torch\nfrom torch import nn\nimport native_code',
    ),
  };
  expectLayer(engine.trace(USE, { installed }));
});

test('what may be missing is missing, and what the interpreter has itself has a version', () => {
  const installed = {
    'pack.__init__': `import importlib.metadata
import importlib.util
try:
    import fast
except ImportError:
    fast = None
assert fast is None
assert importlib.util.find_spec("fast") is None and importlib.util.find_spec("torch") is not None
assert int(importlib.metadata.version("torch").split(".")[0]) >= 2
${LAYER}`,
  };
  expectLayer(engine.trace(USE, { installed }));
});

test('what reads pictures is there for a package that asks for it, before the model that does without', () => {
  const installed = {
    'pack.__init__': `import importlib.util
from torch import nn
def is_there():
    try:
        import PIL.Image
        return importlib.util.find_spec("PIL") is not None
    except ImportError:
        return False
if is_there():
    from PIL import Image
    WAY = Image.Resampling.BICUBIC
    class Net(nn.Linear):
        pass
`,
  };
  const result = engine.trace('from pack import Net\nmodel = Net(3, 4)\n', { installed });
  expect(result.diagnostics).toEqual([]);
  expect(params(result)).toBe(16);
});

test('a library that something stands in for is there for a package that asks for it only where it is installed', () => {
  const asking = `import importlib.util
from torch import nn
THERE = importlib.util.find_spec("timm") is not None
class Net(nn.Linear):
    def __init__(self):
        super().__init__(3, 4 if THERE else 5)
`;
  const source = 'from pack import Net\nmodel = Net()\n';
  const without = engine.trace(source, { installed: { 'pack.__init__': asking } });
  expect([without.diagnostics, params(without)]).toEqual([[], 20]);
  const beside = engine.trace(source, { installed: { 'pack.__init__': asking, 'timm.__init__': '' } });
  expect([beside.diagnostics, params(beside)]).toEqual([[], 16]);
});

test('limits of a number format that is not known decide nothing: a mistake behind them is told', () => {
  const installed = {
    'pack.__init__':
      'import torch\nfrom torch import nn\nLEAST = torch.finfo(torch.float9).min\nclass Net(nn.Linear):\n    pass\n',
  };
  const source = `# skipscope: input=2x3
from torch import nn
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        from pack import Net
        self.a, self.b = Net(3, 4), nn.Linear(5, 6)
    def forward(self, x):
        return self.b(self.a(x))
`;
  const { graph } = engine.trace(source, { installed });
  expect(graph!.nodes.flatMap(({ problems }) => problems.map(({ code }) => code))).toEqual(['shape-mismatch']);
});

test('a name that a package lacks is unknown where it is used', () => {
  const { diagnostics } = engine.trace('from pack import Nothing\nmodel = Nothing(3)\n', {
    installed: { 'pack.__init__': '' },
  });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
});

const CONFIG = `class NetConfig:
    def __init__(self, width=8, deep=2):
        self.width, self.deep = width, deep
class TextConfig(NetConfig):
    def __init__(self, width=4):
        super().__init__(width)
`;
test('a class that takes a configuration which the file imports is built with its defaults', () => {
  const result = engine.trace(
    `import torch
from torch import nn
from pack import TextConfig, NetConfig
class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc = nn.Linear(config.width, config.width)
    def forward(self, x):
        return x + self.fc(x)
class NetModel(nn.Module):
    def __init__(self, config: NetConfig):
        super().__init__()
        self.blocks = nn.Sequential(*[Block(config) for _ in range(config.deep)])
    def forward(self, x):
        return self.blocks(x)
`,
    { installed: { 'pack.__init__': CONFIG } },
  );
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe('NetModel(NetConfig())');
  expect(params(result)).toBe(144);
  expect(valueOf(result.graph!, result.graph!.outputs[0]!).type.shape?.at(-1)).toBe(8);
});

const TWO = `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.fc = nn.Conv2d(3, 8, 4)
    def forward(self, input_ids: torch.LongTensor | None = None, mask: torch.Tensor | None = None, CHOICE: torch.FloatTensor | None = None):
        BODY
`;
test.each([
  [
    'that is for another part what the one its message names is for the first',
    'decoder_input_ids',
    'if decoder_input_ids is None:\n            raise ValueError("exactly one of input_ids or mask is needed")\n        return self.words(input_ids) + self.words(decoder_input_ids)',
  ],
  [
    'that its message names',
    'decoder_ids',
    'if decoder_ids is None:\n            raise ValueError("decoder_ids is needed")\n        return self.words(input_ids) + self.words(decoder_ids)',
  ],
  [
    'that the message of a part of it calls by a shorter name',
    'decoder_word_ids',
    'if decoder_word_ids is None:\n            raise ValueError("one of word_ids or words is needed")\n        return self.words(input_ids) + self.words(decoder_word_ids)',
  ],
  [
    'without which a layer has nothing to take',
    'decoder_words',
    'return self.words(input_ids) + self.words(decoder_words)',
  ],
  [
    'whose absence it stumbles over',
    'pixel_values',
    'b = pixel_values.shape[0]\n        return self.words(input_ids).mean(1) + self.fc(pixel_values).mean((2, 3))',
  ],
])('an optional input is given %s', (_, name, body) => {
  const result = engine.trace(TWO.replace('CHOICE', name).replace('BODY', body));
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs.map((one) => one.name)).toEqual(['input_ids', name]);
});

test('a length that an error message asks for is given', () => {
  const result = engine.trace(`import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(80, 8, 3)
    def forward(self, x):
        if x.shape[-1] != 3000:
            raise ValueError(f"features of length 3000 are expected, but found {x.shape[-1]}")
        return self.conv(x)
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs[0]!.shape).toEqual([1, 80, 3000]);
});

const HUB = `import torch
from torch import nn
class NetConfig:
    """The defaults will yield a similar configuration to that of the Net [org/net-base](https://huggingface.co/org/net-base)."""
    def __init__(self, width=8, labels=3):
        self.width, self.labels = width, labels
    @classmethod
    def from_pretrained(cls, name, **options):
        raise OSError("no network")
class NetModel(nn.Module):
    config_class = NetConfig
    def __init__(self, config, bias=True):
        super().__init__()
        self.fc = nn.Linear(config.width, config.labels, bias)
    @classmethod
    def from_pretrained(cls, name, *args, config=None, **options):
        raise OSError("no network")
    def forward(self, x):
        return self.fc(x)
`;
test.each([
  ["NetModel.from_pretrained('net-base')", 27, ['info']],
  ["NetModel.from_pretrained('org/net-base', labels=5)", 45, ['info']],
  ["NetModel.from_pretrained('other', config=NetConfig(4))", 15, []],
  ["NetModel(NetConfig.from_pretrained('net-base'))", 27, ['info']],
])('%s is known offline', (text, count, severities) => {
  const result = engine.trace(`from pack import NetConfig, NetModel\nmodel = ${text}\n`, {
    installed: { 'pack.__init__': HUB },
  });
  expect(params(result)).toBe(count);
  expect([...new Set(result.diagnostics.map(({ severity }) => severity))]).toEqual(severities);
});

test('packages and the file read their own text', () => {
  const installed = {
    'pack.__init__': 'from .layer import Layer\n',
    'pack.layer': `import inspect, sys\n${LAYER}        # a mark
    def says(self):
        return "a mark" in inspect.getsource(sys.modules[Layer.__module__]) and "a mark" in inspect.getsource(Layer)
`,
  };
  const use = `import inspect
from pack import Layer
class Whole(Layer):
    def __init__(self, width=8):
        super().__init__(width if self.says() and "class Whole" in inspect.getsource(Whole) else 1)
`;
  expectLayer(engine.trace(use, { installed }));
});

test.each([
  ["NetModel.from_pretrained('./net')", 56],
  ["NetModel.from_pretrained('net/', labels=5)", 70],
  ["NetModel.from_pretrained('saved', subfolder='net', labels=1)", 14],
  ["NetModel.from_pretrained('net', bias=False, device_map='cpu')", 52],
  ["NetModel(NetConfig.from_pretrained(__import__('pathlib').Path('net')))", 56],
])('%s has the configuration of a folder of the workspace', (text, count) => {
  const said = '{"width": 13, "labels": 4, "transformers_version": "5"}';
  const installed = {
    'pack.__init__': HUB.replace('labels=3)', 'labels=3, **rest)'),
    ...Object.fromEntries(['./net', 'net', 'saved/net'].map((folder) => [`${folder}/config.json`, said])),
  };
  const result = engine.trace(`from pack import NetConfig, NetModel\nmodel = ${text}\n`, { installed });
  expect(result.diagnostics).toEqual([]);
  expect(params(result)).toBe(count);
});

test('an automatic class builds what the folder’s configuration names', () => {
  const installed = {
    'pack.__init__': HUB.replace('labels=3):', 'labels=3, model_type=None):'),
    'pack.auto': `from pack import NetModel
class AutoModel:
    @classmethod
    def from_config(cls, config):
        return NetModel(config)
    @classmethod
    def from_pretrained(cls, name, **options):
        raise OSError("no network")
`,
    'pack.configuration_auto': 'from pack import NetConfig\nCONFIG_MAPPING = {"net": NetConfig}\n',
    './net/config.json': '{"model_type": "net", "width": 13}',
  };
  const source = "from pack.auto import AutoModel\nmodel = AutoModel.from_pretrained('./net')\n";
  const result = engine.trace(source, { installed });
  expect(result.diagnostics).toEqual([]);
  expect(params(result)).toBe(42);
});

test.each([
  ['not JSON', 'makes no model of this library'],
  ['[1, 2]', 'makes no model of this library'],
  ['{"model_type": "other"}', 'makes no model of this library'],
  [null, 'finds no configuration of a model'],
])('a folder with the configuration %j is said at its line', (said, message) => {
  const installed = { 'pack.__init__': HUB, ...(said !== null && { './net/config.json': said }) };
  const source = "from pack import NetModel\nmodel = NetModel.from_pretrained('./net')\n";
  const { diagnostics } = engine.trace(source, { installed });
  expect(diagnostics[0]).toMatchObject({ code: 'unread-file', severity: 'warning', range: { start: { line: 1 } } });
  expect(diagnostics[0]!.message).toContain(message);
});

test('what only a download would tell is said once, where it is asked for, and the rest traces', () => {
  const source = `from torch import nn
from pack import NetModel
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = NetModel.from_pretrained('someone/fine-tuned')
        self.head = nn.Linear(8, 2)
    def forward(self, x):
        return self.head(self.body(x))
`;
  const result = engine.trace(source, { installed: { 'pack.__init__': HUB } });
  expect(result.diagnostics.map(({ code, range }) => [code, range.start.line])).toEqual([['unread-file', 5]]);
  expect(params(result)).toBe(18);
});

test('of a condition on contents in a library the user is told, not warned', () => {
  const source = 'from pack import Layer\nmodel = Layer()\n';
  const layer = LAYER.replace('        return', '        if x.sum() > 0:\n            x = x * 2\n        return');
  const { diagnostics } = engine.trace(source, { installed: { 'pack.__init__': layer } });
  expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['data-dependent-control-flow', 'info']]);
});

test('a class whose argument is said to be any configuration is built with its own', () => {
  const installed = { 'pack.__init__': `${CONFIG}class Any:\n    pass\n` };
  const result = engine.trace(
    `from torch import nn
from pack import Any, NetConfig
class Net(nn.Module):
    config_class = NetConfig
    def __init__(self, config: Any):
        super().__init__()
        self.fc = nn.Linear(config.width, config.width)
    def forward(self, x):
        return self.fc(x)
`,
    { installed },
  );
  expect(result.model).toBe('Net(NetConfig())');
  expect(params(result)).toBe(72);
});

test('what only complains decides nothing', () => {
  const source = `import torch, logging
from torch import nn
logger = logging.getLogger(__name__)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
    def forward(self, input_ids):
        # Only a real run knows.
        if 3 in input_ids[:, [-1, 0]]:
            warn_string = (
                "some words"
                "more words: (not closed"
            )
            if input_ids.shape[0] > 4:
                warn_string += "more"
            logger.warning(warn_string)
        return self.words(input_ids)
`;
  expect(engine.trace(source).diagnostics).toEqual([]);
  const decides = source.replace(
    'logger.warning(warn_string)',
    'logger.warning(warn_string)\n            input_ids = input_ids + 1',
  );
  expect(engine.trace(decides).diagnostics.map(({ code }) => code)).toEqual(['data-dependent-control-flow']);
});

test('weights that a package would download are unknown, and the model is what it is without them', () => {
  const installed = {
    'huggingface_hub.__init__': 'from .fetch import hf_hub_download\n',
    'huggingface_hub.fetch': 'def hf_hub_download(name):\n    raise OSError(2, "no network", name)\n',
    'pack.__init__': 'from .make import create\n',
    'pack.make': `import torch
from huggingface_hub import hf_hub_download
${LAYER}
def create(name):
    model = Layer()
    held = torch.load(hf_hub_download(name))
    held["fc.weight"] = held["fc.weight"].float()
    model.load_state_dict(held, strict=False)
    return model
`,
  };
  expectLayer(engine.trace('import pack\nmodel = pack.create("small")\n', { installed }));
});

test('a library that is installed stands for itself when an installed package uses it', () => {
  const installed = {
    'pack.__init__': 'import timm\nfrom timm.layers import Layer\ndef create():\n    return timm.create_model("odd")\n',
    'timm.__init__': 'from .layers import Layer\ndef create_model(name):\n    return Layer()\n',
    'timm.layers': LAYER,
  };
  expectLayer(engine.trace('import pack\nmodel = pack.create()\n', { installed }));
});

test('a folder of a package without a file of its own holds modules', () => {
  for (const line of ['from .parts.deep.layer import Layer', 'from .parts.deep import layer\nLayer = layer.Layer']) {
    const installed = { 'pack.__init__': `${line}\n`, 'pack.parts.deep.layer': LAYER };
    expectLayer(engine.trace(USE, { installed }));
  }
});
