/** What onnxruntime prints in Node: its WebAssembly writes to the standard output by itself. */

import fs from 'node:fs';
import type { Capture } from '../profile/timing.ts';

/** Keeps what is written to file descriptor 1 meanwhile, and returns it. */
export const capturePrinted: Capture = (work) => {
  const original = fs.writeSync;
  const parts: string[] = [];
  const write = (descriptor: number, data: string | NodeJS.ArrayBufferView, ...rest: unknown[]): number => {
    if (descriptor !== 1 || typeof data !== 'string') {
      return (original as (...args: unknown[]) => number)(descriptor, data, ...rest);
    }
    parts.push(data);
    return data.length;
  };
  fs.writeSync = write as typeof fs.writeSync;
  try {
    work();
  } finally {
    fs.writeSync = original;
  }
  return parts.join('');
};
