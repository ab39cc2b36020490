/** Runs test files with mocha inside the extension host and leaves the outcome in a file for the runner outside. */

import Mocha from 'mocha';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { screenshot, tell } from './driver.ts';

interface Outcome {
  passed: number;
  failed: number;
  failures: { title: string; message: string }[];
}

/** `load` imports the test files once mocha's `describe` and `it` are there. What ran before a reload counts, too. */
export const runSuite = async (load: () => Promise<unknown>): Promise<void> => {
  const mocha = new Mocha({ ui: 'bdd', timeout: 120_000 });
  mocha.grep(process.env.SKIPSCOPE_ONLY ?? '');
  mocha.suite.emit('pre-require', globalThis as never, '', mocha);
  await load();
  const results = process.env.SKIPSCOPE_RESULTS!;
  const outcome: Outcome = existsSync(results)
    ? (JSON.parse(readFileSync(results, 'utf8')) as Outcome)
    : { passed: 0, failed: 0, failures: [] };
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', (test) => {
      outcome.passed++;
      void tell(` ✓ ${test.fullTitle()} (${test.duration ?? 0} ms)`);
    });
    runner.on('fail', (test, error: Error) => {
      outcome.failed++;
      const message = (error.stack ?? error.message).split('\n').slice(0, 15).join('\n');
      outcome.failures.push({ title: test.fullTitle(), message });
      void screenshot(`failed-${outcome.failed}`);
      void tell(` ✗ ${test.fullTitle()}\n${message}`);
    });
  });
  writeFileSync(results, JSON.stringify(outcome));
  if (outcome.failed > 0) throw new Error(`${outcome.failed} failed`);
};
