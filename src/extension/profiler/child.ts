/** The profile process: runs profiles on onnxruntime's WebAssembly with threads, which a webview cannot have. */

import fs from 'node:fs';
import process from 'node:process';
import type * as Ort from 'onnxruntime-web';
import { captureWrites } from '../../profile/printed.ts';
import { processMemory } from '../../profile/processMemory.ts';
import { profile, ProfileRefusal } from '../../profile/profile.ts';

import type { ProfileEvent } from '../../protocol/messages.ts';
import type { HostJob } from './wire.ts';

const post = (event: ProfileEvent): void => void process.send!(event);

const runtime = new URL('./ort/ort.node.min.mjs', import.meta.url).href;
const loading = import(runtime) as Promise<typeof Ort>;

async function run({ graph, blocks, options, weights, threads, fallbackReason }: HostJob): Promise<ProfileEvent> {
  post({ type: 'progress', text: 'Loading the runtime', fraction: 0 });
  const ort = await loading;
  // Fixed with the first session: later jobs in this process have the same number.
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  const report = await profile(graph, blocks, options, {
    ort,
    provider: 'wasm',
    threads,
    fallbackReason,
    ...(weights && { weights: new Map(weights.tensors), weightsFile: weights.file }),
    capture: captureWrites(fs),
    memory: processMemory(process),
    onProgress: (text, fraction) => post({ type: 'progress', text, fraction }),
  });
  return { type: 'done', report };
}

process.on('message', (job: HostJob) => {
  void run(job).then(post, (error: unknown) =>
    post({
      type: 'failed',
      kind: error instanceof ProfileRefusal ? 'refused' : 'backend',
      reason: error instanceof Error ? error.message : String(error),
    }),
  );
});
// Nobody waits for it any longer.
process.on('disconnect', () => process.exit());
