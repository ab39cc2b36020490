/** docs/operators.md is what the operator table says. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderOperators } from '../../support/operatorsDoc.ts';

test('docs/operators.md is fresh (else run `node scripts/operatorsDoc.mjs`)', () => {
  expect(readFileSync(new URL('../../../docs/operators.md', import.meta.url), 'utf8')).toBe(renderOperators());
});
