/** Forward time of each residual block: kernel times of onnxruntime's own profiler, in a session of their own. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Graph } from '../ir/graph.ts';
import { encodeModel, modelInputs } from '../onnx/encode.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { planInput } from './inputs.ts';
import { median } from './median.ts';
import type { PlanInput, Provider } from './types.ts';

/**
 * Runs `work` and returns the text that onnxruntime printed meanwhile. Its profile is printed and given out nowhere else.
 */
export type Capture = (work: () => void) => string;

/** The forward pass alone, without statistics. Names of its nodes say which blocks these belong to. */
export interface TimingPlan {
  /** ONNX ModelProto, opset 17, without weights. */
  readonly model: Uint8Array;
  readonly inputs: readonly PlanInput[];
  readonly blocks: number;
}

/** Plans the timing of a network that can be profiled. A node that serves several blocks counts in each. */
export function planTiming(graph: Graph, blocks: readonly ResidualBlock[]): TimingPlan {
  const owners = new Map<number, number[]>();
  blocks.forEach(({ head, branch, shortcut, merge, tail }, index) => {
    const own = [...head, ...branch, ...shortcut, ...(merge === null ? [] : [merge]), ...tail];
    for (const id of new Set(own)) owners.set(id, [...(owners.get(id) ?? []), index]);
  });
  // Encoding names nodes after their module, and rewriting for the run time keeps the module.
  const nodes = graph.nodes.map((node) => ({ ...node, module: `block=${owners.get(node.id)?.join('+') ?? ''}` }));
  const { graph: full } = expandForRuntime({ ...graph, nodes, outputs: graph.outputs.slice(0, 1) });
  const outputNames = new Map([[full.outputs[0]!, 'result']]);
  return {
    model: encodeModel(full, { outputNames }),
    inputs: modelInputs(full, { outputNames }).map(({ name, value }) => planInput(full, name, value, 1)),
    blocks: blocks.length,
  };
}

interface TraceEvent {
  readonly cat?: string;
  readonly name?: string;
  /** Microseconds. */
  readonly dur?: number;
  readonly ts?: number;
  readonly args?: { readonly provider?: string };
}

/**
 * Milliseconds of each block, the median over the last `runs` of all runs in the profile; null where the provider gave no
 * kernel times.
 *
 * @param text what onnxruntime printed
 */
export function readBlockTimes(text: string, provider: Provider, blocks: number, runs: number): (number | null)[] {
  const events = parseEvents(text);
  const total = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run').length;
  const isKernel = ({ cat, args }: TraceEvent): boolean => {
    // On WebGPU, a node's own event says how long it took to record, not to run.
    if (provider === 'webgpu') return cat === 'Api' || (cat === 'Node' && args?.provider === 'CPUExecutionProvider');
    return cat === 'Node';
  };
  const kernels = events.filter(isKernel);
  const isTimed = provider === 'wasm' ? kernels.length > 0 : kernels.some(({ cat }) => cat === 'Api');
  if (!isTimed || total < runs) return new Array<null>(blocks).fill(null);

  const byName = new Map<string, TraceEvent[]>();
  for (const event of kernels) {
    const name = event.name ?? '';
    byName.set(name, [...(byName.get(name) ?? []), event]);
  }
  const sums = Array.from({ length: blocks }, () => new Array<number>(runs).fill(0));
  for (const [name, all] of byName) {
    const owners = /block=([\d+]+)/.exec(name)?.[1]?.split('+').map(Number) ?? [];
    // Every run has the same kernels, so the n-th part of those of one name belongs to the n-th run.
    const perRun = all.length / total;
    all.sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
    all.forEach(({ dur = 0 }, index) => {
      const run = Math.floor(index / perRun) - (total - runs);
      if (run >= 0) for (const owner of owners) sums[owner]![run]! += dur / 1000;
    });
  }
  return sums.map(median);
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

/**
 * Captures what onnxruntime prints to the console, in pages and workers. To be called before the runtime's first session:
 * the runtime keeps the printer that it finds then.
 */
export function captureConsole(): Capture {
  const print = console.log.bind(console);
  let lines: string[] | null = null;
  console.log = (...parts: unknown[]) => {
    if (lines) lines.push(parts.map(String).join(' '));
    else print(...parts);
  };
  return (work) => {
    const printed: string[] = [];
    lines = printed;
    try {
      work();
    } finally {
      lines = null;
    }
    return printed.join('\n');
  };
}
