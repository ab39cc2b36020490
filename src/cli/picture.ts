/** Pictures as the command line writes them: SVG, or PNG at a chosen scale. */

import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { PALETTES } from '../view/style.ts';
import { sizeOfSvg } from '../view/svg.ts';
import { rasterise } from './rasterise.ts';
import { Failure, UsageError } from './usage.ts';

export const PICTURES: readonly string[] = ['.svg', '.png'];

export const LOOK_OPTIONS = { theme: { type: 'string' }, scale: { type: 'string' } } as const;

export const LOOK_USAGE = `  --theme NAME   of a picture: ${Object.keys(PALETTES).join(' or ')}; light by default
  --scale N      of a PNG: its pixels for each unit of the drawing; 2 by default`;

export interface Look {
  readonly theme: keyof typeof PALETTES;
  readonly scale: number;
}

/** Four bytes each while it is drawn. */
const MOST_PIXELS = 2 ** 27;

export function lookOf({ theme = 'light', scale = '2' }: { theme?: string; scale?: string }): Look {
  if (!isTheme(theme)) throw new UsageError(`--theme takes ${Object.keys(PALETTES).join(' or ')}, not '${theme}'.`);
  const factor = Number(scale);
  if (!(factor > 0 && Number.isFinite(factor))) throw new UsageError(`--scale takes a number above 0, not '${scale}'.`);
  return { theme, scale: factor };
}

const isTheme = (name: string): name is Look['theme'] => Object.hasOwn(PALETTES, name);

/** Writes the picture as the path's extension says. */
export async function writePicture(path: string, svg: string, { scale }: Look): Promise<void> {
  if (extname(path).toLowerCase() === '.svg') {
    await writeFile(path, svg);
    return;
  }
  const { width, height } = sizeOfSvg(svg);
  if (width * height * scale ** 2 > MOST_PIXELS) {
    const most = Math.floor(Math.sqrt(MOST_PIXELS / (width * height)) * 100) / 100;
    throw new Failure(
      `The picture would have ${Math.round(width * scale)} × ${Math.round(height * scale)} pixels, which is too many: ` +
        `at most --scale ${most}, or write .svg.`,
    );
  }
  await writeFile(path, await rasterise(svg, scale));
}
