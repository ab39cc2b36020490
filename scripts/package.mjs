// Builds and writes skipscope-VERSION.vsix, which `code --install-extension` takes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './lib/paths.mjs';
import { mustRun } from './lib/run.mjs';
import { makeVsix } from './lib/vsix.mjs';

await mustRun('npm', ['run', 'build'], { cwd: root });
const { name, bytes, paths } = await makeVsix();
await writeFile(join(root, name), bytes);
console.log(`${name}: ${paths.length} files, ${(bytes.length / 1e6).toFixed(1)} MB`);
