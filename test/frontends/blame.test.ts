/** Whose a mistake is where the model's arguments or inputs are guesses and none of them runs. */

import { beforeAll, expect, test } from 'vitest';
import type { TraceResult } from '../../src/frontends/types.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const HEAD = 'import torch\nfrom torch import nn\n';
const netOf = (init: string, forward: string, more = ''): string => `${HEAD}
class Net(nn.Module):
    def __init__(self${more}):
        super().__init__()
${init.replace(/^/gm, '        ')}
    def forward(self, x):
${forward.replace(/^/gm, '        ')}
`;
const problemsOf = ({ graph }: TraceResult): readonly (readonly [string, number | undefined])[] =>
  (graph?.nodes ?? []).flatMap(({ problems, frames }) =>
    problems.map(({ code }) => [code, frames[0]?.range.start.line] as const),
  );

test('where no guess of the input runs, that is said once, at the class, and nothing of what the guess got wrong', () => {
  const source = netOf(
    'self.a = nn.Conv2d(3, 8, 3)\nself.b = nn.Linear(12345, 10)\nself.c = nn.Linear(10, 10)',
    'y = self.b(self.a(x).flatten(1))\nreturn y + self.c(y)',
  );
  const result = engine.trace(source);
  expect(result.diagnostics).toMatchObject([
    { code: 'no-input-found', severity: 'warning', range: { start: { line: 3, character: 6 } } },
  ]);
  const [{ message, related }] = result.diagnostics as [(typeof result.diagnostics)[0]];
  expect(message).toContain('# skipscope: model=Net() input=');
  expect(related).toMatchObject([{ range: { start: { line: 10 } } }]);
  expect(related[0]!.message).toMatch(/features, the weight expects 12345/);
  expect(problemsOf(result)).toEqual([]);
});

test('so it is where Python stops every guess', () => {
  const result = engine.trace(
    netOf('self.a = nn.Conv2d(3, 8, 3)', "assert x.shape[-1] == 77, 'size'\nreturn self.a(x)"),
  );
  expect(result.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['no-input-found', 'warning']]);
  expect(problemsOf(result)).toEqual([]);
  // What is proposed is of the kind that the model takes.
  const tokens = engine.trace(netOf('self.a = nn.Embedding(50, 8)', "assert len(x) == 77, 'size'\nreturn self.a(x)"));
  expect(tokens.diagnostics[0]!.message).toMatch(/ as in '# skipscope: model=Net\(\) input=int64:1x\d+:50'/);
});

test('a picture of one patch, which any table of positions stretches, is not taken for the input', () => {
  const source = netOf(
    'self.a = nn.Conv2d(3, 8, 16, 16)\nself.p = nn.Parameter(torch.zeros(1, 36, 8))',
    'return self.a(x).flatten(2).transpose(1, 2) + self.p',
  );
  const result = engine.trace(source);
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs.map(({ shape }) => shape)).toEqual([[1, 3, 96, 96]]);
});

const SKIP = 'self.a = nn.Conv2d(3, 16, 3, padding=1)\nself.b = nn.Conv2d(16, 8, 3, padding=1)';

test('a skip that does not fit whatever the input is stays the user’s mistake', () => {
  const result = engine.trace(netOf(SKIP, 'x = self.a(x)\nreturn x + self.b(x)'));
  expect(result.diagnostics).toEqual([]);
  expect(problemsOf(result)).toEqual([['broadcast-mismatch', 10]]);
});

test('so does a layer that is too wide behind pooling, and a name that is not there', () => {
  const wide = engine.trace(
    netOf(`${SKIP}\nself.c = nn.Linear(16, 2)`, 'return self.c(self.b(self.a(x)).mean((2, 3)))'),
  );
  expect(wide.diagnostics).toEqual([]);
  expect(problemsOf(wide)).toEqual([['shape-mismatch', 10]]);
  const missing = engine.trace(netOf(SKIP, 'x = self.a(x)\nreturn self.c(x)'));
  expect(missing.diagnostics).toMatchObject([
    { code: 'python-error', severity: 'error', range: { start: { line: 10 } } },
  ]);
  expect(missing.diagnostics[0]!.message).toContain("no attribute 'c'");
});

