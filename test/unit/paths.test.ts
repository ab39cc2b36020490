/** Ways through the drawing, with groups open and closed. */

import { expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { neighboursOf, pathsThrough } from '../../src/view/paths.ts';
import { outlineOf } from '../../src/view/outline.ts';
import { buildScene } from '../../src/view/scene.ts';
import { resnetGraph, unetGraph } from '../support/networks.ts';

/** Stages open, equal blocks one by one, blocks closed. */
function sceneOf(graph = resnetGraph()) {
  const outline = outlineOf(graph, findBlocks(graph));
  const open = [...outline.items.values()].filter(({ role }) => role === 'stage' || role === 'run');
  return buildScene(graph, outline.blocks, new Set(open.map(({ id }) => id)), outline);
}

test('paths through a branch leave out what runs beside it, and nothing before or after it', () => {
  const scene = sceneOf();
  const { nodes, edges } = pathsThrough(scene, 'layer2.0/branch');
  for (const id of ['/input:input', 'conv1', 'layer1.0/branch', 'layer2/stage', 'layer2.0/merge', '/output'])
    expect(nodes.has(id), id).toBe(true);
  expect(nodes.has('layer2.0/shortcut')).toBe(false);
  const own = scene.edges.filter(({ block, kind }) => block === 'layer2.0' && kind === 'projection');
  expect(own.length).toBe(2);
  expect(own.some(({ id }) => edges.has(id))).toBe(false);
  const before = scene.edges.filter(({ block, kind }) => block === 'layer1.0' && kind === 'identity');
  expect(before.every(({ id }) => edges.has(id))).toBe(true);
});

test('from the input every node is reached', () => {
  const scene = sceneOf(unetGraph());
  const { nodes, edges } = pathsThrough(scene, '/input:input');
  expect(edges.size).toBe(scene.edges.length);
  for (const node of scene.nodes.values()) if (node.id !== scene.root) expect(nodes.has(node.id), node.id).toBe(true);
});

test('an open group stands for all that it holds', () => {
  const scene = sceneOf();
  const { nodes } = pathsThrough(scene, 'layer2/stage');
  expect(nodes.has('layer2.0/shortcut')).toBe(true);
  expect(neighboursOf(scene, 'layer2/stage')).toEqual({
    from: ['layer1.1/merge'],
    to: ['layer3.0/branch', 'layer3.0/shortcut'],
  });
});

test('neighbours are found through the borders of open groups', () => {
  const scene = sceneOf();
  const merge = neighboursOf(scene, 'layer2.0/merge');
  expect(merge.from).toEqual(['layer2.0/branch', 'layer2.0/shortcut']);
  expect(merge.to).toEqual(['layer2.1/branch', 'layer2.1/merge']);
  expect(neighboursOf(scene, '/input:input').from).toEqual([]);
});
