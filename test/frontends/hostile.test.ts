/** Model files that try to get out, in the real interpreter process. Each must fail clearly, and spoil nothing. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceModule, TraceRequest, TraceResult } from '../../src/frontends/types.ts';
import { createFinder } from '../../src/frontends/torch/modules.ts';
import { createReader } from '../../src/frontends/torch/readSources.ts';
import { LONGEST_NAME, NO_PERMISSION_MODEL, QUESTIONS } from '../../src/frontends/torch/wire.ts';
import { buildTracer, openInterpreter } from '../support/tracer.ts';

const SECRET = 'canary-7f3a9c51e2';
const NORMAL = `from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        return x + self.fc(x)

# skipscope: model=Net() input=2x8
`;
/** Python that tries each of the given attempts and raises a report of what came of them. */
const attempts = (...codes: string[]): string =>
  `report = []
def attempt(code):
    space = {"__name__": "model"}
    try:
        exec(code, space)
        report.append("DONE " + str(space.get("got", ""))[:2000])
    except BaseException as error:
        report.append(f"{type(error).__name__}: {error}"[:300])
${codes.map((code) => `attempt(${JSON.stringify(code)})`).join('\n')}
raise RuntimeError("REPORT " + " | ".join(report))
`;

const TIME_LIMIT = 8_000;
const folder = mkdtempSync(join(tmpdir(), 'skipscope-'));
const canary = join(folder, 'canary.txt');
const scratch = join(folder, 'written.txt');
let connections = 0;
const server = createServer((socket) => {
  connections += 1;
  socket.end(SECRET);
});
let port = 0;

const interpreter = openInterpreter({ timeLimitMs: TIME_LIMIT, memoryLimitMb: 512 });
const request = (source: string, more: Partial<TraceRequest> = {}): TraceRequest => ({
  ...{ file: 'model.py', source, modules: [], training: false },
  ...more,
});

const expectNormal = async (): Promise<void> => {
  const { graph, diagnostics } = await interpreter.trace(request(NORMAL));
  expect(diagnostics).toEqual([]);
  expect(graph).not.toBeNull();
};

/** Traces, and asserts what holds for every hostile file; gives all that was said about it. */
const attack = async (
  source: string,
  more: Partial<TraceRequest> = {},
): Promise<{ text: string; result: TraceResult }> => {
  const before = performance.now();
  const result = await interpreter.trace(request(source, more));
  expect(performance.now() - before).toBeLessThan(TIME_LIMIT + 60_000);
  const text = JSON.stringify(result);
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain('root:x:0:0');
  expect(text).not.toContain('uid=');
  expect(connections).toBe(0);
  expect(() => readFileSync(scratch)).toThrow();
  return { text, result };
};

/** The report of {@link attempts}, one entry per attempt. */
const reportOf = async (...codes: string[]): Promise<string[]> => {
  const { result } = await attack(attempts(...codes));
  const message = result.diagnostics.map((each) => each.message).find((each) => each.includes('REPORT '));
  expect(message, JSON.stringify(result.diagnostics)).toBeDefined();
  expect(result.diagnostics[0]!.severity).toBe('error');
  const report = message!.slice(message!.indexOf('REPORT ') + 7).split(' | ');
  expect(report).toHaveLength(codes.length);
  return report;
};

const expectAllRefused = async (...codes: string[]): Promise<string[]> => {
  const report = await reportOf(...codes);
  report.forEach((each, at) => expect(each, codes[at]!).not.toMatch(/^DONE/));
  await expectNormal();
  return report;
};

beforeAll(async () => {
  writeFileSync(canary, SECRET);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  await interpreter.start();
});
afterAll(() => server.close());

test('an ordinary file is traced', expectNormal);

test('so is one that imports the debugger, or what starts threads and processes elsewhere', async () => {
  const { graph, diagnostics } = await interpreter.trace(
    request(`import pdb, multiprocessing, concurrent.futures, logging.handlers\n${NORMAL}`),
  );
  expect(diagnostics).toEqual([]);
  expect(graph).not.toBeNull();
});

