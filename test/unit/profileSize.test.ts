/** The memory of a profile, known before it starts. */

import { expect, test } from 'vitest';
import { profile } from '../../src/profile/profile.ts';
import { formatBytes, largestTensor, leastBytes } from '../../src/profile/size.ts';
import { resnetGraph } from '../support/networks.ts';

test('grows with the batch, and with the reverse pass', () => {
  const [small, big] = [resnetGraph({ batch: 32 }), resnetGraph({ batch: 64 })];
  expect(leastBytes(big, true)).toBeGreaterThan(1.5 * leastBytes(small, true));
  expect(leastBytes(small, true)).toBeGreaterThan(leastBytes(small, false));
  expect(largestTensor(big)).toBe(2 * largestTensor(small));
  expect([2_500_000, 1.25e9].map(formatBytes)).toEqual(['3 MB', '1.3 GB']);
});

test('what cannot fit is refused with the reason, before a runtime is asked', async () => {
  const huge = resnetGraph({ batch: 4096, size: 256 });
  const backend = { ort: {} as never, provider: 'wasm' } as const;
  const work = profile(huge, [], { gradients: true, seeds: 1, loss: 'random-labels' }, backend);
  await expect(work).rejects.toThrow(/needs at least [\d.]+ GB; WebAssembly has 3\.5 GB\. Choose a smaller batch\./);
});

test('a tensor of either pass that the device does not take is named before a runtime is asked', async () => {
  const graph = resnetGraph({ batch: 8 });
  const largest = largestTensor(graph);
  const run = (gradients: boolean, tensorLimit: number): Promise<unknown> =>
    profile(
      graph,
      [],
      { gradients, seeds: 1, loss: 'random-labels' },
      { ort: {} as never, provider: 'webgpu', tensorLimit },
    );
  await expect(run(false, largest - 1)).rejects.toThrow(/^a tensor of .+ is larger than the GPU takes \(.+\)$/);
  // The columns of the weights' gradients are the largest; without them it gets as far as the runtime, which is none.
  await expect(run(true, largest)).rejects.toThrow('larger than the GPU takes');
  await expect(run(false, largest)).rejects.toThrow(TypeError);
});
