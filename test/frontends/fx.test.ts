/** torch.fx: models that are traced into graphs, cut, and run as modules of their own. */

import { beforeAll, expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
import type { TraceResult } from '../../src/frontends/types.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const NET = `import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.nn.functional import relu as rectify
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.gain = nn.Parameter(torch.ones(width))
        self.register_buffer("shift", torch.zeros(width))
    def forward(self, x):
        n, c = x.shape
        y = rectify(self.fc(x)) * self.gain - self.shift
        return torch.cat([x, F.gelu(y)], 1).view(n, 2, -1).sum(1) + torch.zeros(1)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Block(8), Block(8))
        self.head = nn.Linear(8, 3)
    def forward(self, x, scale=2.0):
        return self.head(self.body(x)) * scale
`;
const USE = 'model(torch.randn(2, 8))\n';
const trace = (source: string): TraceResult => engine.trace(NET + source, { file: 'net.py' });
const summary = ({ graph, diagnostics }: TraceResult): unknown => ({
  diagnostics: diagnostics.map(({ message }) => message),
  params: graph && measureCost(graph).params,
  macs: graph && measureCost(graph).macs,
  outputs: graph?.outputs.map((id) => graph.values[id]!.type.shape),
});

test('a traced model computes what the model computes, and its calls keep their modules and places', () => {
  const plain = trace(`model = Net()\n${USE}`);
  const traced = trace(`model = fx.symbolic_trace(Net())\n${USE}`);
  expect([plain.model, traced.model]).toEqual(['Net()', 'model']);
  expect(summary(traced)).toEqual(summary(plain));
  expect(summary(traced)).toMatchObject({ params: 187, outputs: [[2, 3]] });
  const places = ({ graph }: TraceResult): unknown =>
    graph?.nodes
      .filter(({ op }) => ['Gelu', 'Relu', 'Gemm', 'MatMul', 'Concat'].includes(op))
      .map(({ op, module, frames }) => [op, module, frames[0]?.range.start.line]);
  expect(places(traced)).toEqual(places(plain));
});

/** Cuts a graph behind a node of a name, as extractors of features do. */
const CUT = `class Paths(fx.Tracer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.path, self.paths = "", {}
    def call_module(self, m, forward, args, kwargs):
        before, self.path = self.path, self.path_of_module(m)
        try:
            if not self.is_leaf_module(m, self.path):
                return forward(*args, **kwargs)
            return self.create_proxy("call_module", self.path, args, kwargs)
        finally:
            self.path = before
    def create_proxy(self, kind, target, args, kwargs, name=None, type_expr=None, *_):
        proxy = super().create_proxy(kind, target, args, kwargs, name, type_expr)
        self.paths[proxy.node] = self.path if kind == "call_module" else f"{self.path}.{proxy.node}".strip(".")
        return proxy
def cut(model, path):
    tracer = Paths()
    graph = tracer.trace(model)
    module = fx.GraphModule(tracer.root, graph, "Cut")
    for node in [node for node in module.graph.nodes if node.op == "output"]:
        module.graph.erase_node(node)
    last = next(node for node in reversed(list(module.graph.nodes)) if tracer.paths.get(node, "").startswith(path))
    with module.graph.inserting_after(list(module.graph.nodes)[-1]):
        module.graph.output({"out": last})
    module.graph.eliminate_dead_code()
    module.recompile()
    return fx.GraphModule(module, module.graph), list(tracer.paths.values())
`;

test('a model that is cut behind a node has its value as output, and no more parameters than it needs', () => {
  const source = `${CUT}
model, paths = cut(Net(), "body.0")
assert "body.0.relu" in paths and "body.1.fc" in paths and "body.0.gelu" in paths and paths[-1] == "mul_2", paths
${USE}`;
  expect(summary(trace(source))).toMatchObject({ diagnostics: [], params: 80, outputs: [[2, 8]] });
});

test('functions that a file wraps are single calls, and those of another module too, where they are listed', () => {
  const source = `import math
@fx.wrap
def odd(x):
    return x * 2 if x.shape[0] == 2 else x
def even(x):
    return x + 1 if x.shape[0] == 2 else x
fx.wrap("even")
def run(x):
    return even(odd(x)) * math.sqrt(4)
graph = fx.Tracer().trace(run)
assert [str(one.target.__name__) for one in graph.nodes if one.op == "call_function"] == ["odd", "even", "mul"]
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
    def forward(self, x):
        return run(self.fc(x))
model = fx.symbolic_trace(Model())
${USE}`;
  expect(summary(trace(source))).toMatchObject({ diagnostics: [], params: 72, outputs: [[2, 8]] });
});

test('what depends on values cannot be traced so, and says where', () => {
  const source = `class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
    def forward(self, x):
        if x.sum() > 0:
            x = x * 2
        return self.fc(x)
model = fx.symbolic_trace(Odd())
`;
  const { diagnostics } = trace(source);
  const message = 'TraceError: torch.fx traces without values: a condition cannot depend on them.';
  expect(diagnostics[0]).toMatchObject({ severity: 'error', message });
  expect(diagnostics[0]!.range.start.line).toBe(NET.split('\n').length - 1 + 5);
});

test('after a trace into a graph, all is as it was', () => {
  const source = `before = torch.relu, F.gelu, rectify, nn.Module.__call__
try:
    fx.symbolic_trace(lambda x: [one for one in x])
except Exception:
    pass
assert before == (torch.relu, F.gelu, rectify, nn.Module.__call__)
model = Net()
${USE}`;
  expect(summary(trace(source))).toMatchObject({ diagnostics: [], params: 187 });
});
