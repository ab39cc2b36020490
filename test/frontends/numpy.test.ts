/** The interpreter's numpy, held against what NumPy 2.4 gives for the same expressions (rounded to six places). */

import type { PyodideInterface } from 'pyodide';
import { loadPyodide } from 'pyodide';
import { beforeAll, expect, test } from 'vitest';
import { createEngine } from '../../src/frontends/torch/engine.ts';

const EVALUATE = `
import json
import numpy as np

def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return round(value, 6) if isinstance(value, float) else value

json.dumps(plain(eval(expression)))
`;

let pyodide: PyodideInterface;
beforeAll(async () => {
  pyodide = await loadPyodide();
  createEngine(pyodide);
});

test.each([
  ['np.concatenate([grid, grid], axis=1)', '[[0.0, 1.0, 2.0, 0.0, 1.0, 2.0], [3.0, 4.0, 5.0, 3.0, 4.0, 5.0]]'],
  ['np.stack([grid, grid], axis=-1)', '[[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [[3.0, 3.0], [4.0, 4.0], [5.0, 5.0]]]'],
  ['np.ogrid[:2, 1:3]', '[[[0], [1]], [[1, 2]]]'],
  ['np.mgrid[:2, :1:2j]', '[[[0.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]'],
  ['np.ogrid[1:6:2]', '[1, 3, 5]'],
  ['1 - abs(np.ogrid[:3, :2][0] - 1.5) / 2', '[[0.25], [0.75], [0.75]]'],
  ['np.column_stack([[1, 2], [3, 4]])', '[[1, 3], [2, 4]]'],
  ['np.vstack([np.arange(3), np.ones(3)])', '[[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]'],
  ['np.hstack([grid, grid])', '[[0.0, 1.0, 2.0, 0.0, 1.0, 2.0], [3.0, 4.0, 5.0, 3.0, 4.0, 5.0]]'],
  ['np.append(grid, [7.0])', '[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0]'],
  ['np.tile(np.arange(2), (2, 2))', '[[0, 1, 0, 1], [0, 1, 0, 1]]'],
  ['np.repeat(grid, 2, axis=1)', '[[0.0, 0.0, 1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0, 5.0, 5.0]]'],
  ['np.flip(grid)', '[[5.0, 4.0, 3.0], [2.0, 1.0, 0.0]]'],
  ['np.flip(grid, 1)', '[[2.0, 1.0, 0.0], [5.0, 4.0, 3.0]]'],
  ['np.fliplr(grid) - np.flipud(grid)', '[[-1.0, -3.0, -5.0], [5.0, 3.0, 1.0]]'],
  ['np.rot90(grid)', '[[2.0, 5.0], [1.0, 4.0], [0.0, 3.0]]'],
  ['np.roll(grid, 1)', '[[5.0, 0.0, 1.0], [2.0, 3.0, 4.0]]'],
  ['np.roll(grid, (1, -1), (0, 1))', '[[4.0, 5.0, 3.0], [1.0, 2.0, 0.0]]'],
  ['np.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape', '[3, 4, 2]'],
  [
    'np.moveaxis(np.arange(24).reshape(2, 3, 4), (0, 1), (2, 0))',
    '[[[0, 12], [1, 13], [2, 14], [3, 15]], [[4, 16], [5, 17], [6, 18], [7, 19]], [[8, 20], [9, 21], [10, 22], [11, 23]]]',
  ],
  ['np.swapaxes(grid, 0, 1)', '[[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]'],
  ['np.take(grid, [2, 0], axis=1)', '[[2.0, 0.0], [5.0, 3.0]]'],
  [
    'np.pad(grid, 1)',
    '[[0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0, 0.0], [0.0, 3.0, 4.0, 5.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]',
  ],
  ['np.pad(grid, ((0, 0), (2, 1)), mode="edge")', '[[0.0, 0.0, 0.0, 1.0, 2.0, 2.0], [3.0, 3.0, 3.0, 4.0, 5.0, 5.0]]'],
  [
    'np.pad(grid, ((0, 0), (2, 2)), mode="reflect")',
    '[[2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0], [5.0, 4.0, 3.0, 4.0, 5.0, 4.0, 3.0]]',
  ],
  [
    'np.pad(grid, ((1, 1), (0, 4)), mode="symmetric")',
    '[[0.0, 1.0, 2.0, 2.0, 1.0, 0.0, 0.0], [0.0, 1.0, 2.0, 2.0, 1.0, 0.0, 0.0], [3.0, 4.0, 5.0, 5.0, 4.0, 3.0, 3.0], [3.0, 4.0, 5.0, 5.0, 4.0, 3.0, 3.0]]',
  ],
  [
    'np.pad(grid, ((1, 1), (2, 4)), mode="wrap")',
    '[[4.0, 5.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 3.0], [1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0], [4.0, 5.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 3.0], [1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]]',
  ],
  ['np.broadcast_to(np.arange(3), (2, 3))', '[[0, 1, 2], [0, 1, 2]]'],
  ['np.split(np.arange(7), [2, 5])[1]', '[2, 3, 4]'],
  ['np.array_split(np.arange(7), 3)', '[[0, 1, 2], [3, 4], [5, 6]]'],
  ['np.trace(np.arange(9).reshape(3, 3))', '12'],
  ['np.meshgrid(np.arange(2), np.arange(3))', '[[[0, 1], [0, 1], [0, 1]], [[0, 0], [1, 1], [2, 2]]]'],
  ['np.indices((2, 3))', '[[[0, 0, 0], [1, 1, 1]], [[0, 1, 2], [0, 1, 2]]]'],
  ['np.expand_dims(grid, -1).shape', '[2, 3, 1]'],
  ['np.squeeze(np.zeros((1, 3, 1)), 0).shape', '[3, 1]'],
  ['np.sum(grid, axis=0)', '[3.0, 5.0, 7.0]'],
  ['grid.sum(1, keepdims=True)', '[[3.0], [12.0]]'],
  ['np.mean(grid, axis=(0, 1))', '2.5'],
  ['np.var(grid, axis=1, ddof=1)', '[1.0, 1.0]'],
  ['np.std(grid)', '1.707825'],
  ['np.median(grid, axis=1)', '[1.0, 4.0]'],
  ['np.cumsum(grid, axis=1)', '[[0.0, 1.0, 3.0], [3.0, 7.0, 12.0]]'],
  ['np.cumsum(grid)', '[0.0, 1.0, 3.0, 6.0, 10.0, 15.0]'],
  ['np.cumprod(1 + grid, axis=0)', '[[1.0, 2.0, 3.0], [4.0, 10.0, 18.0]]'],
  ['np.argsort([3, 1, 2])', '[1, 2, 0]'],
  ['np.sort([[3, 1], [0, 2]], axis=0)', '[[0, 1], [3, 2]]'],
  ['np.argmax(grid, axis=1)', '[2, 2]'],
  ['np.quantile(grid, 0.3, axis=1)', '[0.6, 3.6]'],
  ['np.percentile(grid, 75)', '3.75'],
  ['np.average([1.0, 2.0, 4.0], weights=[1, 1, 2])', '2.75'],
  ['np.searchsorted([1, 3, 5], [0, 3, 6])', '[0, 1, 3]'],
  ['np.interp([0.5, 1.5, 9.0], [0.0, 1.0, 2.0], [0.0, 10.0, 30.0])', '[5.0, 20.0, 30.0]'],
  ['np.unique([3, 1, 3])', '[1, 3]'],
  ['np.clip(grid, 1, 4)', '[[1.0, 1.0, 2.0], [3.0, 4.0, 4.0]]'],
  ['np.where(grid > 2, grid, -1)', '[[-1.0, -1.0, -1.0], [3.0, 4.0, 5.0]]'],
  ['np.where([0, 1, 1])[0]', '[1, 2]'],
  ['np.argwhere(grid > 3)', '[[1, 1], [1, 2]]'],
  ['np.nonzero([0, 2, 0, 3])[0]', '[1, 3]'],
  ['np.flatnonzero([[0, 1], [1, 0]])', '[1, 2]'],
  ['np.count_nonzero(grid > 2)', '3'],
  ['np.triu_indices(3, 1)', '[[0, 0, 1], [1, 2, 2]]'],
  ['np.tril_indices(2)', '[[0, 1, 1], [0, 0, 1]]'],
  ['np.tril(np.ones((3, 3)))', '[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]'],
  ['np.triu(np.ones((3, 3)), 1)', '[[0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]'],
  ['np.diag([1, 2], 1)', '[[0, 1, 0], [0, 0, 2], [0, 0, 0]]'],
  ['np.diag(grid)', '[0.0, 4.0]'],
  ['np.eye(2, 3, 1)', '[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]'],
  ['np.kron(np.eye(2), np.ones((1, 2)))', '[[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]'],
  ['np.outer([1, 2], [3, 4])', '[[3, 4], [6, 8]]'],
  ['np.einsum("i,j->ij", np.arange(2), np.arange(3))', '[[0, 0, 0], [0, 1, 2]]'],
  ['np.matmul(grid, grid.T)', '[[5.0, 14.0], [14.0, 50.0]]'],
  ['grid @ np.ones(3)', '[3.0, 12.0]'],
  ['np.dot([1, 2], [3, 4])', '11'],
  ['np.logspace(0, 2, 3)', '[1.0, 10.0, 100.0]'],
  ['np.geomspace(1, 8, 4)', '[1.0, 2.0, 4.0, 8.0]'],
  ['np.linspace(0, 1, 4, endpoint=False)', '[0.0, 0.25, 0.5, 0.75]'],
  ['np.exp2(np.arange(3.0))', '[1.0, 2.0, 4.0]'],
  ['np.log1p([0.0, 1.0])', '[0.0, 0.693147]'],
  ['np.expm1([0.0, 1.0])', '[0.0, 1.718282]'],
  ['np.sinh(1.0)', '1.175201'],
  ['np.arcsin(1.0)', '1.570796'],
  ['np.hypot(3, 4)', '5.0'],
  ['np.trunc([-1.5, 1.5])', '[-1.0, 1.0]'],
  ['np.degrees(np.pi)', '180.0'],
  ['np.nan_to_num([np.nan, 1.0])', '[0.0, 1.0]'],
  ['np.isin([1, 2, 3], [2])', '[false, true, false]'],
  ['np.array_equal([1, 2], [1, 2])', 'true'],
  ['np.isclose([1.0, 2.0], [1.0, 2.1])', '[true, false]'],
  ['np.greater_equal([1, 2], 2)', '[false, true]'],
  ['np.logical_xor([True, False], True)', '[false, true]'],
  ['np.bitwise_and(6, 3)', '2'],
  ['np.diff([1, 4, 9])', '[3, 5]'],
  ['np.linalg.norm(grid)', '7.416198'],
  ['np.linalg.norm(grid, axis=1)', '[2.236068, 7.071068]'],
  ['np.linalg.norm(grid, axis=1, keepdims=True)', '[[2.236068], [7.071068]]'],
  ['np.linalg.det([[2.0, 1.0], [1.0, 3.0]])', '5.0'],
  ['np.linalg.inv([[0.0, 2.0], [4.0, 0.0]])', '[[0.0, 0.25], [0.5, 0.0]]'],
  ['np.linalg.solve([[2.0, 1.0], [1.0, 3.0]], [3.0, 5.0])', '[0.8, 1.4]'],
  ['np.abs(np.linalg.qr([[3.0, 1.0], [4.0, 1.0]])[0])', '[[0.6, 0.8], [0.8, 0.6]]'],
  ['np.linalg.multi_dot([grid, grid.T, grid])', '[[42.0, 61.0, 80.0], [150.0, 214.0, 278.0]]'],
  ['np.random.choice(5, 3, replace=False).shape', '[3]'],
  ['np.random.RandomState(0).normal(size=(2, 3)).shape', '[2, 3]'],
  ['np.random.default_rng(0).integers(0, 5, size=4).shape', '[4]'],
  ['np.linalg.qr(np.random.randn(4, 4))[0].astype(np.float32).shape', '[4, 4]'],
])('%s', (expression, expected) => {
  const globals = pyodide.toPy({
    expression: expression.replace(/\bgrid\b/g, 'np.arange(6.0).reshape(2, 3)'),
  }) as never;
  expect(JSON.parse(pyodide.runPython(EVALUATE, { globals }) as string)).toEqual(JSON.parse(expected));
});
