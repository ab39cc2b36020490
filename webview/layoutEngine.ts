/** elkjs in a worker of its own, as the layout engine of the view. */

import Elk from 'elkjs/lib/elk-api.js';
import type { LayoutEngine } from '../src/view/layout.ts';
import { startWorker } from './workers.ts';

export interface WorkerEngine extends LayoutEngine {
  /** Gives up what is being laid out: it is rejected, and the next layout has a new worker. */
  cancel(): void;
}

export function createLayoutEngine(script: string): WorkerEngine {
  let running: { readonly worker: Worker; readonly elk: LayoutEngine } | null = null;
  let starting: Promise<LayoutEngine> | null = null;
  const pending = new Set<(reason: Error) => void>();
  const start = async (): Promise<LayoutEngine> => {
    const worker = await startWorker(script);
    const elk = new Elk({ workerFactory: () => worker, algorithms: ['layered'] });
    running = { worker, elk };
    return elk;
  };
  return {
    async layout(graph) {
      const elk = await (starting ??= start());
      return new Promise((resolve, reject) => {
        pending.add(reject);
        elk
          .layout(graph)
          .then(resolve, reject)
          .finally(() => pending.delete(reject));
      });
    },
    cancel() {
      if (!running || !pending.size) return;
      running.worker.terminate();
      running = starting = null;
      for (const reject of pending) reject(new Error('The layout was cancelled.'));
      pending.clear();
    },
  };
}
