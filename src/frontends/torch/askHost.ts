/** In the interpreter process: asks the host for a module, and waits. Python cannot go on without the answer. */

import { readSync, writeSync } from 'node:fs';
import { deserialize } from 'node:v8';
import type { FindModuleNow } from './engine.ts';
import { encodeFrame } from './frames.ts';
import { FINDER, LONGEST_NAME, QUESTION_LIMIT, REQUEST_LIMIT } from './wire.ts';
import type { SourceModule } from '../types.ts';

/** Created before the process is hardened. Throws where the pipe breaks, which ends the process. */
export const createAsker = (): FindModuleNow => {
  const [read, write] = [readSync, writeSync];
  const pause = new Int32Array(new SharedArrayBuffer(4));
  /** Carries out a system call that may say that nothing is ready yet. */
  const patient = (call: () => number): number => {
    for (;;) {
      try {
        return call();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        Atomics.wait(pause, 0, 0, 1);
      }
    }
  };
  const receive = (count: number): Buffer => {
    const bytes = Buffer.alloc(count);
    for (let have = 0; have < count;) {
      const more = patient(() => read(FINDER, bytes, have, count - have, null));
      if (more === 0) throw new Error('the host is gone');
      have += more;
    }
    return bytes;
  };
  return (name, file) => {
    if (typeof name !== 'string' || name.length > LONGEST_NAME) return null;
    const question = encodeFrame([file, name], QUESTION_LIMIT);
    for (let sent = 0; sent < question.length;) sent += patient(() => write(FINDER, question, sent));
    const length = receive(4).readUInt32LE(0);
    if (length > REQUEST_LIMIT) throw new Error('the answer is too long');
    return deserialize(receive(length)) as SourceModule | null;
  };
};
