/** What onnxruntime prints in Node: its WebAssembly writes to the standard output by itself. */

import type { Capture } from './timing.ts';

/** The part of Node's `fs` that it writes with. */
export interface Writes {
  writeSync(descriptor: number, data: never, ...rest: never[]): number;
}

/** Keeps what is written to file descriptor 1 meanwhile, and returns it. `fs` is Node's module itself. */
export const captureWrites =
  (fs: Writes): Capture =>
  (work) => {
    const original = fs.writeSync as (...args: unknown[]) => number;
    const parts: string[] = [];
    fs.writeSync = (descriptor: number, data: unknown, ...rest: unknown[]): number => {
      if (descriptor !== 1 || typeof data !== 'string') return original(descriptor, data, ...rest);
      parts.push(data);
      return data.length;
    };
    try {
      work();
    } finally {
      fs.writeSync = original;
    }
    return parts.join('');
  };
