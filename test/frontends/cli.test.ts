/** The command line as a user runs it: a process of its own, on real files. */

import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/ir/diagnostic.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import type { ProfileReport } from '../../src/profile/types.ts';
import { initialise } from '../../src/profile/initialise.ts';
import { resnetGraph } from '../support/networks.ts';

const out = resolve('test-output/cli');
const torchvision = process.env['SKIPSCOPE_TORCHVISION'] ?? '/usr/lib/python3/dist-packages/torchvision';
const RESNET = join(torchvision, 'models/resnet.py');
let folder = '';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const skipscope = (...args: string[]): Promise<Outcome> =>
  new Promise((done) => {
    const options = { maxBuffer: 2 ** 28 };
    execFile(process.execPath, [join(out, 'cli.mjs'), ...args], options, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

/** Standard output as JSON; what went wrong stands in the failure. */
async function json<T extends object>(...args: string[]): Promise<T & { readonly exitCode: number }> {
  const { code, stdout, stderr } = await skipscope(...args);
  expect(stderr).toBe('');
  return { ...(JSON.parse(stdout) as T), exitCode: code };
}

interface Summary {
  readonly model: string;
  readonly inputs: readonly { name: string; dtype: string; shape: number[] }[];
  readonly outputs: readonly { dtype: string; shape: number[] }[];
  readonly params: number;
  readonly macs: number;
  readonly blocks: readonly { path: string; kind: string; skip: string; outputShape: number[] }[];
  readonly diagnostics: readonly Diagnostic[];
}

beforeAll(async () => {
  execFileSync(process.execPath, ['build.mjs', 'cli', 'tracer', 'panel', 'workers', `--out=${out}`], {
    stdio: 'inherit',
  });
  folder = await mkdtemp(join(tmpdir(), 'skipscope-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An ONNX file with its weights. */
async function writeOnnx(name: string, graph: Graph): Promise<string> {
  const weights = new Map(
    graph.parameters.map(({ name: key, init, value }) => {
      const shape = graph.values[value]!.type.shape as readonly number[];
      return [key, { data: initialise(init, shape, 0, key) }];
    }),
  );
  const path = join(folder, name);
  await writeFile(path, encodeModel(graph, { weights }));
  return path;
}

describe('usage', () => {
  test.each<[string, string[], string]>([
    ['no command', [], 'Which command?'],
    ['an unknown command', ['frobnicate'], "no command 'frobnicate'"],
    ['an unknown flag', ['summary', 'x.py', '--frob'], '--frob'],
    ['no file', ['summary'], 'Which FILE?'],
    ['a file that is not there', ['summary', 'missing.py'], 'missing.py cannot be read'],
    ['a file of no known kind', ['summary', 'package.json'], 'package.json is neither'],
    ['a shape that is none', ['summary', 'examples/two_layer_residual.py', '--input', '2xx3'], '2xx3'],
    ['an unknown format', ['check', 'examples', '--format', 'xml'], '--format takes'],
    ['a picture of no known kind', ['graph', 'examples/two_layer_residual.py', '--out', 'g.bmp'], '.svg'],
    ['a scale of nothing', ['graph', 'examples/two_layer_residual.py', '--out', 'g.png', '--scale', '0'], '--scale'],
    ['an unknown theme', ['graph', 'examples/two_layer_residual.py', '--out', 'g.svg', '--theme', 'x'], '--theme'],
    ['an unknown ablation', ['profile', 'examples/two_layer_residual.py', '--ablate', 'all'], '--ablate takes'],
    ['a batch of nothing', ['profile', 'examples/two_layer_residual.py', '--batch', '0'], '--batch takes'],
  ])('%s is bad usage: exit code 2, and why', async (_, args, message) => {
    const { code, stdout, stderr } = await skipscope(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('help and version', async () => {
    const help = await skipscope('--help');
    expect(help.code).toBe(0);
    for (const command of ['summary', 'check', 'graph', 'profile', 'export']) {
      expect(help.stdout).toContain(`skipscope ${command} `);
      expect((await skipscope(command, '--help')).stdout).toContain(`skipscope ${command} `);
    }
    expect((await skipscope('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('ONNX files', () => {
  test('summary finds the blocks again', async () => {
    const path = await writeOnnx('resnet.onnx', resnetGraph({ training: false }));
    const { exitCode, params, blocks, diagnostics } = await json<Summary>('summary', path, '--json');
    expect({ exitCode, params, diagnostics }).toEqual({ exitCode: 0, params: 44370, diagnostics: [] });
    expect(blocks.map(({ skip, outputShape }) => `${skip} ${outputShape.join('x')}`)).toEqual([
      ...['identity 2x8x16x16', 'identity 2x8x16x16', 'projection 2x16x8x8', 'identity 2x16x8x8'],
      ...['projection 2x32x4x4', 'identity 2x32x4x4'],
    ]);
  });

  test('an ONNX file is profiled with the batch and the weights that it holds', async () => {
    const path = await writeOnnx('profiled.onnx', resnetGraph({ training: false, batch: 3 }));
    const { code, stdout } = await skipscope('profile', path, '--seeds', '1', '--json');
    expect(code).toBe(0);
    const { batch, mode, parameters } = JSON.parse(stdout) as ProfileReport;
    expect({ batch, mode }).toEqual({ batch: 3, mode: 'eval' });
    expect(parameters['conv1.weight']!.weightNorm).toBeGreaterThan(0);
  });

  test('check names the file of a skip that does not fit', async () => {
    const path = await writeOnnx('mismatched.onnx', resnetGraph({ training: false, mismatched: 'layer2.0' }));
    const { code, stdout } = await skipscope('check', path, '--format', 'json');
    const diagnostics = JSON.parse(stdout) as Diagnostic[];
    expect(code).toBe(1);
    expect(diagnostics.map(({ file, code: rule }) => ({ file, rule }))).toEqual([
      { file: path, rule: 'skip-shape-mismatch' },
    ]);
    expect(diagnostics[0]!.message).toContain('[2, 16, 8, 8] + [2, 8, 16, 16]');
  });

  test('graph opens what is asked for', async () => {
    const path = await writeOnnx('opened.onnx', resnetGraph({ training: false }));
    const sizes: number[] = [];
    for (const expand of ['0', 'layer1.0', 'all']) {
      const target = join(folder, `opened-${expand}.svg`);
      expect(await skipscope('graph', path, '--expand', expand, '--out', target)).toMatchObject({ code: 0 });
      sizes.push((await readFile(target, 'utf8')).split('<text').length);
    }
    expect(sizes[0]).toBeLessThan(sizes[1]!);
    expect(sizes[1]).toBeLessThan(sizes[2]!);
    const unknown = await skipscope('graph', path, '--expand', 'layer9', '--out', join(folder, 'none.svg'));
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("'layer9'") as string });
  });

  test('graph writes a picture, a page and the graph itself', async () => {
    const path = await writeOnnx('drawn.onnx', resnetGraph({ training: false }));
    for (const extension of ['svg', 'html', 'json']) {
      const target = join(folder, `drawn.${extension}`);
      expect(await skipscope('graph', path, '--out', target)).toEqual({ code: 0, stdout: '', stderr: '' });
      const text = await readFile(target, 'utf8');
      if (extension === 'json') {
        const { graph, blocks } = JSON.parse(text) as { graph: Graph; blocks: unknown[] };
        expect(graph.nodes.length).toBeGreaterThan(40);
        expect(blocks).toHaveLength(6);
      } else
        expect(text).toMatch(
          extension === 'svg' ? /^(<\?xml[^>]*>\s*)?<svg / : /^<!doctype html>[^]*<script id="graph"/,
        );
    }
  });

  test('graph writes a picture of pixels, at the scale asked for, unless there would be too many', async () => {
    const path = await writeOnnx('pixels.onnx', resnetGraph({ training: false }));
    const target = join(folder, 'pixels.png');
    const draw = (scale: string) => skipscope('graph', path, '--theme', 'dark', '--scale', scale, '--out', target);
    const widths: number[] = [];
    for (const scale of ['1', '3']) {
      expect(await draw(scale)).toEqual({ code: 0, stdout: '', stderr: '' });
      const png = await readFile(target);
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      widths.push(png.readUInt32BE(16));
    }
    expect(widths[1]).toBe(3 * widths[0]!);
    const refused = await draw('100');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/at most --scale \d/) as string });
  });
});

describe('torchvision, unmodified', () => {
  test.each<[string, number, string, number]>([
    ['resnet18', 11_689_512, '1.814', 8],
    ['resnet34', 21_797_672, '3.664', 16],
    ['resnet50', 25_557_032, '4.089', 16],
    ['resnet101', 44_549_160, '7.801', 33],
    ['resnet152', 60_192_808, '11.514', 50],
    ['resnext50_32x4d', 25_028_904, '4.230', 16],
    ['wide_resnet50_2', 68_883_240, '11.398', 16],
  ])('%s: parameters, GMACs and blocks', async (name, params, gmacs, count) => {
    const args = ['--model', `${name}()`, '--input', '1x3x224x224', '--json'];
    const summary = await json<Summary>('summary', RESNET, ...args);
    expect(summary).toMatchObject({ exitCode: 0, model: `${name}()`, params, diagnostics: [] });
    expect((summary.macs / 1e9).toFixed(3)).toBe(gmacs);
    expect(summary.outputs).toEqual([{ dtype: 'float32', shape: [1, 1000] }]);
    expect(summary.blocks).toHaveLength(count);
    expect(summary.blocks.every(({ kind }) => kind === 'post-activation')).toBe(true);
    const projections = summary.blocks.filter(({ skip }) => skip === 'projection').map(({ path }) => path);
    const first = /18|34/.test(name) ? [] : ['layer1.0'];
    expect(projections).toEqual([...first, 'layer2.0', 'layer3.0', 'layer4.0']);
  });

  test('check finds nothing', async () => {
    const { code, stdout } = await skipscope('check', RESNET);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 file checked, nothing found.\n' });
  });
});

test.each<[number, number]>([
  [20, 269_722],
  [32, 464_154],
  [44, 658_586],
  [56, 853_018],
  [110, 1_727_962],
])('the CIFAR example at depth %i', async (depth, params) => {
  const model = `CifarResNet(${depth})`;
  const summary = await json<Summary>('summary', 'examples/cifar_resnet.py', '--model', model, '--json');
  expect(summary).toMatchObject({ exitCode: 0, model, params, diagnostics: [] });
  expect(summary.blocks).toHaveLength((depth - 2) / 2);
  expect(summary.blocks.every(({ skip }) => skip === 'identity')).toBe(true);
});

test.each<[string, readonly string[]]>([
  ['two_layer_residual', ['plain identity']],
  [
    'preact_resnet',
    ['identity', 'identity', 'projection', 'identity', 'projection', 'identity'].map(
      (skip) => `pre-activation ${skip}`,
    ),
  ],
  ['transformer_encoder', new Array<string>(8).fill('transformer identity')],
])('the blocks of examples/%s.py', async (name, expected) => {
  const summary = await json<Summary>('summary', `examples/${name}.py`, '--json');
  expect(summary.diagnostics).toEqual([]);
  expect(summary.blocks.map(({ kind, skip }) => `${kind} ${skip}`)).toEqual(expected);
});

describe('mismatched skips', () => {
  const lineOf = (source: string, text: string, after = ''): number =>
    source.slice(0, source.indexOf(text, source.indexOf(after))).split('\n').length - 1;

  test('the example: one error, on the add, with its causes', async () => {
    const file = 'examples/mismatched_skip.py';
    const source = await readFile(file, 'utf8');
    const { code, stdout } = await skipscope('check', file, '--format', 'json');
    const diagnostics = JSON.parse(stdout) as Diagnostic[];
    expect(code).toBe(1);
    expect(diagnostics).toHaveLength(1);
    const line = lineOf(source, 'out += identity');
    expect(diagnostics[0]).toMatchObject({
      ...{ file, severity: 'error', code: 'skip-shape-mismatch' },
      range: { start: { line, character: 8 }, end: { line, character: 23 } },
    });
    expect(diagnostics[0]!.message).toMatch(
      /^Skip connection: \[(\d+), 128, (\d+), \2\] \+ \[\1, 64, (\d+), \3\]\. Axis 1: conv2 makes 128 channels, the skip carries 64\. Axis 2, 3: stride 2 at conv1\.$/,
    );
    const places = diagnostics[0]!.related.map(({ range }) => range.start.line);
    expect(places).toContain(lineOf(source, 'self.conv1(x)'));
    expect(places).toContain(lineOf(source, 'self.conv2 = '));
  });

  test('as text and as SARIF', async () => {
    const file = 'examples/mismatched_skip.py';
    const text = await skipscope('check', file);
    expect(text.stdout).toMatch(
      /^examples\/mismatched_skip\.py:\d+:9: error: Skip connection: .* \[skip-shape-mismatch\]\n/,
    );
    expect(text.stdout).toMatch(/1 file checked: 1 error, 0 other\.\n$/);
    const sarif = await json<{ version: string; runs: { results: unknown[] }[] }>('check', file, '--format', 'sarif');
    expect(sarif).toMatchObject({ exitCode: 1, version: '2.1.0' });
    expect(sarif.runs[0]!.results).toMatchObject([
      {
        ...{ ruleId: 'skip-shape-mismatch', ruleIndex: 0, level: 'error' },
        locations: [{ physicalLocation: { artifactLocation: { uri: file }, region: { startColumn: 9 } } }],
      },
    ]);
  });

  /** What is changed, to what, the block whose add is wrong, and the cause. */
  test.each<[string, string, 'BasicBlock' | 'Bottleneck', string]>([
    [
      'self.conv2 = conv3x3(planes, planes)',
      'self.conv2 = conv3x3(planes, planes, 2)',
      ...(['BasicBlock', 'Axis 2, 3: stride 2 at conv2.'] as const),
    ],
    [
      'self.conv1 = conv3x3(inplanes, planes, stride)',
      'self.conv1 = conv3x3(inplanes, planes)',
      ...(['BasicBlock', 'Axis 2, 3: stride 2 at downsample.0 on the skip.'] as const),
    ],
    [
      'self.conv1 = conv1x1(inplanes, width)',
      'self.conv1 = conv1x1(inplanes, width, 2)',
      ...(['Bottleneck', 'Axis 2, 3: stride 2 at conv1.'] as const),
    ],
    [
      'self.conv2 = conv3x3(width, width, stride, groups, dilation)',
      'self.conv2 = conv3x3(width, width, 1, groups, dilation)',
      ...(['Bottleneck', 'Axis 2, 3: stride 2 at downsample.0 on the skip.'] as const),
    ],
    [
      'self.conv3 = conv1x1(width, planes * self.expansion)',
      'self.conv3 = conv1x1(width, planes * self.expansion, 2)',
      ...(['Bottleneck', 'Axis 2, 3: stride 2 at conv3.'] as const),
    ],
  ])('torchvision with %s changed', async (from, to, block, cause) => {
    const source = await readFile(RESNET, 'utf8');
    expect(source).toContain(from);
    const file = join(folder, 'resnet.py');
    const changed = source.replace(from, to);
    await writeFile(file, changed);
    const { code, stdout, stderr } = await skipscope('check', file, '--format', 'json');
    expect(stderr).toBe('');
    // The copy stands alone, so that its relative imports are missing: that is said, but is no error.
    const diagnostics = (JSON.parse(stdout) as Diagnostic[]).filter(({ severity }) => severity === 'error');
    expect(code).toBe(1);
    expect(diagnostics.map(({ severity, code: rule }) => `${severity} ${rule}`)).toEqual(['error skip-shape-mismatch']);
    expect(diagnostics[0]!.range.start.line).toBe(lineOf(changed, 'out += identity', `class ${block}(`));
    expect(diagnostics[0]!.message).toContain(cause);
    expect(diagnostics[0]!.related.length).toBeGreaterThan(0);
  });
});

test('check passes over folders that hold no model', async () => {
  const tools = join(folder, 'tools');
  await mkdir(tools);
  await writeFile(join(tools, 'train.py'), 'import torch\n\nprint(torch.__version__)\n');
  await writeFile(join(tools, 'util.py'), 'def add(a, b):\n    return a + b\n');
  const { code, stdout } = await skipscope('check', tools, '--format', 'json');
  expect({ code, found: JSON.parse(stdout) as unknown }).toEqual({ code: 0, found: [] });
});

test('summary of a file whose models ask for arguments that nobody can guess says how to give them', async () => {
  const file = join(folder, 'odd.py');
  const made =
    'def __init__(self, depth):\n        super().__init__()\n        self.fc = nn.Linear(range(depth / 2)[0], 2)';
  const run = 'def forward(self, x):\n        return self.fc(x)';
  await writeFile(file, `from torch import nn\nclass Odd(nn.Module):\n    ${made}\n    ${run}\n`);
  const { code, stderr } = await skipscope('summary', file);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--model "Odd(depth)"') as unknown });
});

test('profile measures the network and its plain twin', async () => {
  interface Profile {
    readonly backend: { readonly provider: string };
    readonly mode: string;
    readonly batch: number;
    readonly seeds: number;
    readonly loss: number;
    readonly parameters: Readonly<Record<string, { gradNorm: number; weightNorm: number }>>;
    readonly blocks: readonly { path: string; skipGradNorm: number; branchGradNorm: number }[];
    readonly ablation: { readonly kind: string; readonly blocks: readonly unknown[] };
  }
  const flags = ['--model', 'CifarResNet(8)', '--batch', '4', '--seeds', '1', '--ablate', 'plain', '--json'];
  const report = await json<Profile>('profile', 'examples/cifar_resnet.py', ...flags);
  expect(report).toMatchObject({ exitCode: 0, mode: 'train', batch: 4, seeds: 1, backend: { provider: 'wasm' } });
  expect(report.loss).toBeGreaterThan(0);
  expect(report.parameters['layer1.0.conv1.weight']!.gradNorm).toBeGreaterThan(0);
  expect(report.blocks.map(({ path }) => path)).toEqual(['layer1.0', 'layer2.0', 'layer3.0']);
  expect(report.blocks.every(({ skipGradNorm, branchGradNorm }) => skipGradNorm > 0 && branchGradNorm > 0)).toBe(true);
  expect(report.ablation).toMatchObject({ kind: 'plain' });
  expect(report.ablation.blocks).toHaveLength(3);
});

test('export writes an ONNX file that summary reads', async () => {
  const target = join(folder, 'cifar.onnx');
  expect(await skipscope('export', 'examples/cifar_resnet.py', '--out', target)).toMatchObject({ code: 0, stderr: '' });
  const summary = await json<Summary>('summary', target, '--json');
  expect(summary).toMatchObject({ exitCode: 0, params: 269_722 });
  expect(summary.blocks).toHaveLength(9);
});

describe('compare', () => {
  test('two models of a file differ by the blocks that came', async () => {
    interface Compared {
      readonly a: string;
      readonly b: string;
      readonly params: { readonly a: number; readonly b: number };
      readonly entries: readonly { readonly kind: string; readonly b: { readonly path: string } | null }[];
    }
    const models = ['--model', 'resnet18()', '--model-b', 'resnet34()'];
    const { a, b, params, entries } = await json<Compared>('compare', RESNET, ...models, '--json');
    expect([a, b]).toEqual(['resnet18()', 'resnet34()']);
    expect(params).toEqual({ a: 11_689_512, b: 21_797_672 });
    expect(entries.filter(({ kind }) => kind !== 'same').map(({ kind }) => kind)).toEqual(new Array(8).fill('added'));
  });

  test('two ONNX files are compared, and the text says what differs', async () => {
    const onnx = await writeOnnx('compared.onnx', resnetGraph({ blocks: [2, 2], width: 8, batch: 1, size: 16 }));
    const deeper = await writeOnnx('deeper.onnx', resnetGraph({ blocks: [2, 3], width: 8, batch: 1, size: 16 }));
    const { code, stdout } = await skipscope('compare', onnx, deeper);
    expect(code).toBe(0);
    expect(stdout).toMatch(/params +[\d.]+ k → [\d.]+ k \(\+[\d.]+ k\)/);
    expect(stdout).toMatch(/\+ +added/);
  });

  test('a file is compared with a revision of it, its imports as they were then, and drawn', async () => {
    const work = join(folder, 'repository');
    await mkdir(work);
    const git = (...args: string[]): void => {
      const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
      execFileSync('git', [...author, ...args], { cwd: work, stdio: 'ignore' });
    };
    const net = (body: string): string =>
      `import torch\nfrom torch import nn\nfrom width import WIDTH\n\nclass Net(nn.Module):\n` +
      `    def __init__(self):\n        super().__init__()\n        self.a = nn.Conv2d(3, WIDTH, 3, padding=1)\n` +
      `        self.b = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)\n\n    def forward(self, x):\n` +
      `        x = self.a(x)\n        return ${body}\n`;
    await writeFile(join(work, 'width.py'), 'WIDTH = 8\n');
    await writeFile(join(work, 'net.py'), net('x + self.b(x)'));
    git('init');
    git('add', '.');
    git('commit', '-m', 'first');
    // A repository's own configuration names a program for such files; nobody asked for it to run.
    const ran = join(work, 'ran.txt');
    await writeFile(join(work, '.git', 'info', 'attributes'), '*.py diff=evil\n');
    git('config', 'diff.evil.textconv', `touch ${ran}; cat`);
    await writeFile(join(work, 'width.py'), 'WIDTH = 16\n');
    await writeFile(join(work, 'net.py'), net('self.b(x)'));
    const picture = join(folder, 'compared.svg');
    const file = join(work, 'net.py');
    const { code, stdout } = await skipscope('compare', file, '--revision', 'HEAD', '--out', picture);
    expect(code).toBe(0);
    expect(stdout).toMatch(/params +808 → 2\.8 k/);
    expect(existsSync(ran)).toBe(false);
    expect(await readFile(picture, 'utf8')).toContain('diff-removed');
    const pixels = join(folder, 'compared.png');
    expect(await skipscope('compare', file, '--revision', 'HEAD', '--out', pixels)).toMatchObject({ code: 0 });
    expect((await readFile(pixels)).subarray(1, 4).toString()).toBe('PNG');
    expect((await skipscope('compare', file, '--revision', 'nowhere')).stderr).toContain("no revision 'nowhere'");
    expect((await skipscope('compare', RESNET, '--revision', 'HEAD')).stderr).toContain('in no Git repository');
  });

  test('a file is not compared with itself', async () => {
    const { code, stderr } = await skipscope('compare', RESNET);
    expect(code).toBe(2);
    expect(stderr).toContain('--model-b');
  });
});
