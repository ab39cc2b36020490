/** A graph as a stand-alone SVG picture, for the command line and for export. Runs elkjs in the caller's thread. */

import Elk from 'elkjs/lib/elk.bundled.js';
import type { ResidualBlock } from '../analysis/types.ts';
import type { Graph } from '../ir/graph.ts';
import type { Comparison } from './compare/comparison.ts';
import { mergedScene } from './compare/mergedScene.ts';
import type { LayoutEngine } from './layout.ts';
import { layoutScene } from './layout.ts';
import { defaultExpanded } from './outline.ts';
import { buildScene } from './scene.ts';
import { PALETTES } from './style.ts';
import { sceneSvg } from './svg.ts';

export interface PictureOptions {
  /** Ids of the open groups; the stages when absent. */
  readonly expanded?: ReadonlySet<string>;
  readonly theme?: keyof typeof PALETTES;
}

// The package is CommonJS: what a bundler calls its default export is the class, what Node calls so holds it.
const Engine = ((Elk as { default?: unknown }).default ?? Elk) as new () => LayoutEngine;

/** Two networks as one picture: the new one, with what was removed from the old one. */
export async function drawComparison(
  comparison: Comparison,
  { theme = 'light' }: Pick<PictureOptions, 'theme'> = {},
): Promise<string> {
  const { outline } = comparison.b;
  const { graph } = outline.index;
  const scene = mergedScene(buildScene(graph, outline.blocks, defaultExpanded(outline), outline), comparison);
  return sceneSvg(scene, await layoutScene(scene, new Engine()), PALETTES[theme]);
}

export async function drawSvg(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  { expanded, theme = 'light' }: PictureOptions = {},
): Promise<string> {
  const scene = buildScene(graph, blocks, expanded);
  return sceneSvg(scene, await layoutScene(scene, new Engine()), PALETTES[theme]);
}
