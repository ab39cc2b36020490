/** What the host and the interpreter process say to each other. */

import type { TraceRequest, TraceResult } from '../types.ts';

/** File descriptor of the pipe between the two; 0 to 2 are closed. */
export const PIPE = 3;

/** File descriptor of the pipe for what a trace asks for while it runs: the child writes a name and waits for the answer. */
export const FINDER = 4;

/** Longest name of a module that is asked for, and longest question, bytes; how many one trace may ask, and get in characters. */
export const LONGEST_NAME = 400;
export const QUESTION_LIMIT = 64 * 2 ** 10;
export const QUESTIONS = 4000;
export const FOUND_LIMIT = 12_000_000;

/** Longest request and longest answer, bytes. */
export const REQUEST_LIMIT = 32 * 2 ** 20;
export const RESULT_LIMIT = 64 * 2 ** 20;

/** Processor seconds that one process may use in its life, and after how many it asks to be replaced. */
export const CPU_LIMIT = 600;
export const CPU_WORN = 450;

/** What {@link main} in `child.ts` exits with when Node's permission model is not active. */
export const NO_PERMISSION_MODEL = 78;

export interface Ask {
  readonly id: number;
  readonly request: TraceRequest;
}

export type Answer =
  /** After its start, and again after each result that is not the last, when all traces of that trace are gone. */
  | { readonly kind: 'ready' }
  /** `last`: the process cannot be brought back to its first state, and asks to be replaced. */
  | { readonly kind: 'result'; readonly id: number; readonly result: TraceResult; readonly last: boolean }
  /** Python itself broke, or the result was too large; the process ends. */
  | { readonly kind: 'failure'; readonly id: number; readonly reason: 'crash' | 'result-too-large' };
