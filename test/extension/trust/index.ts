/** The suite in a workspace that is not trusted at first. */

import { runSuite } from '../support/suite.ts';

export const run = (): Promise<void> =>
  runSuite(async () => {
    await import('./trust.test.ts');
  });
