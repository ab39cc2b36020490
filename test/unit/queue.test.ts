import { expect, test } from 'vitest';
import { createQueue } from '../../src/extension/queue.ts';

/** Work that ends when told to, and a record of what ran. */
const createWork = () => {
  const ran: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () =>
    new Promise<string>((resolve) => {
      ran.push(name);
      ends.push(() => resolve(name));
    });
  const end = async (): Promise<void> => {
    ends.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ran, work, end };
};

test('one runs at a time, and what is wanted now goes before what is wanted soon', async () => {
  const queue = createQueue<string>();
  const { ran, work, end } = createWork();
  const all = Promise.all([
    queue.add('a', 'now', work('a')),
    queue.add('b', 'soon', work('b')),
    queue.add('c', 'now', work('c')),
  ]);
  expect(ran).toEqual(['a']);
  await end();
  expect(ran).toEqual(['a', 'c']);
  await end();
  await end();
  expect(await all).toEqual(['a', 'b', 'c']);
});

test('the newest request of a kind serves those that still wait, at the most urgent of their priorities', async () => {
  const queue = createQueue<string>();
  const { ran, work, end } = createWork();
  const first = queue.add('a', 'now', work('a'));
  const older = queue.add('b', 'now', work('older b'));
  const other = queue.add('c', 'now', work('c'));
  const newer = queue.add('b', 'soon', work('newer b'));
  for (let left = 3; left > 0; left--) await end();
  expect(await Promise.all([first, older, other, newer])).toEqual(['a', 'newer b', 'c', 'newer b']);
  expect(ran).not.toContain('older b');
});

test('a failure reaches whoever asked, and the next work runs', async () => {
  const queue = createQueue<string>();
  const failing = queue.add('a', 'now', () => Promise.reject(new Error('broken')));
  const next = queue.add('b', 'now', () => Promise.resolve('b'));
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('b');
});

test('a closed queue answers null at once', async () => {
  const queue = createQueue<string>();
  const { work, end } = createWork();
  const first = queue.add('a', 'now', work('a'));
  const waiting = queue.add('b', 'now', work('b'));
  queue.close();
  expect(await waiting).toBeNull();
  expect(await queue.add('c', 'now', work('c'))).toBeNull();
  await end();
  expect(await first).toBe('a');
});
