// One project per kind of test, so that each can be run alone: `npx vitest run --project unit`.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Python sources are imported as text, as esbuild's `text` loader does. */
const pythonAsText = {
  name: 'python-as-text',
  load: (id: string) => (id.endsWith('.py') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : null),
};

const project = (name: string, timeout: number, parallel: boolean) => ({
  plugins: [pythonAsText],
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: parallel,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 20_000, true),
      project('frontends', 120_000, false),
      project('ort', 300_000, false),
      project('ui', 300_000, false),
    ],
  },
});
