/** docs/torch.md: what of torch and its companions a model file can use, read off the interpreter itself. */

import { loadPyodide } from 'pyodide';
import { expect, test } from 'vitest';
import { createEngine } from '../../src/frontends/torch/engine.ts';

const MODULES = [
  ...['torch', 'torch.Tensor', 'torch.nn', 'torch.nn.functional', 'torch.nn.init', 'torch.nn.utils', 'torch.linalg'],
  ...['torch.fft', 'torch.special', 'torch.utils.checkpoint', 'torchvision.ops', 'einops', 'numpy', 'timm.layers'],
];

const LIST = `
import importlib, json, types
import torch
from torch._tensor import unknown_tensor
from torch._unknown import Unknown

def shown(value, path):
    own = value is Unknown or getattr(value, "__module__", None) == "torch._unknown" or value is unknown_tensor
    used = path == "torch.Tensor" or callable(value) or isinstance(value, property)
    return not own and not isinstance(value, (types.ModuleType, Unknown)) and used

def is_helper(path, value):
    """What a module of torch.nn is written with: it belongs to another module than the tensors' functions."""
    return path.startswith("torch.nn") and getattr(value, "__module__", "").split(".")[0:2] not in (["torch", "nn"], ["torch", "_functions"], ["torch", "_aliases"])

def names(path):
    try:
        owner = torch.Tensor if path == "torch.Tensor" else importlib.import_module(path)
    except ImportError:
        return []
    return sorted((name for name, value in vars(owner).items() if not name.startswith("_") and shown(value, path) and not is_helper(path, value)), key=lambda one: (one.lower(), one))

json.dumps({path: names(path) for path in json.loads(paths)})
`;

const HEAD = `# What of torch is covered

Names that a model file can use, read off the interpreter. What is not here becomes an unknown tensor, with one warning
where it is called. [operators.md](operators.md) tells what the calls become. This page is generated:
\`npx vitest run --project frontends test/frontends/coverage.test.ts --update\`.
`;

test('docs/torch.md is fresh', async () => {
  const pyodide = await loadPyodide();
  createEngine(pyodide);
  const locals = pyodide.toPy({ paths: JSON.stringify(MODULES) }) as unknown;
  const found = JSON.parse(pyodide.runPython(LIST, { globals: locals as never }) as string) as Record<string, string[]>;
  const sections = Object.entries(found)
    .filter(([, names]) => names.length > 0)
    .map(([path, names]) => `\n## ${path}\n\n${names.map((name) => `\`${name}\``).join(', ')}\n`);
  expect(found.torch!.length).toBeGreaterThan(300);
  await expect(HEAD + sections.join('')).toMatchFileSnapshot('../../docs/torch.md');
});
