/** Where torchvision's Python sources lie: Debian's package, installed or unpacked by the test script. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceModule } from '../../src/frontends/types.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const PLACES = ['/usr/lib/python3/dist-packages/torchvision', resolve(HERE, '../../.vscode-test/torchvision')];

/** The package's directory, that with `models/resnet.py` in it. */
export function torchvisionRoot(): string {
  const places = PLACES.flatMap((place) => [
    place,
    join(place, 'torchvision'),
    join(place, 'usr/lib/python3/dist-packages/torchvision'),
  ]);
  const found = places.find((place) => existsSync(join(place, 'models/resnet.py')));
  if (!found) throw new Error('torchvision is neither installed (python3-torchvision) nor unpacked: run npm test once');
  return found;
}

export const torchvisionSource = (path: string): string => readFileSync(join(torchvisionRoot(), path), 'utf8');
export const torchvisionFile = (path: string): string => join(torchvisionRoot(), path);

/** What torchvision's model files import from their own package. */
export const torchvisionModules = (
  paths: readonly string[] = [
    'models/__init__.py',
    'models/_api.py',
    'models/_utils.py',
    'models/_meta.py',
    'utils.py',
    '_internally_replaced_utils.py',
    'ops/__init__.py',
    'ops/misc.py',
    'ops/stochastic_depth.py',
    'transforms/__init__.py',
    'transforms/_presets.py',
  ],
): readonly SourceModule[] =>
  paths.map((path) => ({
    name: `torchvision.${path.replace(/\.py$/, '').replaceAll('/', '.')}`,
    file: torchvisionFile(path),
    source: torchvisionSource(path),
  }));
