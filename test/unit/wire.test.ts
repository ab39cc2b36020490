/** Messages through VS Code's JSON. */

import { expect, test } from 'vitest';
import { fromWire, toWire } from '../../src/protocol/wire.ts';

const through = (message: object): unknown => fromWire(JSON.parse(JSON.stringify(toWire(message))));

test('numbers that JSON has no words for arrive as they were sent', () => {
  const message = { type: 'profile', data: [0, -Infinity, NaN], nested: [{ value: Infinity }, 'Infinity', null, true] };
  expect(through(message)).toEqual(message);
  expect(Object.is((through({ a: -0 }) as { a: number }).a, 0)).toBe(true);
});

test('what is safe is not copied, buffers are left alone', () => {
  const safe = { type: 'show', list: [1, { two: 2 }] };
  expect(toWire(safe)).toBe(safe);
  expect(fromWire(safe)).toBe(safe);
  const { buffer } = new Float32Array([NaN]);
  const sent = toWire({ buffer, view: new Float32Array(buffer), loss: NaN }) as { buffer: unknown };
  expect(sent.buffer).toBe(buffer);
});
