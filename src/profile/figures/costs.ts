/** What a profile measured of time and memory, in words. */

import type { Duration, MemoryReport, ProfileReport, TimingReport } from '../types.ts';
import { formatNumber } from './figure.ts';

/** Sentences; none where nothing was measured. */
export function costsOf({ timing, memory }: Pick<ProfileReport, 'timing' | 'memory'>): readonly string[] {
  return [...(timing ? timeLines(timing) : []), ...(memory ? [memoryLine(memory)] : [])];
}

function timeLines({ method, forward, backward, runs, warmUp, macsPerSecond, onCpu }: TimingReport): readonly string[] {
  const passes = `${runs} ${runs === 1 ? 'pass' : 'passes'} after ${warmUp} to warm up`;
  const speed = macsPerSecond === null ? '' : `; ${formatNumber(macsPerSecond / 1e9)} GMAC/s forward`;
  const back = backward ? `, backward ${durationOf(backward)}` : '';
  const list = onCpu.map(({ op, nodes }) => `${op}${nodes > 1 ? ` ×${nodes}` : ''}`).join(', ');
  const how =
    method === 'segments'
      ? 'Without kernel times of the GPU, blocks were run one by one. The whole network'
      : 'Kernels by the runtime’s profiler';
  return [
    `${how}: forward ${durationOf(forward)}${back}; median and quartiles of ${passes}${speed}.`,
    ...(onCpu.length ? [`Not on the GPU but on the CPU: ${list}.`] : []),
  ];
}

const durationOf = ({ median, spread: { low, high } }: Duration): string =>
  `${formatNumber(median)} ms (${formatNumber(low)} to ${formatNumber(high)})`;

function memoryLine({ forwardBytes, forwardAndBackwardBytes, weightBytes, measuredBytes }: MemoryReport): string {
  const both = forwardAndBackwardBytes === null ? '' : `, ${megabytes(forwardAndBackwardBytes)} with the reverse pass`;
  const measured =
    measuredBytes === null
      ? 'not measured'
      : `the first pass grew its process by ${megabytes(measuredBytes)}, the runtime and the weights included`;
  return `Peak of activations, predicted: ${megabytes(forwardBytes)} forward${both}; weights ${megabytes(weightBytes)}. Measured: ${measured}.`;
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
