/** Ways that part and meet stand side by side; a layer with its norm and activation stands as one stack. */

import { expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { crosses } from '../../src/view/lanes.ts';
import type { Box } from '../../src/view/layout.ts';
import { edgeLabels } from '../../src/view/edgeLabels.ts';
import { sceneSvg } from '../../src/view/svg.ts';
import { draw } from '../support/drawn.ts';
import { Sketch } from '../support/networks.ts';

/** Three ways of one, two and three layers, joined at the end. */
function inception(): Graph {
  const net = new Sketch('Inception');
  const x = net.relu(net.conv('stem', net.input([1, 3, 16, 16]), 3, 8, 3));
  const joined = net.in('mixed', 'Mixed', () => {
    const layer = (name: string, value: number, from: number, size: number): number =>
      net.relu(net.conv(name, value, from, 8, size));
    const short = layer('a1', x, 8, 1);
    const middle = layer('b2', layer('b1', x, 8, 1), 8, 3);
    const long = layer('c3', layer('c2', layer('c1', x, 8, 1), 8, 3), 8, 3);
    return net.op('Concat', [short, middle, long], { axis: 1 });
  });
  return net.build(net.conv('last', joined, 24, 4, 1));
}

const centre = ({ x, width }: Box): number => x + width / 2;

test('the ways of an Inception module are columns, one beside the other, and meet at its end', async () => {
  const { placement } = await draw(inception());
  const box = (id: string): Box => placement.nodes.get(id)!;
  for (const way of [
    ['b1', 'b2'],
    ['c1', 'c2', 'c3'],
  ]) {
    const boxes = way.map((name) => box(`mixed.${name}`));
    expect(new Set(boxes.map(centre)).size).toBe(1);
    boxes.slice(1).forEach((below, at) => expect(below.y).toBeGreaterThan(boxes[at]!.y + boxes[at]!.height));
  }
  const [a, b, c] = ['a1', 'b1', 'c1'].map((name) => box(`mixed.${name}`));
  expect(a!.x + a!.width).toBeLessThan(b!.x);
  expect(b!.x + b!.width).toBeLessThan(c!.x);
  const end = box('mixed/Concat');
  for (const name of ['a1', 'b2', 'c3']) expect(box(`mixed.${name}`).y).toBeLessThan(end.y);
});

test('every edge of a column reaches from its source to its target, in horizontal and vertical parts', async () => {
  const { scene, placement } = await draw(inception());
  for (const { id, source, target } of scene.edges) {
    const points = placement.edges.get(id)!;
    const [from, to] = [placement.nodes.get(source.node)!, placement.nodes.get(target.node)!];
    expect(points[0]!.y, id).toBeCloseTo(from.y + from.height, 0);
    if (!scene.nodes.get(target.node)!.open) expect(points.at(-1)!.y, id).toBeCloseTo(to.y, 0);
    for (let at = 1; at < points.length; at++) {
      const [p, q] = [points[at - 1]!, points[at]!];
      expect(Math.min(Math.abs(p.x - q.x), Math.abs(p.y - q.y)), id).toBeLessThan(0.5);
    }
  }
});

test('a layer and its activation are one stack, without an arrow or a shape between them', async () => {
  const { scene, placement } = await draw(inception());
  const relu = scene.edges.find(({ source }) => source.node === 'mixed.b1')!.target.node;
  const [conv, above] = [placement.nodes.get('mixed.b1')!, placement.nodes.get(relu)!];
  expect(above.y - conv.y - conv.height).toBe(3);
  const next = placement.nodes.get('mixed.b2')!;
  expect(next.y - above.y - above.height).toBeGreaterThan(15);
  const between = scene.edges.find(({ source }) => source.node === 'mixed.b1')!;
  expect(edgeLabels(scene, placement).has(between.id)).toBe(false);
  const heads = sceneSvg(scene, placement).match(/class="head/g)!;
  const stacked = scene.edges.filter(({ id }) => {
    const [from, to] = placement.edges.get(id)!;
    return Math.abs(to!.y - from!.y) === 3;
  });
  expect(stacked.length).toBe(7);
  expect(heads.length).toBeLessThanOrEqual(scene.edges.length - stacked.length);
});

test('norm and activation before a layer stand on that layer', async () => {
  const net = new Sketch('Pre');
  const unit = (name: string, x: number): number =>
    net.conv(`${name}.conv`, net.relu(net.norm(`${name}.bn`, x, 8)), 8, 8, 3);
  const { placement } = await draw(net.build(unit('two', unit('one', net.input([1, 8, 8, 8])))));
  const box = (id: string): Box => placement.nodes.get(id)!;
  expect(box('/Relu').y - box('one.bn').y - box('one.bn').height).toBe(3);
  expect(box('one.conv').y - box('/Relu').y - box('/Relu').height).toBe(3);
  expect(box('two.bn').y - box('one.conv').y - box('one.conv').height).toBeGreaterThan(15);
});

test('one call that moves data by several operators is one operation', async () => {
  const net = new Sketch('Shifted');
  const x = net.conv('conv', net.input([1, 3, 8, 8]), 3, 8, 3);
  net.builder.origin = { module: '', origin: 'torch.roll', inPlace: false, frames: [{ file: 'net.py', range: LINE }] };
  const slice = (from: number, to: number): number =>
    net.builder.ops(
      'Slice',
      [x, ...[from, to, 2].map((value) => net.builder.constant([value], [1], 'int64'))],
      {},
      1,
    )[0]!;
  const rolled = net.builder.ops('Concat', [slice(3, 8), slice(0, 3)], { axis: 2 }, 1)[0]!;
  const { scene } = await draw(net.build(net.relu(rolled)));
  const roll = [...scene.nodes.values()].filter(({ item }) => item?.label === 'roll');
  expect(roll.map(({ item }) => item!.nodes.length)).toEqual([3]);
  expect(scene.edges.filter(({ target }) => target.node === roll[0]!.id).length).toBe(1);
});

const LINE = { start: { line: 7, character: 4 }, end: { line: 7, character: 30 } };

/** As published: what each scale on the way down saw is joined to the way up. `isResidual`: each step has a skip of its own. */
function unet(isResidual: boolean): Graph {
  const net = new Sketch('UNet');
  const step = (name: string, x: number, from: number, to: number): number =>
    net.in(name, 'Step', () => {
      const first = net.relu(net.conv('first', x, from, to, 3), '1');
      const second = net.conv('second', first, to, to, 3);
      return net.relu(isResidual ? net.add(second, first) : second, '2');
    });
  const pool = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1] };
  const scales = net.builder.constant([1, 1, 2, 2], [4]);
  const resize = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  const one = step('enc1', net.input([1, 3, 32, 32]), 3, 8);
  const two = step('enc2', net.op('MaxPool', [one], pool, '1'), 8, 16);
  const three = step('enc3', net.op('MaxPool', [two], pool, '2'), 16, 32);
  let x = step('bottom', net.op('MaxPool', [three], pool, '3'), 32, 64);
  for (const [name, skip, from, to] of [
    ['dec3', three, 96, 32],
    ['dec2', two, 48, 16],
    ['dec1', one, 24, 8],
  ] as const)
    x = step(
      name,
      net.op('Concat', [skip, net.op('Resize', [x, null, scales], resize, name)], { axis: 1 }, name),
      from,
      to,
    );
  return net.build(net.conv('head', x, 8, 2, 1));
}

