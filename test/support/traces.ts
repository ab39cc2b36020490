/** What tests of the tracer write in model files, and read off their traces. */

import { expect } from 'vitest';
import type { TraceResult } from '../../src/frontends/types.ts';
import { valueOf } from '../../src/ir/query.ts';
import type { TestEngine } from './engine.ts';

export const HEAD = 'import torch\nfrom torch import nn\n';

const BODY = `        self.conv = nn.Conv2d(3, WIDTH, 3, padding=1)
        self.fc = nn.Linear(WIDTH, CLASSES)
    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))
`;

/** The rest of a class behind `super().__init__()`, with these expressions for its sizes. */
export const body = (width: string, classes: string): string =>
  BODY.replaceAll('WIDTH', width).replaceAll('CLASSES', classes);

/** Shape of the first output. */
export const shapeOf = ({ graph }: TraceResult): unknown => valueOf(graph!, graph!.outputs[0]!).type.shape;

/** Each input's element type, and then its shape. */
export const inputsOf = ({ inputs }: TraceResult): unknown => inputs.map(({ dtype, shape }) => [dtype, ...shape]);

/** Traces a source behind {@link HEAD} and expects that nothing is said of it. */
export function expectModel(
  engine: TestEngine,
  source: string,
  model: string,
  inputs: unknown,
  output: unknown,
): TraceResult {
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe(model);
  expect(inputsOf(result)).toEqual(inputs);
  expect(shapeOf(result)).toEqual(output);
  return result;
}
