/** The suite in a trusted workspace. */

import { runSuite } from '../support/suite.ts';

export const run = (): Promise<void> =>
  runSuite(async () => {
    await import('./activation.test.ts');
    await import('./diagnostics.test.ts');
    await import('./arguments.test.ts');
    await import('./codeLens.test.ts');
    await import('./preview.test.ts');
    await import('./together.test.ts');
    await import('./graphProblems.test.ts');
    await import('./movingAbout.test.ts');
    await import('./themes.test.ts');
    await import('./panels.test.ts');
    await import('./onnx.test.ts');
    await import('./compare.test.ts');
    await import('./export.test.ts');
    await import('./profile.test.ts');
  });
