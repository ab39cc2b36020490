/** SVG text to PNG bytes, the same on every machine: drawn by resvg, as WebAssembly, with a font that comes along. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

// Narrow enough for the widths that the layout reckons with, and with the signs of mathematics.
const FACES = ['DejaVuSansCondensed.ttf', 'DejaVuSansCondensed-Bold.ttf'];
const FAMILY = 'DejaVu Sans';

const { resolve } = createRequire(import.meta.url);

/** Loaded when the first picture is drawn: most runs draw none. */
let loading: ReturnType<typeof load> | undefined;

async function load() {
  const resvg = await import('@resvg/resvg-wasm');
  await resvg.initWasm(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return resvg;
}

/** `scale`: pixels of the result for each unit of the picture. */
export async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  const { Resvg } = await (loading ??= load());
  const fontBuffers = await Promise.all(FACES.map((face) => readFile(resolve(`dejavu-fonts-ttf/ttf/${face}`))));
  const font = { fontBuffers, defaultFontFamily: FAMILY, sansSerifFamily: FAMILY };
  const picture = new Resvg(svg, { font, fitTo: { mode: 'zoom', value: scale } });
  const drawn = picture.render();
  const png = drawn.asPng();
  drawn.free();
  picture.free();
  return png;
}
