/** elkjs in a worker of its own, as the layout engine of the view. */

import Elk from 'elkjs/lib/elk-api.js';
import type { LayoutEngine } from '../src/view/layout.ts';
import { startWorker } from './workers.ts';

export async function createLayoutEngine(script: string): Promise<LayoutEngine> {
  const worker = await startWorker(script);
  return new Elk({ workerFactory: () => worker, algorithms: ['layered'] });
}
