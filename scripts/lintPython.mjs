// Lints the Python of this project: names that are not defined, imports and variables that nothing uses.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs';

const workspace = new Workspace({ lint: { select: ['E9', 'F'] } }, PositionEncoding.Utf16);
let found = 0;
for (const folder of ['src', 'scripts']) {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.py')) continue;
    const file = join(folder, name);
    for (const { code, message, start_location: at } of workspace.check(await readFile(file, 'utf8'))) {
      console.error(`${file}:${at.row}:${at.column}: ${code} ${message}`);
      found++;
    }
  }
}
process.exit(found > 0 ? 1 : 0);