test('a skip that never fits is told apart from a size that was not guessed, in one model', () => {
  const init = `${SKIP}\nself.c = nn.Linear(12345, 10)`;
  const result = engine.trace(netOf(init, 'x = self.a(x)\nx = x + self.b(x)\nreturn self.c(x.flatten(1))'));
  expect(result.diagnostics).toEqual([]);
  expect(problemsOf(result)).toEqual([['broadcast-mismatch', 11]]);
});

test('arguments that are guesses are doubted too, but not what fits with none of them', () => {
  const headed = (width: string): TraceResult =>
    engine.trace(
      netOf(
        `self.a = nn.Conv2d(3, hidden_dim, 3)\nself.b = nn.Linear(${width}, num_classes)`,
        'return self.b(self.a(x).mean((2, 3)))',
        ', hidden_dim, num_classes',
      ),
    );
  const doubted = headed('hidden_dim + num_classes');
  expect(doubted.diagnostics).toMatchObject([
    { code: 'no-input-found', severity: 'warning', range: { start: { line: 3, character: 6 } } },
  ]);
  expect(doubted.diagnostics[0]!.message).toMatch(/could not guess arguments and an input/);
  expect(problemsOf(doubted)).toEqual([]);
  for (const width of ['hidden_dim * 7', 'hidden_dim + 1']) {
    const wrong = headed(width);
    expect(wrong.diagnostics).toEqual([]);
    expect(problemsOf(wrong)).toEqual([['shape-mismatch', 9]]);
  }
  const init = `${SKIP}\nself.c = nn.Linear(16, num_classes)`;
  const skip = engine.trace(
    netOf(init, 'x = self.a(x)\nx = x + self.b(x)\nreturn self.c(x.mean((2, 3)))', ', num_classes'),
  );
  expect(skip.diagnostics).toEqual([]);
  expect(problemsOf(skip)).toEqual([['broadcast-mismatch', 11]]);
});

test('what the file feeds its model itself is no guess', () => {
  const source = netOf(
    'self.a = nn.Conv2d(3, 8, 3)\nself.b = nn.Linear(12345, 10)',
    'return self.b(self.a(x).flatten(1))',
  );
  const result = engine.trace(
    `${source}\nif __name__ == '__main__':\n    print(Net()(torch.randn(2, 3, 20, 20)).shape)\n`,
  );
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs.map(({ shape }) => shape)).toEqual([[2, 3, 20, 20]]);
  expect(problemsOf(result)).toEqual([['shape-mismatch', 9]]);
});

test('a skip past a stride is the user’s mistake too: its sides keep their order, whatever their lengths', () => {
  const init = 'self.a = nn.Conv2d(3, 8, 3, padding=1)\nself.b = nn.Conv2d(8, 8, 3, stride=2, padding=1)';
  const result = engine.trace(netOf(init, 'x = self.a(x)\nreturn x + self.b(x)'));
  expect(result.diagnostics).toEqual([]);
  expect(problemsOf(result)).toEqual([['broadcast-mismatch', 10]]);
});

const WORDS = 'self.words = nn.Embedding(100, 8)\nself.score = nn.Linear(8, 1)';
const CHOICE = 'n = x.shape[1]\nx = x.view(-1, x.size(-1))\nreturn self.score(self.words(x)[:, 0]).view(-1, n)';

test('sequences of which there are several for each of the batch are found, and their masks', () => {
  const file = 'choices.py';
  const one = engine.trace(netOf(WORDS, CHOICE), { file });
  expect(one.diagnostics).toEqual([]);
  expect(one.inputs.map(({ shape }) => shape)).toEqual([[1, 4, 128]]);
  const masked = CHOICE.replace(
    'return ',
    'mask = attention_mask.view(-1, x.size(-1))\nreturn mask[:, :1].view(-1, n) * ',
  );
  const two = engine.trace(netOf(WORDS, masked).replace('(self, x)', '(self, x, attention_mask)'), { file });
  expect(two.diagnostics).toEqual([]);
  expect(two.inputs.map(({ shape }) => shape)).toEqual([
    [1, 4, 128],
    [1, 4, 128],
  ]);
});

