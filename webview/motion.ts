/** Moves what a new drawing has in another place from where it was; nothing moves for people who ask for less motion. */

import type { Box } from '../src/view/layout.ts';
import type { Part } from './parts.ts';
import type { Sight } from './sight.ts';

const DURATION = 180;
const EASING = 'cubic-bezier(0.2, 0, 0, 1)';

/**
 * @param before a part of the drawing before, by key
 * @param shift how far the drawing before lies from the new one on the screen, in units of the drawing
 */
export function animateChange(
  sight: Sight,
  before: (key: string) => Part | undefined,
  shift: { readonly x: number; readonly y: number },
): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  for (const [key, element] of sight.shown) {
    const now = sight.part(key)!;
    const old = before(key);
    const frames = old ? moved(old.bounds, now.bounds, shift) : [{ opacity: 0 }, { opacity: 1 }];
    if (frames) element.animate(frames, { duration: DURATION, easing: EASING });
  }
}

/** From the old place and size to the new; null when nothing changes for the eye. */
function moved(from: Box, to: Box, shift: { readonly x: number; readonly y: number }): Keyframe[] | null {
  const [x, y] = [from.x + shift.x, from.y + shift.y];
  const [sx, sy] = [from.width / (to.width || 1), from.height / (to.height || 1)];
  const still = Math.abs(x - to.x) < 0.5 && Math.abs(y - to.y) < 0.5;
  if (still && Math.abs(sx - 1) < 0.01 && Math.abs(sy - 1) < 0.01) return null;
  const transform = `translate(${x - sx * to.x}px, ${y - sy * to.y}px) scale(${sx}, ${sy})`;
  return [{ transform }, { transform: 'none' }];
}
