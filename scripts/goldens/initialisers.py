"""How real PyTorch fills every parameter of test/fixtures/initialisers.py, over many draws.

Run with Debian's python3-torch; writes test/goldens/initialisers.json. A parameter that is the same in each draw is kept
whole; of the others the distribution: at some of the drawn values, the shares of numbers below it and not above it.
"""

import importlib.util
import json
import pathlib

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRAWS = 6000
ENOUGH = 200_000
QUANTILES = [0.0, 0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 1.0]

spec = importlib.util.spec_from_file_location("initialisers", ROOT / "test" / "fixtures" / "initialisers.py")
fixture = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixture)

draws = {}
for seed in range(DRAWS):
    torch.manual_seed(seed)
    for name, parameter in fixture.Initialised().named_parameters():
        known = draws.setdefault(name, [])
        if len(known) * parameter.numel() < ENOUGH:
            known.append(parameter.detach().numpy().astype(np.float64).copy())


def digits(value):
    return float(f"{value:.6g}")


table = {}
for name, every in draws.items():
    first, pooled = every[0], np.concatenate([one.reshape(-1) for one in every])
    table[name] = row = {"shape": list(first.shape)}
    if all(np.array_equal(first, other) for other in every):
        row["data"] = first.reshape(-1).tolist() if len(np.unique(first)) > 1 else [digits(first.flat[0])]
        continue
    points = [digits(value) for value in np.unique(np.quantile(pooled, QUANTILES))]
    hairs = [(at, 1e-5 * abs(at)) for at in points]
    row["distribution"] = [
        [at, digits((pooled < at - hair).mean()), digits((pooled <= at + hair).mean())] for at, hair in hairs
    ]

lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in table.items())
(ROOT / "test" / "goldens" / "initialisers.json").write_text(f"{{\n{lines}\n}}\n")
