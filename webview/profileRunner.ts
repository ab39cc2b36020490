/** Chooses the backend of a profile, runs it in the worker, falls back to WebAssembly where WebGPU fails, and cancels. */

import type { HostMessage } from '../src/protocol/messages.ts';
import type { ProfileReport, Provider } from '../src/profile/types.ts';
import type { ProfileEvent, ProfileJob } from './profileMessages.ts';
import { startWorker } from './workers.ts';

export type ProfileRequest = Extract<HostMessage, { type: 'profile' }>;

export interface ProfileRunner {
  /** @throws Error with the reason; `Cancelled` when {@link cancel} ended it */
  run(request: ProfileRequest, onProgress: (text: string, fraction: number) => void): Promise<ProfileReport>;
  cancel(): void;
}

export class Cancelled extends Error {}

class BackendFailure extends Error {}

export function createProfileRunner(script: string, wasmUrl: string): ProfileRunner {
  let wasm: Promise<ArrayBuffer> | null = null;
  let worker: Worker | null = null;
  let stop: ((error: Error) => void) | null = null;

  const fetchWasm = async (): Promise<ArrayBuffer> => {
    const response = await fetch(wasmUrl);
    if (!response.ok) throw new Error(`${wasmUrl}: HTTP ${response.status}`);
    return response.arrayBuffer();
  };

  const end = (): void => {
    worker?.terminate();
    worker = null;
  };

  const attempt = async (
    { graph, blocks, options, allowSoftware }: ProfileRequest,
    provider: Provider,
    fallbackReason: string | null,
    onProgress: (text: string, fraction: number) => void,
    cancelled: Promise<never>,
  ): Promise<ProfileReport> => {
    wasm ??= fetchWasm();
    wasm.catch(() => (wasm = null));
    const fresh = worker === null;
    if (fresh) onProgress('Loading the runtime', 0);
    const binary = await Promise.race([wasm, cancelled]);
    const running = (worker ??= await startWorker(script));
    const job: ProfileJob = {
      graph,
      blocks,
      options,
      provider,
      fallbackReason,
      allowSoftware,
      wasm: fresh ? binary : null,
    };
    const finished = new Promise<ProfileReport>((resolve, reject) => {
      running.onmessage = ({ data }: MessageEvent<ProfileEvent>) => {
        if (data.type === 'progress') onProgress(data.text, data.fraction);
        else if (data.type === 'done') resolve(data.report);
        else reject(data.kind === 'backend' ? new BackendFailure(data.reason) : new Error(data.reason));
      };
      running.onerror = (event) => reject(new BackendFailure(event.message || 'the worker stopped'));
      running.postMessage(job);
    });
    try {
      return await Promise.race([finished, cancelled]);
    } catch (error) {
      // A failed or cancelled runtime is not used again.
      end();
      throw error;
    }
  };

  return {
    async run(request, onProgress) {
      end();
      stop?.(new Cancelled('replaced by another profile'));
      const cancelled = new Promise<never>((_, reject) => (stop = reject));
      cancelled.catch(() => undefined);
      const { backend, allowSoftware } = request;
      const gpu = backend === 'wasm' ? null : await hasAdapter(allowSoftware);
      const first: Provider = backend !== 'wasm' && gpu === null ? 'webgpu' : 'wasm';
      try {
        return await attempt(request, first, first === 'wasm' ? gpu : null, onProgress, cancelled);
      } catch (error) {
        if (!(error instanceof BackendFailure) || first === 'wasm') throw error;
        const reason = `${error.message}; ran on WebAssembly instead`;
        return await attempt(request, 'wasm', reason, onProgress, cancelled);
      }
    },
    cancel() {
      end();
      stop?.(new Cancelled('cancelled'));
    },
  };
}

/** Null when there is an adapter to use, else why there is none. */
async function hasAdapter(allowSoftware: boolean): Promise<string | null> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return navigator.gpu ? 'there is no WebGPU adapter' : 'this editor has no WebGPU';
  const { description, device, architecture, isFallbackAdapter } = adapter.info;
  const software =
    isFallbackAdapter || /swiftshader|llvmpipe|basic render/i.test(`${description} ${device} ${architecture}`);
  return software && !allowSoftware ? 'the WebGPU adapter is emulated in software' : null;
}
