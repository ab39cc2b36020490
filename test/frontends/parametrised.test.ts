/** Parameters that are computed from others, and layers folded into one another, as torch.nn.utils makes them. */

import { beforeAll, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { HEAD, shapeOf } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const trained = (source: string, model: string, shape: readonly number[], output: unknown): readonly string[] => {
  const result = engine.trace(HEAD + source, { model, inputs: [{ dtype: 'float32', shape }] });
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual(output);
  return result.graph!.parameters.filter((one) => one.trainable).map((one) => one.name);
};

test('parameters are what they are computed from, or their own again', () => {
  const source = `from torch.nn.utils import fuse_conv_bn_eval, parametrizations, parametrize, remove_weight_norm, skip_init, weight_norm
class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = parametrizations.weight_norm(nn.Conv1d(2, 5, 3))
        self.b = parametrizations.spectral_norm(nn.Linear(8, 8, bias=False))
        self.c = nn.Linear(8, 8)
        parametrize.register_parametrization(self.c, 'weight', Symmetric())
        self.d = remove_weight_norm(weight_norm(nn.Linear(8, 4)))
        self.e = fuse_conv_bn_eval(nn.Conv1d(5, 6, 1, bias=False).eval(), nn.BatchNorm1d(6).eval())
        self.f = skip_init(nn.Linear, 4, 3)
        self.g = parametrizations.weight_norm(nn.Linear(3, 3))
        parametrize.remove_parametrizations(self.g, 'weight')
    def forward(self, x):
        assert parametrize.is_parametrized(self.a) and not parametrize.is_parametrized(self.g)
        return self.g(self.f(self.d(self.c(self.b(self.e(self.a(x)))))))
`;
  expect(trained(source, 'Net()', [1, 2, 10], [1, 6, 3])).toEqual([
    'a.bias',
    'a.parametrizations.weight.original0',
    'a.parametrizations.weight.original1',
    'b.parametrizations.weight.original',
    'c.bias',
    'c.parametrizations.weight.original',
    'd.bias',
    'd.weight',
    'e.weight',
    'e.bias',
    'f.weight',
    'f.bias',
    'g.bias',
    'g.weight',
  ]);
});

test('modules take their parameters from one vector', () => {
  const source = `from torch.nn.utils import parameters_to_vector, vector_to_parameters
net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
vector_to_parameters(parameters_to_vector(net.parameters()) * 2, net.parameters())
`;
  expect(trained(source, 'net', [5, 4], [5, 2])).toEqual(['0.weight', '0.bias', '1.weight', '1.bias']);
});

test('a model prepared for quantisation computes what it computed, with its layers as they were', () => {
  const source = `from torch.ao.quantization import QuantWrapper, fuse_modules, prepare
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        fuse_modules(self, [['conv', 'bn']], inplace=True)
    def forward(self, x):
        return self.bn(self.conv(x))
`;
  const names = ['module.conv.weight', 'module.conv.bias', 'module.bn.weight', 'module.bn.bias'];
  expect(trained(source, 'prepare(QuantWrapper(Net()))', [1, 3, 8, 8], [1, 4, 6, 6])).toEqual(names);
});
