/** Runs profiles in a process beside the extension host: its threads and its memory are its own, and killing it is quick. */

import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism, constants, setPriority } from 'node:os';
import process from 'node:process';
import type { ProfileEvent } from '../../protocol/messages.ts';
import type { HostJob } from './wire.ts';

export interface HostRunner {
  /** Always ends with `done` or `failed`, unless it is cancelled: then nothing more is heard. */
  run(job: Omit<HostJob, 'threads'>, hear: (event: ProfileEvent) => void): void;
  cancel(): void;
  dispose(): void;
}

/** Beyond this, more threads gain little and take much memory. */
const MOST_THREADS = 8;

/** An idle process keeps its sessions this long, for the next profile of the same network; then all its memory goes (ms). */
const IDLE = 60_000;

/** `script` is dist/profiler.mjs, with dist/ort beside it. */
export function createHostRunner(script: string): HostRunner {
  let child: ChildProcess | null = null;
  let busy = false;
  let idle: NodeJS.Timeout | undefined;
  const threads = Math.min(MOST_THREADS, availableParallelism());

  const end = (): void => {
    clearTimeout(idle);
    const ended = child;
    child = null;
    busy = false;
    ended?.removeAllListeners();
    // A kill that finds no process must not throw later.
    ended?.on('error', () => undefined);
    ended?.kill('SIGKILL');
  };

  const start = (): ChildProcess => {
    const started = fork(script, [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' },
    });
    try {
      // The editor comes first.
      if (started.pid !== undefined) setPriority(started.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // Some systems do not allow it, and the profile is right all the same.
    }
    return started;
  };

  return {
    run(job, hear) {
      clearTimeout(idle);
      if (busy) end();
      child ??= start();
      busy = true;
      const mine = child;
      const fail = (reason: string): void => {
        end();
        hear({ type: 'failed', kind: 'backend', reason });
      };
      mine.removeAllListeners();
      mine.on('message', (event: ProfileEvent) => {
        if (event.type === 'failed') return (end(), hear(event));
        if (event.type === 'done') {
          busy = false;
          idle = setTimeout(end, IDLE).unref();
        }
        hear(event);
      });
      mine.on('error', ({ message }) => fail(`the profile process could not be started: ${message}`));
      mine.on('exit', (code, signal) => {
        const killed = signal !== null || (code ?? 0) > 128;
        fail(`the profile process ended (${signal ?? `code ${String(code)}`})${killed ? ': out of memory?' : ''}`);
      });
      mine.send({ ...job, threads } satisfies HostJob);
    },
    cancel: end,
    dispose: end,
  };
}