test('what holds a length of the guess in no fixed ratio is no mistake of the user', () => {
  const score = 'self.score(self.words(x)[:, 0])';
  for (const forward of [
    `n = x.shape[1] + 3\nreturn ${score}.view(-1, n)`,
    `return torch.cat([${score}.unsqueeze(1).expand(-1, 7, -1), self.words(x)], 2)`,
  ]) {
    const result = engine.trace(netOf(WORDS, forward), { file: 'ratio.py' });
    expect(result.diagnostics.map(({ code }) => code)).toEqual(['no-input-found']);
    expect(problemsOf(result)).toEqual([]);
  }
});

test('a shape that is written out, or twice as large as what it is made from, is', () => {
  const last = (text: string): TraceResult => engine.trace(netOf(SKIP, `x = self.b(self.a(x)).mean((2, 3))\n${text}`));
  expect(problemsOf(last('return x.view(-1, 7)'))).toEqual([['shape-mismatch', 10]]);
  expect(problemsOf(last('return x.view(x.shape[0], 2 * x.shape[1])'))).toEqual([['shape-mismatch', 10]]);
});

test('a waveform that was guessed too short is no mistake of the user', () => {
  const result = engine.trace(
    netOf(
      'self.a = nn.Conv1d(1, 4, 3)\nself.b = nn.Linear(31234, 2)',
      'if x.dim() != 2: raise ValueError("expected 2D")\nreturn self.b(self.a(x.unsqueeze(1)))',
    ),
    { file: 'wave.py' },
  );
  expect(result.diagnostics.map(({ code }) => code)).toEqual(['no-input-found']);
  expect(problemsOf(result)).toEqual([]);
});

test('what a layer made of a guess that it refused does not go with the guess itself: no mistake of the user', () => {
  const result = engine.trace(
    netOf(
      'layer, self.b = nn.Linear(13, 13), nn.Linear(77, 5)\nself.f = lambda x: layer(x * 2)',
      'return self.b(x - self.f(x))',
    ),
    { file: 'refused.py' },
  );
  expect(result.diagnostics.map(({ code }) => code)).toEqual(['no-input-found']);
  expect(problemsOf(result)).toEqual([]);
});

test('once a layer that no attribute shows has told the input’s width, what does not fit behind it is the user’s mistake', () => {
  const layers = 'layer, self.b = nn.Linear(13, 13), nn.Linear(77, 5)\nself.f = lambda x: layer(x)';
  const result = engine.trace(netOf(layers, 'return self.b(x - self.f(x))'), { file: 'hidden.py' });
  expect(problemsOf(result)).toEqual([['shape-mismatch', 9]]);
});

test('what is wrong before something unknown steers the program is a guess’s fault too', () => {
  const result = engine.trace(
    `${HEAD}import nowhere
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.b = nn.Linear(12345, 10)
    def forward(self, x):
        y = self.b(self.a(x).flatten(1))
        if nowhere.decide(y):
            y = y * 2
        return y
`,
    { file: 'steered.py' },
  );
  expect(problemsOf(result)).toEqual([]);
  expect(result.diagnostics.map(({ code }) => code)).toContain('no-input-found');
});

test('what lies behind a guess’s fault is none of the user’s mistakes', () => {
  const result = engine.trace(
    netOf(`${SKIP}\nself.c = nn.Linear(12345, 10)`, 'y = self.c(self.b(self.a(x)).flatten(1))\nreturn y.view(-1, 7)'),
    { file: 'behind.py' },
  );
  expect(problemsOf(result)).toEqual([]);
  expect(result.diagnostics.map(({ code }) => code)).toEqual(['no-input-found']);
});

test('an axis that a guess lacked is added, and features that are laid together are made as many as a layer takes', () => {
  const turned = 'return self.a(self.f(x)).transpose(-1, -2)';
  const result = engine.trace(netOf('self.f = nn.Flatten(-2)\nself.a = nn.Linear(512, 6)', turned), {
    file: 'axes.py',
  });
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs.map(({ shape }) => shape)).toEqual([[1, 16, 32]]);
});

