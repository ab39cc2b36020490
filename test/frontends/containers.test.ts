/** Which modules are drawn as groups: those that run as a whole, under their own class; not what only holds them. */

import { beforeAll, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { outlineOf } from '../../src/view/outline.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { HEAD } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

/** Label and path of each group below the model. */
function groupsOf(parts: string, forward: string): unknown {
  const { graph, diagnostics } = engine.trace(`${HEAD}
class Conv(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.block = nn.Sequential(*self.layers(width), *self.layers(width))
    def layers(self, width):
        return [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
    def forward(self, x):
        return self.block(x)

class Stack(nn.ModuleList):
    pass

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = ${parts}
        self.last = nn.Conv2d(4, 2, 1)
    def forward(self, x):
        ${forward}
        return self.last(x)

net = Net()(torch.randn(1, 4, 16, 16))
`);
  expect(diagnostics).toEqual([]);
  return outlineOf(graph!, findBlocks(graph!)).root.children.flatMap(({ role, label, path }) =>
    role === 'module' ? [`${label} ${path}`] : [],
  );
}

const blocks = ['Conv parts.0', 'Conv parts.1'];
test.each([
  [
    'called one by one from a list',
    'nn.ModuleList([Conv(4), Conv(4)])',
    'first, second = self.parts; x = second(first(x).sigmoid())',
    blocks,
  ],
  [
    'looked up in a dictionary',
    "nn.ModuleDict({'a': Conv(4), 'b': Conv(4)})",
    "x = self.parts['b'](self.parts['a'](x).sigmoid())",
    ['Conv parts.a', 'Conv parts.b'],
  ],
  [
    "called one by one from a list of the file's own",
    'Stack([Conv(4), Conv(4)])',
    'first, second = self.parts; x = second(first(x).sigmoid())',
    blocks,
  ],
  [
    'called one by one from a sequence',
    'nn.Sequential(Conv(4), Conv(4))',
    'first, second = self.parts; x = second(first(x).sigmoid())',
    blocks,
  ],
  ['run as a sequence', 'nn.Sequential(Conv(4), nn.Sigmoid(), Conv(4))', 'x = self.parts(x)', ['Sequential parts']],
])('blocks %s', (_, parts, forward, expected) => {
  expect(groupsOf(parts, forward)).toEqual(expected);
});
