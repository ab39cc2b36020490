/** Chooses the backend of a profile, runs it in the worker, hands it over or falls back where WebGPU fails, and cancels. */

import type { HostMessage, ProfileEvent } from '../src/protocol/messages.ts';
import type { ProfileReport, Provider } from '../src/profile/types.ts';
import type { ProfileJob } from './profileMessages.ts';
import { startWorker } from './workers.ts';

export type ProfileRequest = Extract<HostMessage, { type: 'profile' }>;

export interface ProfileRunner {
  /**
   * @throws Error with the reason; {@link Cancelled} when {@link cancel} ended it; {@link HandedOver} when the extension
   *   host is to run it
   */
  run(request: ProfileRequest, onProgress: (text: string, fraction: number) => void): Promise<ProfileReport>;
  /** False when nothing is under way here. */
  cancel(): boolean;
}

export class Cancelled extends Error {}

/** The extension host can do better than this page. */
export class HandedOver extends Error {
  constructor(readonly reason: string | null) {
    super(reason ?? 'the extension host runs it');
  }
}

class BackendFailure extends Error {}

/** An idle worker keeps its sessions this long, for the next profile of the same network; then all its memory goes (ms). */
const IDLE = 60_000;

export function createProfileRunner(script: string, wasmUrl: string): ProfileRunner {
  let wasm: Promise<ArrayBuffer> | null = null;
  let worker: Worker | null = null;
  let stop: ((error: Error) => void) | null = null;
  let idle: ReturnType<typeof setTimeout> | undefined;

  const fetchWasm = async (): Promise<ArrayBuffer> => {
    const response = await fetch(wasmUrl);
    if (!response.ok) throw new Error(`${wasmUrl}: HTTP ${response.status}`);
    return response.arrayBuffer();
  };

  const end = (): void => {
    clearTimeout(idle);
    worker?.terminate();
    worker = null;
  };

  const attempt = async (
    { graph, blocks, options, weights, allowSoftware }: ProfileRequest,
    provider: Provider,
    fallbackReason: string | null,
    onProgress: (text: string, fraction: number) => void,
    cancelled: Promise<never>,
  ): Promise<ProfileReport> => {
    clearTimeout(idle);
    wasm ??= fetchWasm();
    wasm.catch(() => (wasm = null));
    const fresh = worker === null;
    if (fresh) onProgress('Loading the runtime', 0);
    const binary = await Promise.race([wasm, cancelled]);
    const running = (worker ??= await Promise.race([startWorker(script), cancelled]));
    const job: ProfileJob = {
      graph,
      blocks,
      options,
      weights,
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
      const report = await Promise.race([finished, cancelled]);
      idle = setTimeout(end, IDLE);
      return report;
    } catch (error) {
      // A failed or cancelled runtime is not used again.
      end();
      throw error;
    }
  };

  return {
    async run(request, onProgress) {
      if (stop) {
        end();
        stop(new Cancelled('replaced by another profile'));
      }
      let mine: (error: Error) => void = () => undefined;
      const cancelled = new Promise<never>((_, reject) => (mine = reject));
      cancelled.catch(() => undefined);
      stop = mine;
      const { backend, allowSoftware, canHandOver } = request;
      try {
        const noGpu = backend === 'wasm' ? null : await hasAdapter(allowSoftware);
        const onGpu = backend !== 'wasm' && noGpu === null;
        if (!onGpu && canHandOver) throw new HandedOver(noGpu);
        try {
          return await attempt(request, onGpu ? 'webgpu' : 'wasm', noGpu, onProgress, cancelled);
        } catch (error) {
          if (!(error instanceof BackendFailure) || !onGpu) throw error;
          const reason = `${error.message}; ran on WebAssembly instead`;
          if (canHandOver) throw new HandedOver(reason);
          return await attempt(request, 'wasm', reason, onProgress, cancelled);
        }
      } finally {
        if (stop === mine) stop = null;
      }
    },
    cancel() {
      if (!stop) return false;
      end();
      stop(new Cancelled('cancelled'));
      return true;
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