test('an axis that is not there is the guess’s fault where no layer tells how many the input has, else the user’s', () => {
  const last = 'return self.a(x).sum(dim=6)';
  const vague = engine.trace(netOf('self.a = nn.Linear(8, 6)', last), { file: 'vague.py' });
  expect(vague.diagnostics.map(({ code }) => code)).toEqual(['no-input-found']);
  expect(problemsOf(vague)).toEqual([]);
  const clear = engine.trace(netOf('self.a = nn.Conv2d(3, 8, 3)', last), { file: 'clear.py' });
  expect(problemsOf(clear)).toEqual([['shape-mismatch', 8]]);
});

test('attention takes one sequence or a batch of them, and says so of anything else', () => {
  const source = netOf('self.a = nn.MultiheadAttention(8, 2)', 'return self.a(x, x, x)[0]');
  const result = engine.trace(`# skipscope: input=1x2x4x8\n${source}`, { file: 'ranks.py' });
  expect(result.diagnostics.map(({ message }) => message)).toEqual([
    'AssertionError: query should be unbatched 2D or batched 3D tensor but received 4-D query tensor',
  ]);
});

test('of a model that turns down every size but its own, the mistake is found with that size', () => {
  const insists = (head: number): string =>
    netOf(
      `self.size = 64\nself.a = nn.Conv2d(3, 8, 16, 16)\nself.p = nn.Parameter(torch.zeros(1, 16, 8))\nself.h = nn.Linear(${head}, 4)`,
      [
        "torch._assert(x.shape[2] == self.size, f'Wrong height: {x.shape[2]}, not {self.size}')",
        'return self.h((self.a(x).flatten(2).transpose(1, 2) + self.p).mean(1))',
      ].join('\n'),
    );
  const wrong = engine.trace(insists(9));
  expect(wrong.diagnostics).toEqual([]);
  expect(problemsOf(wrong)).toEqual([['shape-mismatch', 12]]);
  const right = engine.trace(insists(8));
  expect([right.diagnostics, problemsOf(right)]).toEqual([[], []]);
});

test('a table of positions that no guess of a picture fits is no mistake of the user', () => {
  const result = engine.trace(
    netOf(
      "self.a = nn.Conv2d(3, 8, 16, 16)\nself.register_buffer('table', torch.zeros(5184, 8))",
      'seen = self.a(x).flatten(2).transpose(1, 2).unsqueeze(1)\nreturn torch.cat((seen, self.table.expand(1, 1, -1, -1)), -1)',
    ),
    { file: 'table.py' },
  );
  expect(result.diagnostics.map(({ code }) => code)).toEqual(['no-input-found']);
  expect(problemsOf(result)).toEqual([]);
});

test('of several axes that do not fit, those that a guess has nothing to do with are the user’s', () => {
  const mixer = (width: string): TraceResult =>
    engine.trace(
      netOf(
        [
          'places = (image_size // 16) ** 2',
          'self.a = nn.Conv2d(3, dim, 16, 16)',
          'self.mix = nn.Conv1d(places, places, 1)',
          `self.out = nn.Linear(dim, ${width})`,
        ].join('\n'),
        'x = self.a(x).flatten(2).transpose(1, 2)\nreturn x + self.out(x * self.mix(x))',
        ', image_size, dim',
      ),
    );
  const wrong = mixer('dim + 1');
  expect(wrong.diagnostics).toEqual([]);
  expect(problemsOf(wrong)).toEqual([['broadcast-mismatch', 12]]);
  const right = mixer('dim');
  expect([right.diagnostics, problemsOf(right)]).toEqual([[], []]);
});

test('an axis that is named twice is the user’s mistake, whatever the input is', () => {
  const result = engine.trace(
    netOf(
      'self.a = nn.Linear(12345, 8)\nself.b = nn.Linear(8, 10)',
      'y = self.a(x.flatten(1))\nreturn self.b(y[:, None].permute(0, 1, 1))',
    ),
  );
  expect(problemsOf(result)).toEqual([['repeated-axis', 10]]);
});
