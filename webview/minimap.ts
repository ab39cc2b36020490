/** The whole drawing in small, with a frame around what is in sight: click or drag to go elsewhere. */

import type { Box, Placement } from '../src/view/layout.ts';
import type { Scene } from '../src/view/scene.ts';

export interface Minimap {
  readonly element: HTMLElement;
  draw(scene: Scene, placement: Placement): void;
  /** What is in sight, in the coordinates of the drawing. */
  frame(sight: Box | null): void;
}

const WIDTH = 120;
const HEIGHT = 190;
/** Boxes lower than this are drawn so high: a line of less than a pixel is not seen. */
const LEAST = 1;

export function createMinimap(go: (x: number, y: number) => void): Minimap {
  const element = document.createElement('div');
  element.className = 'minimap';
  element.setAttribute('aria-hidden', 'true');
  const picture = document.createElement('canvas');
  const frame = document.createElement('div');
  frame.className = 'frame';
  element.append(picture, frame);

  let placement: Placement | null = null;
  let scene: Scene | null = null;
  let scale = 1;

  const paint = (): void => {
    if (!scene || !placement) return;
    scale = Math.min(WIDTH / placement.width, HEIGHT / placement.height);
    const width = Math.max(24, placement.width * scale);
    const height = placement.height * scale;
    const ratio = devicePixelRatio;
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
    picture.width = Math.round(width * ratio);
    picture.height = Math.round(height * ratio);
    const context = picture.getContext('2d')!;
    // The element itself may not be on the page yet.
    const colours = getComputedStyle(document.body);
    const colour = (name: string): string => colours.getPropertyValue(`--sk-${name}`);
    context.lineWidth = 1;
    const offset = (width - placement.width * scale) / 2;
    context.setTransform(ratio, 0, 0, ratio, offset * ratio, 0);
    context.clearRect(-offset, 0, width, height);
    const fill = ({ x, y, width: w, height: h }: Box): void =>
      context.fillRect(x * scale, y * scale, Math.max(LEAST, w * scale), Math.max(LEAST, h * scale));
    for (const [id, box] of placement.nodes) {
      const node = scene.nodes.get(id);
      if (!node || node.kind === 'tap' || node.kind === 'model') continue;
      const skip = node.item?.block?.skip ?? 'identity';
      const problem = node.item?.problem && !node.open;
      context.fillStyle = colour(
        problem ? 'error' : node.open ? 'stage' : node.kind === 'merge' && skip !== 'none' ? skip : 'line',
      );
      fill(box);
      if (!node.open) continue;
      context.strokeStyle = colour('stage-line');
      context.strokeRect(box.x * scale, box.y * scale, box.width * scale, box.height * scale);
    }
    for (const edge of scene.edges) {
      const points = edge.kind === 'flow' ? undefined : placement.edges.get(edge.id);
      if (!points?.length) continue;
      context.strokeStyle = colour(edge.problem ? 'error' : edge.kind);
      context.beginPath();
      points.forEach(({ x, y }, at) =>
        at ? context.lineTo(x * scale, y * scale) : context.moveTo(x * scale, y * scale),
      );
      context.stroke();
    }
  };

  const goTo = ({ clientX, clientY }: PointerEvent): void => {
    if (!placement) return;
    const box = picture.getBoundingClientRect();
    const offset = (box.width - placement.width * scale) / 2;
    go((clientX - box.x - offset) / scale, (clientY - box.y) / scale);
  };
  element.addEventListener('pointerdown', (event) => {
    element.setPointerCapture(event.pointerId);
    goTo(event);
  });
  element.addEventListener('pointermove', (event) => {
    if (element.hasPointerCapture(event.pointerId)) goTo(event);
  });
  // The colours are the theme's: VS Code names the theme in the classes of the body.
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ['class'] });

  return {
    element,
    draw(nextScene, nextPlacement) {
      scene = nextScene;
      placement = nextPlacement;
      paint();
    },
    frame(sight) {
      if (!sight || !placement) return;
      const { width, height } = placement;
      const [left, top] = [Math.max(0, sight.x), Math.max(0, sight.y)];
      const right = Math.min(width, sight.x + sight.width);
      const bottom = Math.min(height, sight.y + sight.height);
      // Nothing to go to where everything is in sight.
      element.hidden = left <= 0 && top <= 0 && right >= width && bottom >= height;
      const offset = Math.max(0, (24 - width * scale) / 2);
      frame.style.left = `${left * scale + offset}px`;
      frame.style.top = `${top * scale}px`;
      frame.style.width = `${Math.max(4, (right - left) * scale)}px`;
      frame.style.height = `${Math.max(4, (bottom - top) * scale)}px`;
    },
  };
}
