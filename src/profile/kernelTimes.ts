/** Reads the profile that onnxruntime prints: what each node's kernels took in each run, and which left the GPU. */

import type { Provider } from './types.ts';

/** What the kernels of one tag took; see {@link tagOf}. */
export interface TaggedTimes {
  /** Milliseconds of each timed run. */
  readonly runs: readonly number[];
}

export interface KernelTimes {
  /** By tag; '' holds the kernels of nodes that have none. */
  readonly byTag: ReadonlyMap<string, TaggedTimes>;
  /** ONNX operators that ran on the CPU though the GPU was asked for, with the number of their nodes. Most first. */
  readonly onCpu: readonly { readonly op: string; readonly nodes: number }[];
}

/** What a node's module is to be, so that its kernels are found again: names of encoded nodes begin with it. */
export const tagOf = (tag: string): string => `t=${tag}`;

interface TraceEvent {
  readonly cat?: string;
  readonly name?: string;
  /** Microseconds. */
  readonly dur?: number;
  readonly ts?: number;
  readonly args?: { readonly provider?: string; readonly op_name?: string };
}

/**
 * The times of the last `runs` of all runs in the profile; null where the provider gave no kernel times.
 *
 * @param text what onnxruntime printed
 */
export function readKernelTimes(text: string, provider: Provider, runs: number): KernelTimes | null {
  const events = parseEvents(text);
  const total = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run').length;
  const isOnCpu = ({ cat, args }: TraceEvent): boolean => cat === 'Node' && args?.provider === 'CPUExecutionProvider';
  // On WebGPU, a node's own event says how long it took to record, not to run.
  const kernels = events.filter((event) =>
    provider === 'webgpu' ? event.cat === 'Api' || isOnCpu(event) : event.cat === 'Node',
  );
  const isTimed = provider === 'wasm' ? kernels.length > 0 : kernels.some(({ cat }) => cat === 'Api');
  if (!isTimed || total < runs) return null;

  const byName = new Map<string, TraceEvent[]>();
  for (const event of kernels) {
    const name = event.name ?? '';
    const earlier = byName.get(name);
    if (earlier) earlier.push(event);
    else byName.set(name, [event]);
  }
  const byTag = new Map<string, { runs: number[] }>();
  const left = new Map<string, number>();
  for (const [name, all] of byName) {
    const tag = /t=(\w+)/.exec(name)?.[1] ?? '';
    const times = byTag.get(tag) ?? { runs: new Array<number>(runs).fill(0) };
    byTag.set(tag, times);
    // Every run has the same kernels, so the n-th part of those of one name belongs to the n-th run.
    const perRun = all.length / total;
    all.sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
    all.forEach(({ dur = 0 }, index) => {
      const run = Math.floor(index / perRun) - (total - runs);
      if (run >= 0) times.runs[run]! += dur / 1000;
    });
    const [first] = all;
    if (provider === 'webgpu' && first && isOnCpu(first)) {
      const op = first.args?.op_name ?? 'unknown';
      left.set(op, (left.get(op) ?? 0) + 1);
    }
  }
  const onCpu = [...left].map(([op, nodes]) => ({ op, nodes })).sort((a, b) => b.nodes - a.nodes);
  return { byTag, onCpu };
}

function parseEvents(text: string): readonly TraceEvent[] {
  const start = text.indexOf('[');
  const end = text.lastIndexOf(']');
  if (start < 0 || end < start) return [];
  try {
    return JSON.parse(text.slice(start, end + 1)) as TraceEvent[];
  } catch {
    return [];
  }
}
