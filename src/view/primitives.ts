/** SVG text of the simplest things: rectangles, lines of text. */

import type { Box } from './layout.ts';

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
export const round = (value: number): number => Math.round(value * 10) / 10;

export const text = (x: number, y: number, content: string, css: string, anchor = 'start'): string =>
  content
    ? `\n<text x="${round(x)}" y="${round(y)}" class="${css}" text-anchor="${anchor}">${escape(content)}</text>`
    : '';
export const rect = (box: Box, radius: number, css: string): string =>
  `<rect x="${round(box.x)}" y="${round(box.y)}" width="${round(box.width)}" height="${round(box.height)}" rx="${radius}" class="${css}"/>`;

/** Shortens from the middle, so that both ends of a module path stay. */
export const fit = (content: string, width: number, size: number): string => {
  const room = Math.max(3, Math.floor(width / (size * 0.56)));
  if (content.length <= room) return content;
  const head = Math.ceil((room - 1) / 2);
  return `${content.slice(0, head)}…${content.slice(content.length - (room - 1 - head))}`;
};
