/** The profile process beside the extension host: it reports, is cancelled in the middle of its work, and starts again. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { HostRunner } from '../../src/extension/profiler/runner.ts';
import { createHostRunner } from '../../src/extension/profiler/runner.ts';
import type { ProfileEvent } from '../../src/protocol/messages.ts';
import { resnetGraph } from '../support/networks.ts';

/** Away from every node_modules: an installed extension has none. */
const out = mkdtempSync(join(tmpdir(), 'skipscope-profiler-'));
let runner: HostRunner;
beforeAll(() => {
  execFileSync(process.execPath, ['build.mjs', 'profiler', 'runtime', `--out=${out}`]);
  runner = createHostRunner(join(out, 'profiler.mjs'));
});
afterAll(() => {
  runner.dispose();
  rmSync(out, { recursive: true, force: true });
});

const graph = resnetGraph({ blocks: [1, 1, 1], width: 8, size: 16, batch: 4 });
const job = (seeds: number) => ({
  ...{ graph, blocks: findBlocks(graph), weights: null, fallbackReason: 'there is no GPU' },
  options: { gradients: true, seeds, loss: 'random-labels' } as const,
});

/** Resolves with the first event that `isWanted`; rejects with the reason of a failure. */
const hear = (seeds: number, isWanted: (event: ProfileEvent) => boolean): Promise<ProfileEvent> =>
  new Promise((done, fail) =>
    runner.run(job(seeds), (event) => {
      if (isWanted(event)) done(event);
      else if (event.type === 'failed') fail(new Error(event.reason));
    }),
  );
const isDone = ({ type }: ProfileEvent): boolean => type === 'done';

test('a profile that is cancelled while it computes is heard of no more, and the next one runs', async () => {
  let heard = 0;
  await new Promise<void>((started) =>
    runner.run(job(100_000), (event) => {
      heard++;
      if (event.type === 'progress' && event.text.includes('Running')) started();
    }),
  );
  runner.cancel();
  const before = heard;
  const event = await hear(2, isDone);
  expect(heard).toBe(before);
  expect(event).toMatchObject({
    report: { seeds: 2, backend: { provider: 'wasm', fallbackReason: 'there is no GPU' } },
  });
});

test('another profile takes the place of one that is under way', async () => {
  const replaced = hear(100_000, ({ type }) => type === 'progress');
  await replaced;
  expect(await hear(1, isDone)).toMatchObject({ report: { seeds: 1 } });
});
