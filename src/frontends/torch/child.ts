/**
 * The interpreter process, dist/tracer.mjs: Python in WebAssembly, in a Node that may read this program's own files and
 * nothing else. It runs one model file after the other, and forgets all about each before the next.
 */

import { Socket } from 'node:net';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import type { loadPyodide as LoadPyodide, PyodideAPI } from 'pyodide';
import { createAsker } from './askHost.ts';
import { createFrameReader, encodeFrame } from './frames.ts';
import hardenPython from './harden.py';
import { hardenAfterLoad, hardenBeforeLoad } from './hardenNode.ts';
import { guardBorder } from './hardenWasm.ts';
import { createEngine } from './engine.ts';
import { createRewind } from './rewind.ts';
import { CPU_WORN, NO_PERMISSION_MODEL, PIPE, REQUEST_LIMIT, RESULT_LIMIT } from './wire.ts';
import type { Answer, Ask } from './wire.ts';

type Permission = { has(scope: string, reference?: string): boolean } | undefined;

/** Exactly the permissions that the host gives: without them Python in WebAssembly is no prison. */
const isConfined = (): boolean => {
  const { permission } = process as unknown as { permission: Permission };
  return (
    permission !== undefined &&
    !['fs.write', 'child', 'worker', 'addon', 'wasi'].some((scope) => permission.has(scope)) &&
    !permission.has('fs.read') &&
    !permission.has('fs.read', process.execPath) &&
    process.execArgv.includes('--disallow-code-generation-from-strings')
  );
};

/** How long nobody may have asked for anything before a file that was traced once is made ready to be traced again (ms). */
const IDLE = 100;

const WARM_UP = `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 2)
    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x)))
        return self.fc((x + x).mean((2, 3)))
`;

const memoryLimit = (): number => {
  const flag = process.argv.find((argument) => argument.startsWith('--memory='));
  return Number(flag?.slice('--memory='.length) ?? 1024) * 2 ** 20;
};

const main = async (): Promise<void> => {
  if (!isConfined()) process.exit(NO_PERMISSION_MODEL);
  const pipe = new Socket({ fd: PIPE, readable: true, writable: true });
  const exit = process.exit.bind(process);
  pipe.on('close', () => exit(0)).on('error', () => exit(0));

  const find = createAsker();
  hardenBeforeLoad();
  const border = guardBorder(memoryLimit());
  const home = new URL('./pyodide/', import.meta.url);
  const { loadPyodide } = (await import(new URL('pyodide.mjs', home).href)) as { loadPyodide: typeof LoadPyodide };
  const nowhere = { write: (bytes: Uint8Array) => bytes.length };
  const pyodide: PyodideAPI = await loadPyodide({
    jsglobals: Object.create(null) as typeof globalThis,
    env: {},
    stdin: () => null,
  });
  pyodide.setStdout(nowhere);
  pyodide.setStderr(nowhere);
  const engine = createEngine(pyodide, find);
  pyodide.runPython(hardenPython, { filename: 'harden.py' });
  const { _module: emscripten, _api: api } = pyodide as unknown as { _module: { error: unknown }; _api: unknown };
  border.close(emscripten.error, [emscripten, api, pyodide, process]);
  hardenAfterLoad();
  // The first trace fills caches of Python and V8; what it leaves in Python is part of the checkpoint, so harmless.
  engine.trace({ file: 'warmup.py', source: WARM_UP, modules: [], training: false });
  const rewind = createRewind(pyodide, engine);

  const send = (answer: Answer): boolean => pipe.write(encodeFrame(answer, RESULT_LIMIT));
  const { cpuUsage } = process;
  const isWorn = (): boolean => {
    const { user, system } = cpuUsage();
    return rewind.isWorn() || (user + system) / 1e6 > CPU_WORN;
  };
  let latest = -1;
  let idle: NodeJS.Timeout | undefined;
  const answer = ({ id, request }: Ask): void => {
    clearTimeout(idle);
    latest = id;
    let frame: Buffer;
    let worn: boolean;
    try {
      rewind.before(request);
      const result = engine.trace(request);
      worn = isWorn();
      try {
        frame = encodeFrame({ kind: 'result', id, result, last: worn } satisfies Answer, RESULT_LIMIT);
      } catch {
        send({ kind: 'failure', id, reason: 'result-too-large' });
        pipe.end();
        return;
      }
    } catch {
      // Not a Python exception: those are diagnostics. The interpreter is broken and must not be used again.
      send({ kind: 'failure', id, reason: 'crash' });
      pipe.end();
      return;
    }
    pipe.write(frame, () => {
      if (worn || latest !== id) return;
      if (rewind.after(request)) send({ kind: 'ready' });
      else
        idle = setTimeout(() => {
          rewind.prepare(request);
          send({ kind: 'ready' });
        }, IDLE);
    });
  };
  pipe.on(
    'data',
    createFrameReader(REQUEST_LIMIT, (message) => answer(message as Ask)),
  );
  send({ kind: 'ready' });
};

await main();
