"""Forward and backward of real PyTorch on one thread, for bench/profile.mjs, which says what to do line by line."""

import importlib.util
import json
import pathlib
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


def prepare(file, model, inputs):
    """A function that runs one forward and backward pass: milliseconds on the clock and of the processor."""
    net = eval(model, vars(load(file))).train()
    args = [
        torch.randn(one["shape"]) if one["bound"] is None else torch.randint(one["bound"], one["shape"])
        for one in inputs
    ]

    def run():
        start, used = time.perf_counter(), time.process_time()
        net.zero_grad()
        scores = net(*args).flatten(0, -2)
        F.cross_entropy(scores, torch.randint(scores.shape[-1], scores.shape[:1])).backward()
        clock, processor = time.perf_counter() - start, time.process_time() - used
        return {"clock": 1000 * clock, "processor": 1000 * processor}

    return run


run = None
for line in sys.stdin:
    what, *rest = json.loads(line)
    if what == "open":
        run = prepare(**rest[0])
    print(json.dumps(run() if what == "alone" else {}), flush=True)
