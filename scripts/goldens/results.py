"""Results of every call of test/fixtures/results.py by real PyTorch, with their types and shapes.

Run with PyTorch 2.9 or later; writes test/goldens/results.json. Inputs are rounded normal numbers.
"""

import importlib.util
import json
import pathlib
import sys

# A module beside this one is named like one of Python's.
sys.path.pop(0)

import torch  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

spec = importlib.util.spec_from_file_location("results", ROOT / "test" / "fixtures" / "results.py")
fixture = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixture)


def numbers(tensor):
    # JSON has no word for what is no number.
    return [None if one != one else float(f"{one:.8g}") if isinstance(one, float) else int(one) for one in tensor.detach().reshape(-1).tolist()]


def described(tensor, with_data):
    dtype = str(tensor.dtype).removeprefix("torch.")
    return {"dtype": dtype, "shape": list(tensor.shape), **({"data": numbers(tensor)} if with_data else {})}


def rows(calls, with_data):
    for name, (shapes, call) in calls.items():
        generator = torch.Generator().manual_seed(len(name))
        inputs = [torch.randn(shape, generator=generator).mul(1e3).round().div(1e3) for shape in shapes]
        found = call(*inputs)
        results = [described(one, with_data) for one in (found if isinstance(found, (tuple, list)) else [found])]
        yield name, {"inputs": [described(one, True) for one in inputs], "results": results}


groups = {name: dict(rows(getattr(fixture, name), name == "RESULTS")) for name in ("RESULTS", "DRAWN", "SHAPES")}
lines = [",\n".join(f"    {json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in group.items()) for group in groups.values()]
body = ",\n".join(f"  {json.dumps(name)}: {{\n{text}\n  }}" for name, text in zip(groups, lines))
(ROOT / "test" / "goldens" / "results.json").write_text(f"{{\n{body}\n}}\n")
