/** Messages between the page and the profile worker. */

import type { ResidualBlock } from '../src/analysis/types.ts';
import type { Graph } from '../src/ir/graph.ts';
import type { ProfileOptions, ProfileReport, Provider } from '../src/profile/types.ts';

export interface ProfileJob {
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly options: ProfileOptions;
  readonly provider: Provider;
  /** Why the provider is not the one that was asked for. */
  readonly fallbackReason: string | null;
  /** Take a software WebGPU adapter too. */
  readonly allowSoftware: boolean;
  /** The runtime's WebAssembly; the worker cannot fetch it. Only with its first job. */
  readonly wasm: ArrayBuffer | null;
}

export type ProfileEvent =
  | { readonly type: 'progress'; readonly text: string; readonly fraction: number }
  | { readonly type: 'done'; readonly report: ProfileReport }
  /** `refused`: the network cannot be profiled, on no backend. `backend`: this backend failed, another may do. */
  | { readonly type: 'failed'; readonly kind: 'refused' | 'backend'; readonly reason: string };
