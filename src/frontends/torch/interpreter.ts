/** Traces model files in a process of their own: starts it, bounds it in time and memory, and replaces it when it dies. */

import type { Diagnostic } from '../../ir/diagnostic.ts';
import type { SourceModule, TraceRequest, TraceResult } from '../types.ts';
import { isTraceResult } from './checkResult.ts';
import { launch } from './launch.ts';
import type { Child, End } from './launch.ts';
import type { FindModule } from './modules.ts';
import type { Answer } from './wire.ts';
import { FOUND_LIMIT, QUESTIONS } from './wire.ts';

export interface InterpreterOptions {
  /** Path of dist/tracer.mjs; dist/pyodide lies beside it. */
  readonly tracer: string;
  /** For one trace, without the start of the process. 20 seconds unless given. */
  readonly timeLimitMs?: number;
  /** For Python's memory. 1024 MiB unless given. */
  readonly memoryLimitMb?: number;
  /** A Node to run the interpreter with: the setting `skipscope.nodePath`. */
  readonly nodePath?: string;
}

/** A source file, and all files of a request together, may not be longer (UTF-16 units). */
const SOURCE_LIMIT = 2_000_000;
const REQUEST_LIMIT = 8_000_000;

/** Longest message (UTF-16 units), and how many, that are passed on. */
const MESSAGE_LIMIT = 4_000;
const DIAGNOSTIC_LIMIT = 1_000;

/** Starting the process may take this long on a slow machine (ms). */
const START_LIMIT = 90_000;

/** A trace nobody waits for any longer may use the process this much longer, for a new process costs seconds (ms). */
const ABORT_GRACE = 1_500;

type Failure = End | 'missing' | 'time' | 'start' | 'result-too-large' | 'malformed';
type Outcome = { readonly result: TraceResult; readonly last: boolean } | { readonly failure: Failure };

interface Running {
  readonly child: Promise<Child | null>;
  readonly ready: Promise<Failure | null>;
  /** Settles the trace that is under way. */
  settle: ((outcome: Outcome) => void) | null;
  /** Ends a process that does not come to rest after a trace. */
  unrest: NodeJS.Timeout | undefined;
  ended: boolean;
}

const failed = (file: string, code: string, message: string): TraceResult => {
  const start = { line: 0, character: 0 };
  const diagnostic: Diagnostic = { file, range: { start, end: start }, severity: 'error', code, message, related: [] };
  return { candidates: [], model: null, inputs: [], graph: null, diagnostics: [diagnostic] };
};

/** Texts from a model file are shown to people: no longer than they can read, and no more of them. */
const shorten = (result: TraceResult): TraceResult => {
  const cut = (text: string): string => (text.length > MESSAGE_LIMIT ? `${text.slice(0, MESSAGE_LIMIT)}…` : text);
  return {
    ...result,
    diagnostics: result.diagnostics.slice(0, DIAGNOSTIC_LIMIT).map((each) => ({ ...each, message: cut(each.message) })),
  };
};

export class TorchInterpreter {
  private readonly options: InterpreterOptions;
  private readonly timeLimit: number;
  private readonly memoryLimitMb: number;
  private running: Running | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private disposed = false;
  private ids = 0;
  /** By file: the names of modules that its traces asked for, in their order, and who answers its questions. */
  private readonly asked = new Map<string, ReadonlySet<string>>();
  private readonly answers = new Map<string, FindModule>();

  constructor(options: InterpreterOptions) {
    this.options = options;
    this.timeLimit = options.timeLimitMs ?? 20_000;
    this.memoryLimitMb = options.memoryLimitMb ?? 1024;
  }

  /** Starts the process ahead of the first trace. Resolves when it is ready, or has failed: `trace` then says why. */
  async start(): Promise<void> {
    if (!this.disposed) await this.ensure().ready;
  }

  /** The process that runs now, for measurements; null when there is none. */
  async pid(): Promise<number | null> {
    return (await this.running?.child)?.pid ?? null;
  }

  /**
   * Never rejects but for an abort, with the signal's reason. Whatever the file does comes back as diagnostics. Traces
   * run one at a time, in the order of the calls. `find` is asked for modules that the request lacks.
   */
  async trace(request: TraceRequest, find?: FindModule, signal?: AbortSignal): Promise<TraceResult> {
    signal?.throwIfAborted();
    const total = request.modules.reduce((sum, { source }) => sum + source.length, request.source.length);
    const longest = request.modules.reduce((most, { source }) => Math.max(most, source.length), request.source.length);
    if (longest > SOURCE_LIMIT || total > REQUEST_LIMIT) {
      const what = longest > SOURCE_LIMIT ? 'A source file is' : 'The file and what it imports are';
      return failed(
        request.file,
        'source-too-large',
        `${what} too large to trace (${Math.max(longest, total)} characters).`,
      );
    }
    const turn = this.last.then(() => (signal?.aborted ? null : this.perform(request, find, signal)));
    this.last = turn.catch(() => undefined);
    if (!signal) return this.explain(request, await turn);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return this.explain(request, await Promise.race([turn, aborted]));
  }

  /** Ends the process. Traces under way come back with a diagnostic. */
  dispose(): void {
    this.disposed = true;
    this.retire();
  }

  private retire(): void {
    const { running } = this;
    this.running = null;
    void running?.child.then((child) => child?.kill());
  }

