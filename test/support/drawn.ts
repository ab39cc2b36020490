/** Drawings without a page: a graph laid out with every group open. */

import Elk from 'elkjs/lib/elk.bundled.js';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { LayoutEngine, Placement } from '../../src/view/layout.ts';
import { layoutScene } from '../../src/view/layout.ts';
import { allExpanded, outlineOf } from '../../src/view/outline.ts';
import type { Scene } from '../../src/view/scene.ts';
import { buildScene } from '../../src/view/scene.ts';

const engine = new (Elk as unknown as new () => LayoutEngine)();

export async function draw(graph: Graph): Promise<{ scene: Scene; placement: Placement }> {
  const blocks = findBlocks(graph);
  const outline = outlineOf(graph, blocks);
  const scene = buildScene(graph, blocks, allExpanded(outline), outline);
  return { scene, placement: await layoutScene(scene, engine) };
}
