/** How much memory a Node process has. */

import type { MemoryProbe } from './profile.ts';

/** The part of Node's `process` that says so. */
export interface Usage {
  memoryUsage(): { readonly rss: number };
  resourceUsage(): { readonly maxRSS: number };
}

export const processMemory = (process: Usage): MemoryProbe => ({
  now: () => process.memoryUsage().rss,
  // In kilobytes.
  peak: () => 1024 * process.resourceUsage().maxRSS,
});
