/** Sets the interpreter back after each trace, and makes it ready for the next version of the same file. */

import type { PyodideAPI } from 'pyodide';
import type { TraceRequest } from '../types.ts';
import { takeCheckpoint } from './checkpoint.ts';
import type { Engine } from './engine.ts';

export interface Rewind {
  /** Before a trace: makes memory as if nothing had run but what this request itself runs first. */
  before(request: TraceRequest): void;
  /** After it: forgets it. Says whether memory is ready for the next version of this file. */
  after(request: TraceRequest): boolean;
  /** Makes it ready, which takes about as long as the first trace of the file. */
  prepare(request: TraceRequest): void;
  /** True when the process is better replaced. */
  isWorn(): boolean;
}

/** Create it when all is loaded and warm. */
export const createRewind = (pyodide: PyodideAPI, engine: Engine): Rewind => {
  const pristine = takeCheckpoint(pyodide);
  let checkpoint = pristine;
  let used = false;
  let last = '';
  const forgetAll = (): void => {
    pristine.restore();
    checkpoint = pristine;
    engine.reset();
  };
  const prepare = (request: TraceRequest): void => {
    for (const withHead of [true, false]) {
      forgetAll();
      if (!engine.prepare(request, withHead)) continue;
      checkpoint = pristine.renew();
      return;
    }
    forgetAll();
  };
  return {
    prepare,
    before(request) {
      if (used) checkpoint.restore();
      if (!engine.serves(request)) forgetAll();
      used = true;
    },
    after(request) {
      used = false;
      const again = last === request.file;
      last = request.file;
      checkpoint.restore();
      if (engine.isPrepared(request)) return true;
      // What is traced once may never be traced again; what is traced twice is being worked on.
      if (again) prepare(request);
      return again;
    },
    isWorn: () => checkpoint.isWorn(),
  };
};
