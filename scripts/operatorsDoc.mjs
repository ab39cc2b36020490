// Writes docs/operators.md from the operator table. A test fails when the page is stale.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['test/support/operatorsDoc.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { renderOperators } = await import(`data:text/javascript;base64,${code}`);
await mkdir(`${root}/docs`, { recursive: true });
await writeFile(`${root}/docs/operators.md`, renderOperators());
