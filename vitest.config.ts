// One project per kind of test, so that each can be run alone: `npx vitest run --project unit`.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Python sources are imported as text, as esbuild's `text` loader does. */
const pythonAsText = {
  name: 'python-as-text',
  load: (id: string) => (id.endsWith('.py') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : null),
};

const project = (name: string, timeout: number) => ({
  plugins: [pythonAsText],
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
  },
});

export default defineConfig({
  test: {
    // A tracer, a browser or a runtime to each: more would wait for memory.
    maxWorkers: 2,
    projects: [project('unit', 20_000), project('frontends', 120_000), project('ort', 300_000), project('ui', 300_000)],
  },
});
