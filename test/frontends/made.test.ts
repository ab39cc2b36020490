/** Models that a file has made by the time it is read, or shows in an example how to make. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { valueOf } from '../../src/ir/query.ts';
import { body, expectModel, HEAD } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('a model that the file has made', () => {
  test('may be wrapped for several devices, and changed through the wrapper', () => {
    const source = `class Net(nn.Module):
    def __init__(self, classes=1000):
        super().__init__()
${body('8', 'classes')}
net = nn.DataParallel(Net())
net.module.fc = nn.Linear(8, 3)
`;
    const { graph } = expectModel(engine, source, 'net', [['float32', 1, 3, 32, 32]], [1, 3]);
    expect(graph!.modules.map(({ path }) => path)).toEqual(['', 'conv', 'fc']);
  });

  test('goes by its name, with what was changed in it', () => {
    const source = `class Net(nn.Module):
    def __init__(self, classes=1000):
        super().__init__()
${body('8', 'classes')}
net = Net()
net.fc = nn.Linear(8, 3)
loss = nn.CrossEntropyLoss()
`;
    const { graph } = expectModel(engine, source, 'net', [['float32', 1, 3, 32, 32]], [1, 3]);
    expect(graph!.modules.map(({ path }) => path)).toEqual(['', 'conv', 'fc']);
    expect(graph!.parameters.filter(({ buffer }) => !buffer).map(({ name }) => name)).toEqual([
      'conv.weight',
      'conv.bias',
      'fc.weight',
      'fc.bias',
    ]);
  });

  test('of layers alone, that the file has run already', () => {
    const source = `net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.Flatten(), nn.Linear(6 * 24 * 24, 10))
x = torch.rand(2, 1, 28, 28)
for layer in net:
    x = layer(x)
y = net(torch.rand(2, 1, 28, 28))
`;
    const { graph } = expectModel(engine, source, 'net', [['float32', 2, 1, 28, 28]], [2, 10]);
    expect(graph!.parameters.filter(({ buffer }) => !buffer)).toHaveLength(6);
  });

  test('of parts that have names too is the whole', () => {
    const source = `class Pair(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second
    def forward(self, x):
        return self.second(self.first(x))
second = nn.Sequential(nn.Linear(8, 4))
first = nn.Sequential(nn.Linear(16, 8))
model = Pair(first, second)
other = nn.Linear(1, 1)
`;
    expectModel(
      engine,
      source,
      'Pair(nn.Sequential(nn.Linear(16, 8)), nn.Sequential(nn.Linear(8, 4)))',
      [['float32', 1, 16]],
      [1, 4],
    );
  });

  test('in a function, by a library', () => {
    const library = `from torch import nn
class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
${body('8', 'classes')}
def small_net(classes=10):
    return Net(classes)
def measure(net):
    return 1
`;
    const source = `import zoo
def main():
    net = zoo.small_net(classes=4)
    score = zoo.measure(net)
    net(torch.randn(5, 3, 16, 16))
`;
    const modules = [{ name: 'zoo', file: 'zoo.py', source: library }];
    const { model, inputs, diagnostics } = engine.trace(HEAD + source, { modules });
    expect([model, diagnostics]).toEqual(['zoo.small_net(classes=4)', []]);
    expect(inputs).toMatchObject([{ shape: [5, 3, 16, 16] }]);
  });
});

test('an example in a docstring builds the model and feeds it', () => {
  const source = `class Net(nn.Module):
    """A network.

    Example:
        >>> net = Net(width=12, branches=[
        ...     2, 3])
        >>> x = torch.randn(2, 7, 12)
        >>> out = net(x)
    """
    def __init__(self, width, branches):
        super().__init__()
        assert len(branches) == 2
        self.fc = nn.Linear(width, 5)
    def forward(self, x):
        return self.fc(x)
`;
  expectModel(engine, source, 'Net(width=12, branches=[2, 3])', [['float32', 2, 7, 12]], [2, 7, 5]);
});

test('layers that learn their width have their parameters where they stand', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.LazyConv2d(6, 5), nn.LazyBatchNorm2d(), nn.LazyLinear(4)
    def forward(self, x):
        return self.c(self.b(self.a(x)).flatten(1))
if __name__ == '__main__':
    Net()(torch.randn(2, 1, 28, 28))
`;
  const { graph } = expectModel(engine, source, 'Net()', [['float32', 2, 1, 28, 28]], [2, 4]);
  const own = graph!.parameters.filter(({ buffer }) => !buffer);
  expect(own.map(({ name, value }) => [name, graph!.values[value]!.type.shape])).toEqual([
    ['a.weight', [6, 1, 5, 5]],
    ['a.bias', [6]],
    ['b.weight', [6]],
    ['b.bias', [6]],
    ['c.weight', [4, 3456]],
    ['c.bias', [4]],
  ]);
});

test('a choice is found in the table of a method that it is handed on to', () => {
  const source = `class Net(nn.Module):
    def __init__(self, base_model, num_classes):
        super().__init__()
        self.table = {'small': 8, 'large': 16}
        width = self._width(base_model)
${body('width', 'num_classes')}    def _width(self, name):
        return self.table[name]
`;
  expectModel(engine, source, "Net(base_model='small', num_classes=10)", [['float32', 1, 3, 32, 32]], [1, 10]);
});

test('what takes a matrix apart is not known, but for its shape; what begins with it is orthogonal', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.linalg.qr(torch.randn(6, 6))[0])
    def forward(self, x):
        sign, size = torch.slogdet(self.weight)
        kept = torch.where(x > 0)
        return torch.inverse(self.weight) @ x + size, torch.linalg.svd(x.T)[2], sign, kept[1]
# skipscope: model=Net() input=6x4
`;
  const { graph, diagnostics } = engine.trace(HEAD + source);
  expect(graph!.parameters[0]!.init.kind).toBe('orthogonal');
  expect(graph!.outputs.map((value) => graph!.values[value]!.type.shape)).toEqual([[6, 4], [4, 6], [], [null]]);
  expect(new Set(diagnostics.map(({ severity }) => severity))).toEqual(new Set(['warning']));
});

test('what a loop over a list builds is built for its first turn', () => {
  const source = `class Net(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
${body('width', 'classes')}
if __name__ == '__main__':
    configs = [(8, 5), (16, 7)]
    for width, classes in configs:
        net = Net(width, classes)
        print(net(torch.randn(2, 3, 16, 16)).shape)
`;
  expectModel(engine, source, 'Net(8, 5)', [['float32', 2, 3, 16, 16]], [2, 5]);
});

test('what the file imports where it builds its model is imported', () => {
  const source = `class Net(nn.Module):
    def __init__(self, options):
        super().__init__()
${body('options.width', 'options.classes')}
if __name__ == '__main__':
    from types import SimpleNamespace
    options = SimpleNamespace(width=8, classes=5)
    net = Net(options)
    print(net(torch.randn(2, 3, 16, 16)).shape)
`;
  const { graph, diagnostics } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(valueOf(graph!, graph!.outputs[0]!).type.shape).toEqual([2, 5]);
});

test('of the models that a file builds, the last that no other takes is the whole', () => {
  const source = `class Part(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(8, width)
    def forward(self, x):
        return self.fc(x)
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
    def forward(self, pair):
        a, b = pair
        return self.fc(a) + self.fc(b)
if __name__ == '__main__':
    part = nn.Sequential(Part(6))
    whole = Whole()
    print(whole((torch.randn(3, 4), torch.randn(3, 4))).shape)
`;
  expectModel(
    engine,
    source,
    'Whole()',
    [
      ['float32', 3, 4],
      ['float32', 3, 4],
    ],
    [3, 2],
  );
});
