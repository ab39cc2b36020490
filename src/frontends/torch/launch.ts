/** Starts the interpreter process, confined, and tells what it says and how it ends. Knows nothing of traces. */

import { execFile, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { createFrameReader, encodeFrame } from './frames.ts';
import { CPU_LIMIT, FINDER, NO_PERMISSION_MODEL, PIPE, QUESTION_LIMIT, REQUEST_LIMIT, RESULT_LIMIT } from './wire.ts';

/** Why a process is no more. `unconfined`: its Node cannot take permissions away, so it refused to run anything. */
export type End = 'killed' | 'memory' | 'protocol' | 'unconfined' | 'crash';

export interface LaunchOptions {
  /** dist/tracer.mjs, with dist/pyodide beside it. */
  readonly tracer: string;
  readonly memoryLimitMb: number;
  /** A Node to run it with; absent for the one that runs this program. */
  readonly nodePath?: string;
}

export interface Child {
  readonly pid: number;
  send(message: unknown): void;
  /** Keeps this program alive, or lets it end. */
  hold(alive: boolean): void;
  kill(): void;
}

/** The JavaScript heap beside Python's memory: graphs under construction and compiled WebAssembly (MiB). */
const HEAP_MB = 768;

/** How often the size of a running process is looked at (ms). */
const WATCH_INTERVAL = 100;

const FILES = [
  'pyodide.mjs',
  'pyodide.asm.mjs',
  'pyodide.asm.wasm',
  'python_stdlib.zip',
  'pyodide-lock.json',
  'package.json',
];

const run = promisify(execFile);

/** The permission model lost its `experimental` in 22.13 and 23.5. Null for a Node that has none. */
export const permissionFlag = (version: string): string | null => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20) return null;
  return major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13)
    ? '--permission'
    : '--experimental-permission';
};

const residentBytes = async (pid: number): Promise<number> => {
  try {
    if (process.platform === 'linux') {
      const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]);
      return pages * 4096;
    }
    if (process.platform === 'darwin') {
      const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
      return Number(stdout) * 1024;
    }
  } catch {
    // The process has just ended.
  }
  return 0;
};

/** Resolves to the running child, or to null when this Node cannot confine it. The child waits for each of its questions. */
export const launch = async (
  options: LaunchOptions,
  onMessage: (message: unknown) => void,
  onQuestion: (question: unknown) => Promise<unknown>,
  onEnd: (end: End) => void,
): Promise<Child | null> => {
  const { nodePath, memoryLimitMb } = options;
  let version = process.versions.node;
  if (nodePath !== undefined) {
    try {
      version = (await run(nodePath, ['--version'], { env: {}, timeout: 10_000 })).stdout.trim();
    } catch {
      return null;
    }
  }
  const permission = permissionFlag(version);
  if (permission === null) return null;
  const tracer = realpathSync(options.tracer);
  const home = realpathSync(join(dirname(tracer), 'pyodide'));
  const node = nodePath ?? process.execPath;
  // Should this program be killed, nobody stops an endless loop any more; the system then does, and it writes no dumps.
  const limits = `ulimit -c 0; ulimit -f 0; ulimit -t ${CPU_LIMIT}; exec "$0" "$@"`;
  const [command, ...before] = process.platform === 'win32' ? [node] : ['/bin/sh', '-c', limits, node];
  const child = spawn(
    command!,
    [
      ...before,
      permission,
      ...[tracer, ...FILES.map((file) => join(home, file))].map((file) => `--allow-fs-read=${file}`),
      '--disallow-code-generation-from-strings',
      '--no-warnings',
      `--max-old-space-size=${HEAP_MB}`,
      tracer,
      `--memory=${memoryLimitMb}`,
    ],
    {
      cwd: home,
      env: nodePath === undefined && process.versions['electron'] !== undefined ? { ELECTRON_RUN_AS_NODE: '1' } : {},
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    },
  );
  let end: End | null = null;
  const kill = (reason: End): void => {
    end ??= reason;
    child.kill('SIGKILL');
  };
  const killAtExit = (): void => kill('killed');
  process.once('exit', killAtExit);

  type Pipe = Duplex & { ref(): void; unref(): void };
  const [pipe, questions] = [PIPE, FINDER].map((fd) => child.stdio[fd] as Pipe) as [Pipe, Pipe];
  const listen = (from: Pipe, limit: number, hear: (message: unknown) => void): void => {
    const read = createFrameReader(limit, hear);
    from.on('data', (chunk: Buffer) => {
      if (end !== null) return;
      try {
        read(chunk);
      } catch {
        kill('protocol');
      }
    });
    from.on('error', () => kill('crash'));
  };
  listen(pipe, RESULT_LIMIT, onMessage);
  listen(questions, QUESTION_LIMIT, (question) => {
    void onQuestion(question)
      .catch(() => null)
      .then((answer) => {
        if (end === null) questions.write(encodeFrame(answer, REQUEST_LIMIT));
      });
  });

  let ended = false;
  const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (ended) return;
    ended = true;
    clearInterval(watch);
    process.off('exit', killAtExit);
    pipe.destroy();
    questions.destroy();
    // Node exits with 9 for a flag it does not know; V8 aborts when its heap is full.
    if (code === NO_PERMISSION_MODEL || code === 9) end ??= 'unconfined';
    else if (signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134) end ??= 'memory';
    onEnd(end ?? 'crash');
  };
  child.on('exit', finish);
  child.on('error', () => finish(nodePath === undefined ? null : 9, null));

  const most = (memoryLimitMb + HEAP_MB) * 2 ** 20;
  const watch = setInterval(() => {
    void residentBytes(child.pid ?? 0).then((bytes) => {
      if (bytes > most) kill('memory');
    });
  }, WATCH_INTERVAL);
  watch.unref();

  return {
    pid: child.pid ?? 0,
    send: (message) => void pipe.write(encodeFrame(message, REQUEST_LIMIT)),
    hold(alive) {
      if (alive) {
        child.ref();
        pipe.ref();
        questions.ref();
        watch.ref();
      } else {
        child.unref();
        pipe.unref();
        questions.unref();
        watch.unref();
      }
    },
    kill: () => kill('killed'),
  };
};
