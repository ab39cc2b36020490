// Writes docs/lints.md from the table of lints. A test fails when the page is stale.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['test/support/lintsDoc.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { renderLints } = await import(`data:text/javascript;base64,${code}`);
await mkdir(`${root}/docs`, { recursive: true });
await writeFile(`${root}/docs/lints.md`, renderLints());