test.each([
  ['plain', false],
  ['residual', true],
])('a %s U-Net is drawn as a U: long skips run straight across, each at its level', async (_, isResidual) => {
  const { scene, placement } = await draw(unet(isResidual));
  const box = (id: string): Box => placement.nodes.get(id)!;
  const skips = scene.edges.filter(({ kind, group }) => kind === 'long' && group === scene.root);
  expect(skips.length).toBe(3);
  for (const skip of skips) {
    const points = placement.edges.get(skip.id)!;
    const [start, end] = [points.at(-2)!, points.at(-1)!];
    expect(start.y).toBeCloseTo(end.y, 3);
    expect(end.x - start.x).toBeGreaterThan(40);
    for (const [id, other] of placement.nodes)
      if (!scene.nodes.get(id)!.open && id !== skip.source.node && id !== skip.target.node)
        expect(crosses(points, other), `${skip.id} crosses ${id}`).toBe(false);
  }
  // Down on the left, up on the right.
  for (const [upper, lower] of [
    ['enc1', 'enc2'],
    ['enc2', 'enc3'],
    ['enc3', 'bottom'],
    ['dec1', 'dec2'],
    ['dec2', 'dec3'],
  ])
    expect(box(`${upper}.first`).y).toBeLessThan(box(`${lower}.first`).y);
  expect(box('enc1.first').x + box('enc1.first').width).toBeLessThan(box('dec1.first').x);
  expect(box('dec1.second').y).toBeLessThan(box('dec1.first').y);
  expect(box('/output').y).toBeLessThan(box('head').y);
  for (const points of placement.edges.values())
    for (const { x, y } of points) {
      expect(x >= 0 && x <= placement.width).toBe(true);
      expect(y >= 0 && y <= placement.height).toBe(true);
    }
});

test('in the rising arm the circle of a sum is at the end from which the data comes', async () => {
  const { scene, placement } = await draw(unet(true));
  const merge = [...scene.nodes.values()].find(({ id, kind }) => kind === 'merge' && id.startsWith('dec1'))!;
  const box = placement.nodes.get(merge.id)!;
  expect(box.isRising).toBe(true);
  const skip = scene.edges.find(({ target }) => target.node === merge.id && target.port === 'skipIn')!;
  expect(placement.edges.get(skip.id)!.at(-1)!.y).toBeGreaterThan(box.y + box.height / 2);
  const svg = sceneSvg(scene, placement);
  const [, circle] = new RegExp(`data-id="${merge.id}">[^]*?<circle cx="[^"]*" cy="([^"]*)"`).exec(svg)!;
  expect(Number(circle)).toBeGreaterThan(box.y + box.height / 2);
});