describe('files of this machine', () => {
  test('cannot be read', async () => {
    for (const path of ['/etc/passwd', canary, '/proc/self/environ', '/proc/self/maps'])
      await expectAllRefused(
        `got = open(${JSON.stringify(path)}).read()`,
        `import os; got = os.read(os.open(${JSON.stringify(path)}, os.O_RDONLY), 1000)`,
        `import pathlib; got = pathlib.Path(${JSON.stringify(path)}).read_text()`,
        `import io; got = io.FileIO(${JSON.stringify(path)}).read()`,
        `import mmap, os; f = os.open(${JSON.stringify(path)}, os.O_RDONLY); got = mmap.mmap(f, 0, prot=mmap.PROT_READ)[:]`,
        `import linecache; got = linecache.getlines(${JSON.stringify(path)})[0]`,
        `import shutil; shutil.copy(${JSON.stringify(path)}, "/tmp/copy"); got = open("/tmp/copy").read()`,
        `import importlib.machinery as m; got = m.SourceFileLoader("x", ${JSON.stringify(path)}).get_data(${JSON.stringify(path)})`,
        `import sqlite3; got = sqlite3.connect("file:" + ${JSON.stringify(path)} + "?mode=ro", uri=True).execute("select * from x").fetchall()`,
        `import os; os.symlink(${JSON.stringify(path)}, "/tmp/link"); got = open("/tmp/link").read()`,
      );
  });

  test('cannot be written or seen', async () => {
    await expectAllRefused(
      `open(${JSON.stringify(scratch)}, "w").write("x")`,
      `import os; got = os.listdir(${JSON.stringify(folder)})`,
      `import os; os.chdir(${JSON.stringify(folder)})`,
      `import glob; got = glob.glob(${JSON.stringify(`${folder}/*`)})[0]`,
    );
    const [environment] = await reportOf(`import os; got = dict(os.environ)`);
    expect(environment).toBe('DONE {}');
  });

  test('files of the interpreter itself are read-only', async () => {
    const { result } = await attack(`f = open("/lib/python314.zip", "r+b", buffering=0)\nf.write(b"no")\n`);
    expect(result.diagnostics[0]!.message).toMatch(/Read-only|Errno/);
    await attack(`import os\nos.remove("/lib/python314.zip")\nopen("/lib/python314.zip", "w").write("no")\n`);
    await attack(`import os\nos.rename("/lib", "/gone")\n`);
    const [report] = await reportOf(`import colorsys; got = colorsys.__name__`);
    expect(report).toBe('DONE colorsys');
  });
});

test('programs cannot be started, nor processes signalled', async () => {
  const report = await expectAllRefused(
    `import os; os.system("id > ${scratch}")`,
    `import posix; posix.system("id > ${scratch}")`,
    `import os; got = os.popen("id").read()`,
    `import subprocess; got = subprocess.check_output(["id"])`,
    `import subprocess; got = subprocess.getoutput("id"); assert "uid" in got`,
    `import _posixsubprocess; _posixsubprocess.fork_exec()`,
    `import os; os.fork()`,
    `import os; os.execv("/bin/sh", ["sh", "-c", "id"])`,
    `import os; os.posix_spawn("/bin/sh", ["sh"], {})`,
    `import os; os.spawnv(os.P_WAIT, "/bin/sh", ["sh"])`,
    `import os; os.kill(os.getppid(), 9)`,
    `import pty; pty.spawn("/bin/sh")`,
    `import multiprocessing as m; p = m.Process(target=print); p.start()`,
    `import threading; threading.Thread(target=print).start()`,
    `import ctypes; ctypes.CDLL(None).system(b"id")`,
    `import _ctypes; got = _ctypes.dlopen(None, 0)`,
  );
  expect(report[0]).toMatch(/Skipscope runs model files in isolation/);
});

test('ctypes is a module that is missing, which is said where it is imported, and reaches nothing', async () => {
  const calls = `import ctypes
import ctypes.util
library = ctypes.CDLL(ctypes.util.find_library("c"))
library.system(b"id > ${scratch}")
ctypes.PyDLL(None).PyRun_SimpleString(b"import posix; posix.abort()")
`;
  const { result: unused } = await attack(calls + NORMAL);
  expect(unused.graph).not.toBeNull();
  expect(unused.diagnostics).toEqual([]);
  const { result: used } = await attack(calls + NORMAL.replace('x + self.fc(x)', 'x + library.kernel(self.fc(x))'));
  expect(used.diagnostics).toMatchObject([
    { code: 'unresolved-import', severity: 'warning', range: { start: { line: 0 } } },
  ]);
  expect(used.diagnostics[0]!.message).toContain('runs model files without the module ctypes');
  const tried = `try:\n    import ctypes\nexcept ImportError:\n    ctypes = None\nassert ctypes is None\n`;
  expect((await attack(tried + NORMAL)).result.diagnostics).toEqual([]);
  await expectNormal();
});

test('the C modules behind Python’s own refusals reach nothing either', async () => {
  const raw = (name: string, use: string): string => `
import _imp
from importlib.machinery import ModuleSpec
create = next(c.cell_contents for c in _imp.create_builtin.__closure__ if type(c.cell_contents).__name__ == "builtin_function_or_method")
module = create(ModuleSpec(${JSON.stringify(name)}, None))
_imp.exec_builtin(module)
${use}`;
  const uses = [
    raw('posix', `module.system("id > ${scratch}"); got = module.listdir("/")`),
    raw('_posixsubprocess', `got = module.fork_exec`),
    raw('_socket', `s = module.socket(2, 1); s.connect(("127.0.0.1", ${port}))`),
    raw('_pyodide_core', `got = dir(module)`),
    raw('_pyodide_core', `got = module.run_js("process.env")`),
    raw('_pyodide_core', `got = module.to_js([]).constructor.constructor("return process")()`),
    raw(
      '_ctypes',
      `h = module.dlopen(None, 0); module.call_function(module.dlsym(h, "emscripten_run_script"), (b"process.abort()",))`,
    ),
    raw(
      '_ctypes',
      `h = module.dlopen(None, 0); module.call_function(module.dlsym(h, "system"), (b"id > ${scratch}",))`,
    ),
  ];
  for (const use of uses) {
    const { result } = await attack(`${use}\nraise RuntimeError(f"REPORT {got}")\n`);
    expect(result.diagnostics[0]?.severity).toBe('error');
  }
  expect(connections).toBe(0);
  await expectNormal();
});

test('networks cannot be reached', async () => {
  const report = await expectAllRefused(
    `import socket; s = socket.create_connection(("127.0.0.1", ${port}), 1); got = s.recv(99)`,
    `import socket; s = socket.socket(); s.connect(("127.0.0.1", ${port})); got = s.recv(99)`,
    `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", ("127.0.0.1", ${port}))`,
    `import socket; got = socket.getaddrinfo("localhost", 80)`,
    `import socket; got = socket.gethostbyname("localhost")`,
    `import _socket; got = _socket.socket()`,
    `import urllib.request as u; got = u.urlopen("http://127.0.0.1:${port}/").read()`,
    `import http.client as h; c = h.HTTPConnection("127.0.0.1", ${port}); c.request("GET", "/"); got = c.getresponse()`,
    `import asyncio; got = asyncio.run(asyncio.open_connection("127.0.0.1", ${port}))`,
    `import ftplib; got = ftplib.FTP("127.0.0.1")`,
    `import smtplib; got = smtplib.SMTP("127.0.0.1", ${port})`,
    `import xmlrpc.client as x; got = x.ServerProxy("http://127.0.0.1:${port}").a()`,
    `from pyodide.http import open_url; got = open_url("http://127.0.0.1:${port}/")`,
    `import micropip; got = micropip.install("x")`,
  );
  expect(report[1]).toMatch(/Skipscope runs model files in isolation/);
  expect(connections).toBe(0);
});

test('JavaScript cannot be reached by name', async () => {
  await expectAllRefused(
    `import js; got = js.process`,
    `from js import fetch`,
    `import pyodide_js; got = pyodide_js.FS`,
    `import pyodide; got = pyodide.code.run_js("1")`,
    `from pyodide.code import run_js; got = run_js("process")`,
    `from pyodide.ffi import to_js, create_proxy; got = to_js([]).constructor`,
    `import _pyodide_core; got = _pyodide_core.run_js("1")`,
    `import _pyodide._base as b; got = b.run_js`,
    `from _pyodide import _importhook; got = _importhook.jsfinder.jsproxies["js"]`,
    `import importlib; got = importlib.import_module("pyodide_js").mountNodeFS("/mnt", "/")`,
    `import sys; got = [f for f in sys.meta_path if "Js" in type(f).__name__][0].jsproxies["js"]`,
    `import importlib, sys; sys.modules.pop("js", None); sys.meta_path.pop(0); import js; got = js`,
  );
});

test('JavaScript cannot be reached from any object that lies about', async () => {
  const walk = `
import sys, types
seen, found, queue = set(), [], [sys.modules, object, BaseException]
def names(o):
    try:
        return list(dir(o))
    except BaseException:
        return []
frame = sys._getframe()
while frame:
    queue += [frame.f_globals, frame.f_locals, frame.f_builtins, frame.f_code]
    frame = frame.f_back
queue += object.__subclasses__()
while queue and len(seen) < 300000:
    o = queue.pop()
    if id(o) in seen or isinstance(o, (str, bytes, int, float)):
        continue
    seen.add(id(o))
    kind = type(o)
    if "JsProxy" in kind.__name__ or getattr(kind, "__module__", "") in ("pyodide.ffi", "_pyodide_core"):
        found.append(o)
    if isinstance(o, dict):
        queue += list(o.keys()) + list(o.values())
    elif isinstance(o, (list, tuple, set, frozenset)):
        queue += list(o)
    elif isinstance(o, types.FunctionType):
        queue += [o.__globals__, o.__code__, o.__dict__, o.__defaults__, o.__kwdefaults__]
        for cell in o.__closure__ or ():
            try:
                queue.append(cell.cell_contents)
            except ValueError:
                pass
    elif isinstance(o, types.CodeType):
        queue += list(o.co_consts)
    else:
        if isinstance(o, type):
            queue += list(vars(o).values()) + list(o.__mro__)
            try:
                queue += type.__subclasses__(o)
            except TypeError:
                pass
        if hasattr(o, "__dict__"):
            queue.append(o.__dict__)
        if getattr(o, "__self__", None) is not None:
            queue.append(o.__self__)
escapes = []
for proxy in [o for o in found if not isinstance(o, type) and type(o).__name__ != "JsNull"]:
    for path in (["constructor"], ["constructor", "constructor"], ["__proto__"], ["prototype"], ["process"], ["_module"], ["globalThis"], ["apply"], ["call"], ["bind"]):
        o = proxy
        try:
            for name in path:
                o = getattr(o, name)
            escapes.append(f"{proxy!r:.80} {path}: {o!r:.80}")
        except BaseException:
            pass
    try:
        proxy.poison = 1
        escapes.append(f"{proxy!r:.80} took an attribute")
    except BaseException:
        pass
    for attempt in (lambda: proxy.new(), lambda: proxy.constructor("return process")(), lambda: proxy.constructor.constructor("return process")()):
        try:
            escapes.append(f"{proxy!r:.80} gave {attempt()!r:.80}")
        except BaseException:
            pass
got = (len(seen) > 2000, escapes)
`;
  const [report] = await reportOf(walk);
  expect(report).toBe('DONE (True, [])');
  await expectAllRefused(`import gc; got = gc.get_objects()`, `import gc; got = gc.get_referrers(object)`);
});

describe('time', () => {
  const expectStopped = async (source: string): Promise<void> => {
    const { result } = await attack(source);
    expect(result.diagnostics).toHaveLength(1);
    expect(result.diagnostics[0]).toMatchObject({ file: 'model.py', severity: 'error', code: 'trace-time-limit' });
    await expectNormal();
  };

  test('an endless loop is stopped, and the next trace works', () => expectStopped('while True: pass\n'));
  test('so is one that catches everything', () =>
    expectStopped('while True:\n    try:\n        while True: pass\n    except BaseException: pass\n'));
  test('so is one inside a C function', () => expectStopped('sum(iter(int, 1))\n'));
  test('and one in a regular expression', () => expectStopped('import re\nre.match(r"(a+)+$", "a" * 64 + "b")\n'));
  test('and an endless flood of print', () => expectStopped('while True: print("x" * 100000)\n'));

  test('an abort frees the caller at once, and the next trace works', async () => {
    const controller = new AbortController();
    const hung = interpreter.trace(request('while True: pass\n'), undefined, controller.signal);
    const before = performance.now();
    controller.abort(new Error('enough'));
    await expect(hung).rejects.toThrow('enough');
    expect(performance.now() - before).toBeLessThan(TIME_LIMIT);
    await expectNormal();
  });
});

describe('memory', () => {
  const expectBounded = async (source: string): Promise<void> => {
    const { result } = await attack(source);
    expect(result.graph).toBeNull();
    expect(result.diagnostics[0]!.message).toMatch(/memory|too large|OverflowError|longer than/i);
    const pid = (await interpreter.pid())!;
    await expectNormal();
    expect(pid).toBeGreaterThan(0);
  };

  test('8 GB at once', () => expectBounded('x = [bytearray(1 << 30) for _ in range(8)]\n'));
  test('8 GB bit by bit', () => expectBounded('x = []\nwhile True: x.append(bytearray(1 << 20))\n'));
  test('a list that grows', () => expectBounded('x = [0]\nwhile True: x += x\n'));
  test('a huge number', () => expectBounded('x = 10 ** 9\nwhile True: x = x * x\n'));
  test('files in memory', () => expectBounded('f = open("/tmp/big", "wb")\nwhile True: f.write(bytes(1 << 20))\n'));
});

describe('depth', () => {
  test('endless recursion', async () => {
    const { result } = await attack('def f():\n    return f()\nf()\n');
    expect(result.diagnostics[0]!.message).toMatch(/recursion|crashed/i);
    await expectNormal();
  });

  test('recursion without a limit', async () => {
    const { result } = await attack(
      'import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n):\n    return f(n + 1) + max(map(f, [n]))\nf(0)\n',
    );
    expect(result.diagnostics.length).toBeGreaterThan(0);
    await expectNormal();
  });

  test('parse bombs', async () => {
    const bombs = [
      '('.repeat(50_000),
      `x = ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`,
      `x = ${'-'.repeat(100_000)}1\n`,
      `x = ${'not '.repeat(50_000)}1\n`,
      `x = 1${' + 1'.repeat(100_000)}\n`,
      `x = a${'.b'.repeat(100_000)}\n`,
      `${Array.from({ length: 150 }, (_, depth) => `${' '.repeat(depth)}if 1:\n`).join('')}${' '.repeat(150)}pass\n`,
      'x = f"'.repeat(300),
    ];
    for (const bomb of bombs) {
      const { result } = await attack(bomb);
      expect(result.diagnostics.length, bomb.slice(0, 20)).toBeGreaterThan(0);
    }
    await expectNormal();
  });
});

describe('input', () => {
  test('NUL bytes', async () => {
    const { result } = await attack('x = 1\0\nimport os\n');
    expect(result.diagnostics[0]!.message).toMatch(/null/i);
    await expectNormal();
  });

  test('a source of 50 MB', async () => {
    const { result } = await attack(`x = """${'a'.repeat(50_000_000)}"""\n`);
    expect(result.diagnostics[0]!.code).toBe('source-too-large');
    await expectNormal();
  });

  test('lone surrogates and odd names', async () => {
    const { result } = await attack('x = "\ud800"\nraise RuntimeError("end")\n', {
      file: '../../\0etc/\ud800passwd',
      modules: [{ name: '../os', file: '/etc/passwd', source: 'import sys' }],
    });
    expect(result.diagnostics.length).toBeGreaterThan(0);
    await expectNormal();
  });

  test('a hostile model expression', async () => {
    const { result } = await attack(NORMAL, { model: '__import__("os").system("id")' });
    expect(result.diagnostics.length).toBeGreaterThan(0);
    await expectNormal();
  });
});

describe('output', () => {
  test('an endless message is cut or refused', async () => {
    const { text } = await attack('raise RuntimeError("x" * 200_000_000)\n');
    expect(text.length).toBeLessThan(1_000_000);
    await expectNormal();
  });

  test('a class that cannot be printed', async () => {
    const { result } = await attack(
      'class E(Exception):\n    def __str__(self): raise self\n    __repr__ = __str__\nraise E()\n',
    );
    expect(result.diagnostics.length).toBeGreaterThan(0);
    await expectNormal();
  });
});

describe('ways to end the process', () => {
  const ends = [
    'import sys\nsys.exit(3)\n',
    'raise SystemExit(0)\n',
    'import os\nos._exit(0)\n',
    'import os\nos.abort()\n',
    'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n',
    'import signal\nsignal.raise_signal(signal.SIGABRT)\n',
    'import signal\nsignal.raise_signal(signal.SIGKILL)\n',
    'import faulthandler\nfaulthandler._sigsegv()\n',
    'raise KeyboardInterrupt\n',
    'raise GeneratorExit\n',
  ];
  for (const source of ends)
    test(JSON.stringify(source.split('\n').at(-2)), async () => {
      const { result } = await attack(source);
      expect(result.diagnostics).not.toEqual([]);
      expect(result.diagnostics[0]!.severity).toBe('error');
      await expectNormal();
    });
});

describe('what is called to find a model', () => {
  const HEAD = 'import torch\nfrom torch import nn\n';
  const NET = `class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc = nn.Linear(config.dim, config.num_classes)
    def forward(self, x):
        return self.fc(x)
`;
  const endings = {
    'a configuration whose attributes loop': [
      `class Config:\n    def __getattr__(self, name):\n        while True: pass\n${NET}`,
      /took longer|time/i,
    ],
    'one whose attributes explode': [
      `class Config:\n    def __getattr__(self, name):\n        x = [0]\n        while True: x += x\n${NET}`,
      /memory/i,
    ],
    'one that is endlessly deep': [
      `class Config:\n    def __getattr__(self, name):\n        return self.x\n${NET}`,
      /./,
    ],
    'a function that gives one, and never returns': [`${NET}def get_config():\n    while True: pass\n`, /time/i],
    'a function that gives one, and explodes': [
      `${NET}def get_config():\n    return [bytearray(1 << 30) for _ in range(8)]\n`,
      /./,
    ],
    'a wrapper around itself': [
      `def build_net():\n    return nn.Linear(2, 2)\nbuild_net.__wrapped__ = build_net\n`,
      /./,
    ],
    'a signature that loops': [
      `class Odd:\n    def __get__(self, *args):\n        while True: pass\n${NET}Net.__signature__ = Odd()\nNet.__init__.__signature__ = Odd()\n`,
      /./,
    ],
    'a metaclass that answers for everything': [
      `class Meta(type):\n    def __getattribute__(self, name):\n        while True: pass\n    def __instancecheck__(self, other): return True\n    def __subclasscheck__(self, other): return True\nclass Net(nn.Module, metaclass=Meta):\n    def forward(self, x): return x\n`,
      /time/i,
    ],
    'an example in a docstring that never ends': [
      `class Plain(nn.Module):\n    '''\n    >>> net = Plain(sum(iter(int, 1)))\n    '''\n    def __init__(self, n):\n        super().__init__()\n    def forward(self, x): return x\n`,
      /time/i,
    ],
    'an example that holds itself': [
      `class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(2, 2)\n    def forward(self, xs): return self.fc(xs[0])\nxs = [torch.ones(1, 2)]\nxs.append(xs)\nnet = Net()\nnet(xs)\n`,
      /./,
    ],
    'a list of layers whose length never ends': [
      `class Net(nn.Module):\n    @property\n    def layers(self):\n        while True: pass\n    def forward(self, xs):\n        return [layer(x) for layer, x in zip(self.layers, xs)]\n`,
      /time/i,
    ],
    'a list of more layers than there is memory for': [
      `class Many:\n    def __len__(self): return 1 << 60\nclass Net(nn.Module):\n    many = Many()\n    def forward(self, xs):\n        return [xs[i] for i in range(len(self.many))], xs[1 << 60]\n`,
      /./,
    ],
    'a parser whose defaults loop': [
      `import argparse\nclass Loop(str):\n    def __eq__(self, other):\n        while True: pass\n    __hash__ = str.__hash__\nif __name__ == '__main__':\n    parser = argparse.ArgumentParser()\n    parser.add_argument('--dim', type=Loop, default='a')\n    args = parser.parse_args()\n    args.dim == 'b'\n${NET}`,
      /./,
    ],
  } as const;
  for (const [what, [source, said]] of Object.entries(endings))
    test(what, async () => {
      const { text } = await attack(HEAD + source);
      expect(text).toMatch(said);
      await expectNormal();
    });

  test('a class method or a factory that reads, writes and starts programs gets nothing', async () => {
    const deeds = [
      `open(${JSON.stringify(canary)}).read()`,
      `open(${JSON.stringify(scratch)}, 'w').write('x') and ''`,
      `str(__import__('os').system('id > ${scratch}'))`,
      `__import__('urllib.request').request.urlopen('http://127.0.0.1:${port}').read().decode()`,
    ];
    for (const deed of deeds) {
      const { text, result } = await attack(`${HEAD}class Net(nn.Module):
    def __init__(self, width=None):
        super().__init__()
        assert width is not None
        self.fc = nn.Linear(width, width)
    def forward(self, x):
        return self.fc(x)
    @classmethod
    def from_name(cls, model_name):
        if model_name == 'small':
            raise RuntimeError(${deed})
        return cls(4)
def build_net(variant):
    if variant == 'a':
        raise RuntimeError(${deed})
    return Net(4)
`);
      expect(result.graph).toBeNull();
      expect(text).not.toMatch(/uid=/);
      await expectNormal();
    }
  });

  test('libraries of configurations are the next file’s own again', async () => {
    const poison = `import easydict, omegaconf, yacs.config, pytorch_lightning
easydict.EasyDict.__getattr__ = lambda self, name: 7
omegaconf.OmegaConf.create = lambda value: 7
yacs.config.CfgNode.update = None
raise RuntimeError('end')
`;
    await attack(poison);
    const [state] = await reportOf(
      `import easydict, omegaconf\ngot = (easydict.EasyDict(a=1).a, omegaconf.OmegaConf.create({"b": {"c": 2}}).b.c)`,
    );
    expect(state).toBe('DONE (1, 2)');
    await expectNormal();
  });

  test('a package that stands in for a library, or for the tracer itself, spoils only its own trace', async () => {
    const source = `import timm\nimport easydict\n${NORMAL}`;
    const modules = ['timm', 'easydict', 'torch', 'torch.nn', 'torch._trace', 'builtins', 'json'].map((name) => ({
      name,
      file: `/env/site-packages/${name.replaceAll('.', '/')}.py`,
      source: `import builtins, sys\nbuiltins.len = None\nsys.modules['torch'] = None\n`,
    }));
    await attack(source, { modules });
    await expectNormal();
    await attack(source, { modules: [{ name: 'timm', file: 'timm.py', source: 'while True: pass\n' }] });
    await expectNormal();
  });
});

test('nothing that a file changes is there for the next', async () => {
  const poison = [
    'import builtins\nbuiltins.len = lambda x: 7\nbuiltins.__import__ = None\n',
    'import sys\nsys.modules["torch"] = sys.modules["torch.nn"] = sys\nsys.path.insert(0, "/tmp")\n',
    'import sys\nsys.modules.clear()\n',
    'import sys\nsys.meta_path[:] = []\n',
    'import torch\ntorch.nn.Linear = None\ntorch.nn.Module.__call__ = None\ndel torch.nn\n',
    'import torch, sys\nfor m in [m for n, m in sys.modules.items() if "torch" in n]:\n    vars(m).clear()\n',
    'import typing, collections\ncollections.OrderedDict = list\ntyping.List = None\n',
    'import sys\nsys.settrace(lambda *a: 1 / 0)\nsys.setprofile(lambda *a: 1 / 0)\nsys.setrecursionlimit(60)\n',
    'import gc\ngc.disable()\nimport random\nrandom.seed(0)\nimport atexit\natexit.register(print)\n',
    'open("/tmp/torch.py", "w").write("raise SystemExit")\nopen("torch.py", "w").write("raise SystemExit")\n',
    'import sys\nfor frame in sys._current_frames().values():\n    while frame:\n        frame.f_globals.clear()\n        frame = frame.f_back\n',
    'import asyncio\nloop = asyncio.new_event_loop()\nloop.call_later(0.001, print)\n',
    'import decimal\ndecimal.getcontext().prec = 1\nimport os\nos.environ["X"] = "1"\nos.chdir("/tmp")\nfiles = [open(f"/tmp/{i}", "w") for i in range(200)]\n',
  ];
  for (const source of poison) {
    await attack(source);
    await expectNormal();
    const [state] = await reportOf(
      `import sys, builtins, os; got = (len("abc"), "X" in os.environ, os.getcwd(), os.listdir("/tmp"), sys.getrecursionlimit() > 100)`,
    );
    expect(state, source).toBe("DONE (3, False, '/home/pyodide', [], True)");
  }
});

test('a Node that cannot confine it runs nothing', async () => {
  const nowhere = openInterpreter({ nodePath: join(folder, 'no-such-node') });
  const { diagnostics } = await nowhere.trace(request(NORMAL));
  expect(diagnostics[0]).toMatchObject({ code: 'interpreter-unavailable', severity: 'error' });
  expect(diagnostics[0]!.message).toContain('skipscope.nodePath');
});

test('the interpreter itself refuses to run unconfined', async () => {
  const { status } = spawnSync(process.execPath, [buildTracer()], { env: {} });
  expect(status).toBe(NO_PERMISSION_MODEL);
  const loose = [
    '--experimental-permission',
    '--allow-fs-read=*',
    '--disallow-code-generation-from-strings',
    '--no-warnings',
  ];
  expect(spawnSync(process.execPath, [...loose, buildTracer()], { env: {} }).status).toBe(NO_PERMISSION_MODEL);
});

test('a missing interpreter is said so', async () => {
  const { diagnostics } = await openInterpreter({ tracer: join(folder, 'tracer.mjs') }).trace(request(NORMAL));
  expect(diagnostics[0]).toMatchObject({ code: 'interpreter-unavailable', severity: 'error' });
});

test('modules are kept from trace to trace only as long as they stay the same', async () => {
  const source = 'import helper\nraise RuntimeError(f"REPORT {helper.value} {helper.seen}")\n';
  const helper = (value: number): TraceRequest['modules'] => [
    { name: 'helper', file: 'helper.py', source: `value = ${value}\nseen = []\n` },
  ];
  const said = async (modules: TraceRequest['modules'], text = source): Promise<string> =>
    (await attack(text, { modules })).result.diagnostics.map(({ message }) => message).join();
  for (const value of [1, 1, 1, 2, 2, 1]) expect(await said(helper(value))).toContain(`REPORT ${value} []`);
  const poison = 'import helper, torch._files as r\nhelper.seen.append(1)\nr.compiled.clear()\nr.kept.clear()\n';
  await said(
    helper(1),
    `${poison}r.ran.extend(["helper", "x"] * 9)\nr.compiled["helper"] = compile("value = 666", "x", "exec")\n`,
  );
  expect(await said(helper(1))).toContain('REPORT 1 []');
  expect(await said([])).not.toContain('REPORT 1');
  await expectNormal();
});

test('traces asked for at once are done one after the other', async () => {
  const results = await Promise.all([NORMAL, 'x = (\n', NORMAL].map((source) => interpreter.trace(request(source))));
  expect(results.map(({ graph }) => graph !== null)).toEqual([true, false, true]);
});

test('a disposed interpreter says so and leaves no process', async () => {
  const brief = openInterpreter();
  const hung = brief.trace(request('while True: pass\n'));
  await brief.start();
  const pid = (await brief.pid())!;
  brief.dispose();
  expect((await hung).diagnostics[0]!.code).toBe('trace-aborted');
  expect((await brief.trace(request(NORMAL))).diagnostics[0]!.code).toBe('trace-aborted');
  await expect
    .poll(() => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    })
    .toBe(false);
});

test('modules are asked for by name, only so often, and only of this file’s own finder', async () => {
  const names: string[] = [];
  const find = (name: string): Promise<SourceModule | null> => {
    names.push(name);
    const source = name === 'late' ? 'there = 8\n' : null;
    return Promise.resolve(source === null ? null : { name, file: '/w/late.py', source });
  };
  const ask = (name: string): string => `from torch import _trace; got = _trace.send("find", ${name})`;
  const text = attempts(
    ...['import late; got = late.there', ask('"x" * 100000'), ask('{"a": 1}'), ask('"../../etc/passwd"')],
    'from torch import _trace\nfor each in range(5000):\n    got = _trace.send("find", f"m{each}")',
  );
  const { diagnostics } = await interpreter.trace(request(text), find);
  expect(diagnostics.map(({ message }) => message).join()).toContain('DONE 8');
  expect(names.length).toBeLessThanOrEqual(QUESTIONS);
  expect(names.every((name) => typeof name === 'string' && name.length <= LONGEST_NAME)).toBe(true);
  await expectNormal();
});

test('data files are those of an installed package’s own folder, read only, and as new for each trace', async () => {
  const site = join(folder, 'site-packages');
  const files = {
    'zoo/__init__.py': 'import os\nHERE = os.path.dirname(__file__)\n',
    'zoo/configs/a.json': '{"width": 8}',
    'secret.json': SECRET,
    'private/secret.json': SECRET,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text);
  }
  symlinkSync(canary, join(site, 'zoo', 'link.json'));
  symlinkSync(folder, join(site, 'zoo', 'up'));
  const roots = [join(folder, 'work'), site];
  const ask = (name: string): string => `from torch import _trace; got = _trace.send("find", ${JSON.stringify(name)})`;
  const source = `import zoo\n${attempts(
    'import zoo; got = open(zoo.HERE + "/configs/a.json").read(); open(zoo.HERE + "/configs/a.json", "w").write("x")',
    'import os, zoo; got = sorted(os.listdir(zoo.HERE)), os.listdir(zoo.HERE + "/..")',
    ...['../', '/', 'zoo/../private/', 'zoo.../', 'private/', 'zoo/link.json', '__init__/'].map(ask),
    ...['/link.json', '/up/canary.txt', '/../secret.json', '/../private/secret.json'].map(
      (path) => `import zoo; got = open(zoo.HERE + ${JSON.stringify(path)}).read()`,
    ),
  )}`;
  for (let time = 0; time < 4; time++) {
    const find = createFinder('model.py', source, createReader(roots), roots);
    const { diagnostics } = await interpreter.trace(request(source), find);
    const said = diagnostics.map(({ message }) => message).join();
    expect(said).not.toContain(SECRET);
    const report = said.slice(said.indexOf('REPORT ') + 7).split(' | ');
    expect(report.slice(0, 2)).toEqual(['DONE {"width": 8}', `DONE (['configs'], ['zoo'])`]);
    for (const each of report.slice(2)) expect(each).toMatch(/^(DONE None|DONE$|FileNotFoundError|NotADirectoryError)/);
  }
  expect(readFileSync(join(site, 'zoo/configs/a.json'), 'utf8')).toBe('{"width": 8}');
  await expectNormal();
});
