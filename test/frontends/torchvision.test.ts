/** Every classification model of torchvision, traced from its unmodified source, against the real one's parameters. */

import { expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
import { valueOf } from '../../src/ir/query.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { loadEngine, readText } from '../support/engine.ts';
import { torchvisionFile, torchvisionModules, torchvisionSource } from '../support/torchvision.ts';

const goldens = JSON.parse(readText('test/goldens/torchvisionParams.json')) as Record<
  string,
  { readonly file: string; readonly params: number }
>;

test('all have the right parameters and output, without a shape problem', async () => {
  const engine = await loadEngine();
  const siblings = [
    ...torchvisionModules(),
    ...torchvisionModules(['models/mobilenetv2.py', 'models/googlenet.py', 'models/inception.py']),
  ];
  const wrong: string[] = [];
  for (const [name, { file, params }] of Object.entries(goldens)) {
    const path = torchvisionFile(file);
    const modules = siblings.filter((one) => one.file !== path);
    const { graph, diagnostics } = engine.trace(torchvisionSource(file), { file: path, model: `${name}()`, modules });
    const faults = [
      ...diagnostics.map((one) => one.message),
      ...(graph ? verifyGraph(graph) : ['no graph']),
      ...(graph?.nodes.flatMap((node) => node.problems.map((problem) => problem.message)) ?? []),
    ];
    const shape = graph?.outputs[0] === undefined ? null : valueOf(graph, graph.outputs[0]).type.shape;
    const counted = graph && measureCost(graph).params;
    if (counted !== params || shape?.join() !== '1,1000' || faults.length) {
      wrong.push(`${name}: ${counted} of ${params} parameters, [${shape?.join()}], ${faults.slice(0, 2).join(' ')}`);
    }
  }
  const total = Object.keys(goldens).length;
  console.log(`${total - wrong.length} of ${total} exact`);
  expect(wrong).toEqual([]);
  expect(total).toBeGreaterThan(70);
});
