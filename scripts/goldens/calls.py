"""Results and gradients of every call of test/fixtures/calls.py, by real PyTorch in float64.

Run with Debian's python3-torch; writes test/goldens/calls.json. Inputs and cotangents are rounded normal numbers.
"""

import importlib.util
import json
import pathlib

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
torch.set_default_dtype(torch.float64)

spec = importlib.util.spec_from_file_location("calls", ROOT / "test" / "fixtures" / "calls.py")
fixture = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixture)


def described(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.12g}") for value in tensor.detach().reshape(-1).tolist()]}


def drawn(shape, generator):
    return torch.randn(shape, generator=generator).mul(1e3).round().div(1e3)


table = {}
for seed, (name, (shapes, call)) in enumerate(fixture.CALLS.items()):
    generator = torch.Generator().manual_seed(seed)
    inputs = [drawn(shape, generator).requires_grad_() for shape in shapes]
    result = call(*inputs)
    cotangent = drawn(result.shape, generator)
    result.backward(cotangent)
    gradients = [None if one.grad is None or not one.grad.any() else described(one.grad) for one in inputs]
    described_all = {"inputs": [described(one) for one in inputs], "output": described(result)}
    table[name] = {**described_all, "cotangent": described(cotangent), "gradients": gradients}

lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in table.items())
(ROOT / "test" / "goldens" / "calls.json").write_text(f"{{\n{lines}\n}}\n")
