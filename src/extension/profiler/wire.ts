/** What the extension host asks of its profile process, which answers with profile events. */

import type { ResidualBlock } from '../../analysis/types.ts';
import type { Graph } from '../../ir/graph.ts';
import type { ProfileOptions } from '../../profile/types.ts';

export interface HostJob {
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly options: ProfileOptions;
  readonly threads: number;
  /** Why the panel's GPU does not run it; null when none was asked for. */
  readonly fallbackReason: string | null;
}
