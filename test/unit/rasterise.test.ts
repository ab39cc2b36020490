/** Pictures of pixels, as the command line writes them. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { lookOf } from '../../src/cli/picture.ts';
import { rasterise } from '../../src/cli/rasterise.ts';
import { drawSvg } from '../../src/view/picture.ts';
import { sizeOfSvg } from '../../src/view/svg.ts';
import { resnetGraph } from '../support/networks.ts';

/** Width and height stand in a PNG's first chunk. */
const sizeOfPng = (png: Uint8Array) => {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
};

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

test.each([0.5, 1, 3])('a picture has %d pixels for each unit, and the same ones each time', async (scale) => {
  const graph = resnetGraph();
  const svg = await drawSvg(graph, findBlocks(graph));
  const png = await rasterise(svg, scale);
  const { width, height } = sizeOfSvg(svg);
  expect(sizeOfPng(png)).toEqual([width * scale, height * scale].map(Math.ceil));
  expect(same(png, await rasterise(svg, scale))).toBe(true);
});

test('its text is drawn, and the themes differ', async () => {
  const graph = resnetGraph();
  const [light, dark] = await Promise.all(
    (['light', 'dark'] as const).map((theme) => drawSvg(graph, findBlocks(graph), { theme })),
  );
  const png = await rasterise(light!, 1);
  expect(same(png, await rasterise(light!.replaceAll(/<text[^>]*>[^<]*<\/text>/g, ''), 1))).toBe(false);
  expect(same(png, await rasterise(dark!, 1))).toBe(false);
});

test('its font has every sign that the drawing uses', async () => {
  const files = readdirSync('src/view', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const sources = files.map((path) => readFileSync(`src/view/${path}`, 'utf8'));
  const signs = new Set(sources.join('').match(/[^\0-\x7f]/gu));
  for (const sign of '×→−·…') expect(signs).toContain(sign);
  const draw = (sign: string, weight: number): Promise<Uint8Array> =>
    rasterise(
      `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><text x="4" y="18" font-family="system-ui, sans-serif" font-weight="${weight}">${sign}</text></svg>`,
      1,
    );
  for (const weight of [400, 600]) {
    const [blank, missing] = [await draw('', weight), await draw('\uE000', weight)];
    const lacking: string[] = [];
    // Greek letters, fractions and powers come from users and from equations.
    for (const sign of [...signs, ...'σβγφ²³½Wxé']) {
      const drawn = await draw(sign, weight);
      if (same(drawn, blank) || same(drawn, missing)) lacking.push(sign);
    }
    expect(lacking).toEqual([]);
  }
});

test.each([
  [{ theme: 'sepia' }, "--theme takes light or dark, not 'sepia'."],
  [{ scale: '0' }, "--scale takes a number above 0, not '0'."],
  [{ scale: 'big' }, "--scale takes a number above 0, not 'big'."],
])('%j is no look', (given, message) => {
  expect(() => lookOf(given)).toThrow(message);
});
