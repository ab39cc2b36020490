/** Where the windows of convolutions and pools lie: strides, dilations, pads, output lengths, one entry per spatial axis. */

import type { Attrs } from '../../ir/graph.ts';
import type { Dim } from '../../ir/type.ts';
import { numberAttr, numbersAttr, repeat, stringAttr } from './attributes.ts';

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each axis. With `auto_pad` it follows from the input, so it can be unknown. */
  readonly begin: readonly Dim[];
  readonly end: readonly Dim[];
}

/** A window whose padding is known. */
export interface StaticWindow extends Window {
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Elements that one window spans along an axis. */
export const extent = (window: Window, axis: number): number =>
  window.dilations[axis]! * (window.kernel[axis]! - 1) + 1;

/** Reads strides, dilations and pads, resolving `auto_pad` against the input's spatial lengths. */
export function readWindow(attrs: Attrs, kernel: readonly number[], spatial: readonly Dim[]): Window {
  const rank = kernel.length;
  const strides = numbersAttr(attrs, 'strides', repeat(rank, 1));
  const dilations = numbersAttr(attrs, 'dilations', repeat(rank, 1));
  const autoPad = stringAttr(attrs, 'auto_pad', 'NOTSET');
  const pads = numbersAttr(attrs, 'pads', repeat(2 * rank, 0));
  if (autoPad === 'NOTSET') return { kernel, strides, dilations, begin: pads.slice(0, rank), end: pads.slice(rank) };
  if (autoPad === 'VALID') return { kernel, strides, dilations, begin: repeat(rank, 0), end: repeat(rank, 0) };
  const totals = kernel.map((size, axis) => {
    const length = spatial[axis] ?? null;
    if (length === null) return null;
    const output = Math.ceil(length / strides[axis]!);
    return Math.max(0, (output - 1) * strides[axis]! + dilations[axis]! * (size - 1) + 1 - length);
  });
  const small = totals.map((total) => total && Math.floor(total / 2));
  const large = totals.map((total) => total && Math.ceil(total / 2));
  const [begin, end] = autoPad === 'SAME_LOWER' ? [large, small] : [small, large];
  return { kernel, strides, dilations, begin, end };
}

/**
 * Output lengths; null where unknown, 0 or less where the window is larger than the padded input. With `ceil` a last
 * window may reach over the end, as long as it starts inside the input or its left padding (PyTorch's and ORT's rule).
 */
export function outputLengths(window: Window, spatial: readonly Dim[], ceil = false): readonly Dim[] {
  return spatial.map((length, axis) => {
    const [begin, end] = [window.begin[axis]!, window.end[axis]!];
    if (length === null || begin === null || end === null) return null;
    const stride = window.strides[axis]!;
    const room = length + begin + end - extent(window, axis);
    if (!ceil) return Math.floor(room / stride) + 1;
    const output = Math.ceil(room / stride) + 1;
    return (output - 1) * stride >= length + begin ? output - 1 : output;
  });
}

/** The window of a node in a graph with static shapes. */
export function staticWindow(attrs: Attrs, kernel: readonly number[], spatial: readonly number[]): StaticWindow {
  return readWindow(attrs, kernel, spatial) as StaticWindow;
}

/** Attributes of a node with this window, pads explicit. */
export const windowAttrs = (window: StaticWindow): Attrs => ({
  kernel_shape: window.kernel,
  strides: window.strides,
  dilations: window.dilations,
  pads: [...window.begin, ...window.end],
});

/**
 * What a transposed convolution needs so that `output` positions of this window map back onto `input` elements:
 * the padding that windows really reach into, and the input elements at the end that no window reached.
 */
export function transposedPadding(window: StaticWindow, input: readonly number[], output: readonly number[]) {
  const over = output.map(
    (length, axis) => (length - 1) * window.strides[axis]! + extent(window, axis) - input[axis]! - window.begin[axis]!,
  );
  return {
    pads: [...window.begin, ...over.map((elements) => Math.max(0, elements))],
    outputPadding: over.map((elements) => Math.max(0, -elements)),
  };
}

export const isCeil = (attrs: Attrs): boolean => numberAttr(attrs, 'ceil_mode', 0) !== 0;

/** True when the node's padding is not spelled out. */
export const hasAutoPad = (attrs: Attrs): boolean => stringAttr(attrs, 'auto_pad', 'NOTSET') !== 'NOTSET';

/** [k·k, 1, …kernel] weights whose output channel j is the window's element j: a convolution that only copies. */
export function oneHotKernel(kernel: readonly number[]): { data: readonly number[]; shape: readonly number[] } {
  const count = kernel.reduce((total, size) => total * size, 1);
  const data = new Array<number>(count * count).fill(0);
  for (let element = 0; element < count; element++) data[element * count + element] = 1;
  return { data, shape: [count, 1, ...kernel] };
}
