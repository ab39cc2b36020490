/** Everything that is known about a graph without running it. */

import type { Graph } from '../ir/graph.ts';
import { findBlocks } from './blocks.ts';
import { measureCost } from './cost.ts';
import { diagnose } from './diagnose.ts';
import { lint } from './lints/index.ts';
import type { Analysis } from './types.ts';

export function analyse(graph: Graph): Analysis {
  const blocks = findBlocks(graph);
  return { blocks, cost: measureCost(graph), diagnostics: diagnose(graph, blocks), lints: lint(graph, blocks) };
}
