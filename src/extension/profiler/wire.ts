/** What the extension host asks of its profile process, which answers with profile events. */

import type { ResidualBlock } from '../../analysis/types.ts';
import type { Graph } from '../../ir/graph.ts';
import type { ProfileOptions } from '../../profile/types.ts';
import type { GivenWeights } from '../../protocol/messages.ts';

export interface HostJob {
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly options: ProfileOptions;
  /** Read from a file; null where they are drawn. */
  readonly weights: GivenWeights | null;
  readonly threads: number;
  /** Why the panel's GPU does not run it; null when none was asked for. */
  readonly fallbackReason: string | null;
}
