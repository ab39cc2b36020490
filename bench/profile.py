"""Forward and backward of real PyTorch on one thread, for bench/profile.mjs: prints milliseconds by network as JSON."""

import importlib.util
import json
import pathlib
import statistics
import sys
import time

import torch
import torch.nn.functional as F
import torchvision

torch.set_num_threads(1)
ROOT = pathlib.Path(__file__).resolve().parents[1]


def load(file):
    if not file.startswith("examples/"):
        return importlib.import_module(f"torchvision.models.{file.removesuffix('.py')}")
    spec = importlib.util.spec_from_file_location(pathlib.Path(file).stem, ROOT / file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def measure(file, model, inputs):
    net = eval(model, vars(load(file))).train()
    args = [
        torch.randn(one["shape"]) if one["bound"] is None else torch.randint(one["bound"], one["shape"])
        for one in inputs
    ]
    times = []
    for _ in range(7):
        start = time.perf_counter()
        net.zero_grad()
        scores = net(*args).flatten(0, -2)
        F.cross_entropy(scores, torch.randint(scores.shape[-1], scores.shape[:1])).backward()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[2:])


print(json.dumps({name: measure(**one) for name, one in json.loads(sys.argv[1]).items()}))