  private ensure(): Running {
    if (this.running && !this.running.ended) return this.running;
    let ready: (failure: Failure | null) => void = () => undefined;
    const isReady = new Promise<Failure | null>((resolve) => (ready = resolve));
    const over = (end: End | 'missing'): void => {
      running.ended = true;
      ready(end);
      running.settle?.({ failure: end });
      if (this.running === running) this.running = null;
    };
    const hear = (message: unknown): void => {
      const answer = message as Partial<Answer> | null;
      if (answer?.kind === 'ready') {
        clearTimeout(running.unrest);
        ready(null);
      } else if (answer?.kind === 'failure') running.settle?.({ failure: answer.reason ?? 'crash' });
      else if (answer?.kind === 'result' && answer.id === this.ids && isTraceResult(answer.result))
        running.settle?.({ result: answer.result, last: answer.last === true });
      else running.settle?.({ failure: 'malformed' });
    };
    const options = { ...this.options, memoryLimitMb: this.memoryLimitMb };
    const answer = async (question: unknown): Promise<SourceModule | null> => {
      const [file, name] = question as readonly unknown[];
      return (await this.answers.get(String(file))?.(String(name))) ?? null;
    };
    const child = launch(options, hear, answer, over).then(
      (made) => {
        if (!made) over('unconfined');
        return made;
      },
      () => {
        over('missing');
        return null;
      },
    );
    const running: Running = { child, ready: isReady, settle: null, unrest: undefined, ended: false };
    this.running = running;
    const limit = setTimeout(() => {
      ready('start');
      void child.then((made) => made?.kill());
    }, START_LIMIT);
    void isReady.then(async () => {
      clearTimeout(limit);
      if (running.settle === null) (await child)?.hold(false);
    });
    return running;
  }

  /** Sees to the questions of this file's traces, and gives what they asked for before, as it is now. */
  private async prepare(file: string, find: FindModule | undefined): Promise<readonly SourceModule[]> {
    const before = this.asked.get(file) ?? [];
    const names = new Set<string>();
    this.asked.set(file, names);
    let [questions, characters] = [0, 0];
    const answer: FindModule = async (name) => {
      questions += 1;
      const module = find === undefined || questions > QUESTIONS ? null : await find(name);
      characters += module?.source.length ?? 0;
      if (module === null || module.source.length > SOURCE_LIMIT || characters > FOUND_LIMIT) return null;
      names.add(name);
      return module;
    };
    this.answers.set(file, answer);
    const found: SourceModule[] = [];
    for (const name of before) {
      const module = await answer(name);
      if (module !== null) found.push(module);
    }
    return found;
  }

  private async perform(
    request: TraceRequest,
    find: FindModule | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    if (this.disposed) return { failure: 'killed' };
    const found = await this.prepare(request.file, find);
    const running = this.ensure();
    const broken = await running.ready;
    const child = await running.child;
    if (broken !== null || !child)
      return { failure: broken === 'unconfined' || broken === 'missing' || broken === 'killed' ? broken : 'start' };
    child.hold(true);
    clearTimeout(running.unrest);
    const outcome = await new Promise<Outcome>((resolve) => {
      const timers = [setTimeout(() => settle({ failure: 'time' }), this.timeLimit)];
      const stop = (): void => void timers.push(setTimeout(() => settle({ failure: 'killed' }), ABORT_GRACE));
      const settle = (made: Outcome): void => {
        timers.forEach(clearTimeout);
        signal?.removeEventListener('abort', stop);
        resolve(made);
      };
      running.settle = settle;
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop, { once: true });
      this.ids += 1;
      child.send({ id: this.ids, request: { ...request, found } });
    });
    running.settle = null;
    const replace = (): void => {
      running.ended = true;
      child.kill();
      if (!this.disposed) void this.start();
    };
    // Whatever failed, this process must not get another file; the next one is made ready meanwhile.
    if ('failure' in outcome || outcome.last) replace();
    else {
      child.hold(false);
      running.unrest = setTimeout(replace, this.timeLimit).unref();
    }
    return outcome;
  }

  private explain(request: TraceRequest, outcome: Outcome | null): TraceResult {
    if (outcome === null) return failed(request.file, 'trace-aborted', 'The trace was cancelled.');
    if ('result' in outcome) return shorten(outcome.result);
    const say = (code: string, message: string): TraceResult => failed(request.file, code, message);
    switch (outcome.failure) {
      case 'time':
        return say('trace-time-limit', `Tracing took longer than ${this.timeLimit / 1000} s and was stopped.`);
      case 'memory':
        return say(
          'trace-memory-limit',
          `Tracing needed more than ${this.memoryLimitMb} MiB of memory and was stopped.`,
        );
      case 'result-too-large':
      case 'protocol':
        return say('trace-too-large', 'The traced graph is too large to show.');
      case 'malformed':
        return say('trace-malformed', 'The interpreter returned something that is not a graph; it was discarded.');
      case 'unconfined':
        return say(
          'interpreter-unavailable',
          `Model files run only under Node’s permission model, and ${
            this.options.nodePath === undefined
              ? 'the Node in use has none'
              : `${this.options.nodePath} has none or does not run`
          }. Set "skipscope.nodePath" to a Node 20.18 or newer.`,
        );
      case 'start':
        return say('interpreter-unavailable', 'The interpreter did not start.');
      case 'missing':
        return say('interpreter-unavailable', `The interpreter is not where it should be: ${this.options.tracer}.`);
      case 'killed':
        return say('trace-aborted', 'The trace was cancelled.');
      case 'crash':
        return say(
          'interpreter-crashed',
          'The interpreter crashed while it ran this file. A fresh one is used from here on.',
        );
    }
  }
}
