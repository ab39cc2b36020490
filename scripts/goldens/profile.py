"""Losses and gradient norms of real PyTorch in float64, for test/ort/profile.test.ts.

Run with Debian's python3-torch and python3-torchvision: python3 scripts/goldens/profile.py
Weights and data follow from a formula that test/support/recipe.ts repeats, so that only the results are committed:
    hash(i, key) = murmur3's finaliser of (i * 0x9E3779B9 + key), key = FNV-1a of the tensor's name
    u = hash / 2^32,  weight = (u - 0.5) * sqrt(12) * scale, rounded to float32
with scale = sqrt(2 / fan_in) for tensors of two axes or more, and 1 + 0.2 (u - 0.5) for norm weights, 0.2 (u - 0.5)
for other vectors. Images have scale 1; token ids and labels are floor(u * bound).
"""

import importlib.util
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
import torchvision

ROOT = pathlib.Path(__file__).resolve().parents[2]
MASK = np.uint64(0xFFFFFFFF)


def key_of(name):
    key = 0x811C9DC5
    for char in name:
        key = ((key ^ ord(char)) * 0x01000193) & 0xFFFFFFFF
    return key


def uniform(name, size):
    h = (np.arange(size, dtype=np.uint64) * np.uint64(0x9E3779B9) + np.uint64(key_of(name))) & MASK
    h = ((h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & MASK
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & MASK
    h = h ^ (h >> np.uint64(16))
    return h.astype(np.float64) / 2.0**32


def single(values, shape):
    """Rounded to float32, computed with in float64."""
    return torch.from_numpy(values.astype(np.float32).astype(np.float64)).reshape(shape)


def weight(name, shape):
    u = uniform(name, int(np.prod(shape)))
    if len(shape) >= 2:
        fan_in = int(np.prod(shape[1:]))
        return single((u - 0.5) * np.sqrt(12.0) * np.sqrt(2.0 / fan_in), shape)
    return single(0.2 * (u - 0.5) + (1.0 if name.endswith("weight") else 0.0), shape)


def image(shape):
    return single((uniform("input", int(np.prod(shape))) - 0.5) * np.sqrt(12.0), shape)


def integers(name, shape, bound):
    return torch.from_numpy(np.floor(uniform(name, int(np.prod(shape))) * bound).astype(np.int64)).reshape(shape)


def example(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(model, inputs, classes):
    model = model.double().train()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weight(name, tuple(parameter.shape)))
    loss = F.cross_entropy(model(inputs), integers("target", (inputs.shape[0],), classes))
    loss.backward()
    norms = {name: parameter.grad.norm().item() for name, parameter in model.named_parameters()}
    return {"loss": loss.item(), "gradNorms": norms}


def main():
    networks = {
        "resnet18": (torchvision.models.resnet18(), image((8, 3, 64, 64)), 1000),
        "preact_resnet14": (example("preact_resnet").preact_resnet14(), image((8, 3, 32, 32)), 10),
        "transformer": (
            example("transformer_encoder").TransformerEncoder(),
            integers("input", (4, 32), 1000),
            10,
        ),
        "cifar_resnet20": (example("cifar_resnet").resnet20(), image((16, 3, 32, 32)), 10),
    }
    result = {name: measure(*network) for name, network in networks.items()}
    result["torch"] = torch.__version__
    path = ROOT / "test" / "goldens" / "profile.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    for name, values in result.items():
        if name != "torch":
            print(f"{name}: loss {values['loss']:.6f}, {len(values['gradNorms'])} parameters", file=sys.stderr)


if __name__ == "__main__":
    main()
