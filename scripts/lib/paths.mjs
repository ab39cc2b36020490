// Where things are in a checkout.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

/** Everything that is fetched once and kept: never in git, never in node_modules. */
export const cache = join(root, '.vscode-test');

/** What the tests leave behind to be looked at. */
export const output = join(root, 'test-output');
