/** What the page asks of the profile worker, which answers with profile events. */

import type { ResidualBlock } from '../src/analysis/types.ts';
import type { Graph } from '../src/ir/graph.ts';
import type { ProfileOptions, Provider } from '../src/profile/types.ts';
import type { GivenWeights } from '../src/protocol/messages.ts';

export interface ProfileJob {
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly options: ProfileOptions;
  /** Read from a file; null where they are drawn. */
  readonly weights: GivenWeights | null;
  readonly provider: Provider;
  /** Why the provider is not the one that was asked for. */
  readonly fallbackReason: string | null;
  /** Take a software WebGPU adapter too. */
  readonly allowSoftware: boolean;
  /** The runtime's WebAssembly; the worker cannot fetch it. Only with its first job. */
  readonly wasm: ArrayBuffer | null;
}
