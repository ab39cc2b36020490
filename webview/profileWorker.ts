/** Runs profiles on onnxruntime-web, away from the page. One job at a time; cancelling ends the worker. */

import * as ort from 'onnxruntime-web/webgpu';
import { checkProvider } from '../src/profile/check.ts';
import { profile, ProfileRefusal } from '../src/profile/profile.ts';
import { captureConsole } from '../src/profile/timing.ts';
import type { ProfileEvent } from '../src/protocol/messages.ts';
import type { ProfileJob } from './profileMessages.ts';

const capture = captureConsole();

/** Why the GPU's results are not to be trusted, null when they are; asked once in the life of a worker. */
let distrust: Promise<string | null> | null = null;

const post = (event: ProfileEvent): void => postMessage(event);

addEventListener('message', (event: MessageEvent<ProfileJob>) => {
  void run(event.data).then(post, (error: unknown) =>
    post({
      type: 'failed',
      kind: error instanceof ProfileRefusal ? 'refused' : 'backend',
      reason: error instanceof Error ? error.message : String(error),
    }),
  );
});

async function run(job: ProfileJob): Promise<ProfileEvent> {
  const { graph, blocks, options, weights, provider, fallbackReason } = job;
  if (job.wasm) {
    ort.env.wasm.wasmBinary = job.wasm;
    // A webview is not cross-origin isolated, so there is no shared memory for threads.
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
  }
  const adapter = provider === 'webgpu' ? await findAdapter(job.allowSoftware) : null;
  if (provider === 'webgpu' && !adapter) throw new Error('there is no hardware adapter');
  const lost = adapter && lossOfDevice();
  if (provider === 'webgpu') {
    post({ type: 'progress', text: 'Checking the GPU', fraction: 0 });
    const mismatch = await (lost ? unlessLost((distrust ??= checkProvider(ort)), lost) : null);
    if (mismatch) throw new Error(mismatch);
  }
  const work = profile(graph, blocks, options, {
    ort,
    provider,
    device: adapter?.device ?? 'CPU',
    software: adapter?.software ?? false,
    ...(adapter && { tensorLimit: adapter.limit }),
    fallbackReason,
    ...(weights && { weights: new Map(weights.tensors), weightsFile: weights.file }),
    capture,
    onProgress: (text, fraction) => post({ type: 'progress', text, fraction }),
  });
  return { type: 'done', report: await (lost ? unlessLost(work, lost) : work) };
}

/** What to say when the device that the runtime is going to make is lost. It makes it known by setting this property. */
function lossOfDevice(): Promise<Error> {
  return new Promise((resolve) => {
    let device: GPUDevice | undefined;
    Object.defineProperty(ort.env.webgpu, 'device', {
      configurable: true,
      enumerable: true,
      get: () => device,
      set(made: GPUDevice | undefined) {
        device = made;
        if (!made) return;
        // The runtime destroys its device itself when the last session on it is released.
        let released = false;
        made.destroy = () => {
          released = true;
          GPUDevice.prototype.destroy.call(made);
        };
        void made.lost.then(({ message }) => {
          if (!released) resolve(new Error(`the GPU device was lost: ${message || 'the driver gave no reason'}`));
        });
      },
    });
  });
}

/** The runtime may wait for a lost device without end, or fail with words that do not say why. */
async function unlessLost<T>(work: Promise<T>, lost: Promise<Error>): Promise<T> {
  const loss = lost.then((error): never => {
    throw error;
  });
  try {
    return await Promise.race([work, loss]);
  } catch (error) {
    // The loss itself may be told a moment after what it made fail.
    throw await Promise.race([lost, Promise.resolve(error)]);
  }
}

async function findAdapter(
  allowSoftware: boolean,
): Promise<{ device: string; software: boolean; limit: number } | null> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const { description, device, architecture, vendor } = adapter.info;
  const software =
    adapter.info.isFallbackAdapter ||
    /swiftshader|llvmpipe|basic render/i.test(`${description} ${device} ${architecture}`);
  if (software && !allowSoftware) return null;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return {
    device: description || [vendor, architecture, device].filter((part) => part).join(' ') || 'GPU',
    software,
    limit: Math.min(maxBufferSize, maxStorageBufferBindingSize),
  };
}
