// From graph to positions, as the panel draws it, beside one flat elk layout of all operations in the same run.
import { performance } from 'node:perf_hooks';
import { load } from './bundle.mjs';

const { Elk, findBlocks, buildScene, layoutScene, resnetGraph, torchvisionResnet } = await load(
  'draw',
  `
  export { default as Elk } from 'elkjs/lib/elk.bundled.js';
  export { findBlocks } from './src/analysis/blocks.ts';
  export { buildScene } from './src/view/scene.ts';
  export { layoutScene } from './src/view/layout.ts';
  export { resnetGraph } from './test/support/networks.ts';
  export { torchvisionResnet } from './test/support/torchNetworks.ts';
`,
);

const networks = {
  'ResNet-50': torchvisionResnet({ blocks: [3, 4, 6, 3], bottleneck: true, batch: 1, size: 64 }),
  'ResNet-152': torchvisionResnet({ blocks: [3, 8, 36, 3], bottleneck: true, batch: 1, size: 64 }),
  'CIFAR ResNet-110': resnetGraph({ shortcut: 'pad', blocks: [18, 18, 18], width: 16, batch: 1, size: 32 }),
};

/** Every operation a node of one level, every tensor an edge. */
const flat = (graph) => {
  const maker = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node.id])));
  const edges = graph.nodes.flatMap((node) =>
    node.inputs.filter((input) => maker.has(input)).map((input) => ({ from: maker.get(input), to: node.id })),
  );
  return {
    id: 'root',
    layoutOptions: { 'elk.algorithm': 'layered', 'elk.direction': 'DOWN' },
    children: graph.nodes.map(({ id }) => ({ id: String(id), width: 120, height: 28 })),
    edges: edges.map(({ from, to }, index) => ({ id: `e${index}`, sources: [String(from)], targets: [String(to)] })),
  };
};

const median = async (work) => {
  const times = [];
  for (let run = 0; run < 6; run++) {
    const start = performance.now();
    await work();
    if (run > 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[2];
};

const engine = new Elk();
for (const [name, graph] of Object.entries(networks)) {
  const ours = await median(async () => layoutScene(buildScene(graph, findBlocks(graph)), engine));
  const baseline = await median(() => engine.layout(flat(graph)));
  const times = `${ours.toFixed(0)} ms, flat elk layout ${baseline.toFixed(0)} ms, ratio ${(ours / baseline).toFixed(2)}`;
  console.log(`${name} (${graph.nodes.length} operations): block view ${times}`);
}
