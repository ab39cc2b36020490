"""Losses and gradient norms of real PyTorch in float64, for test/ort/profile.test.ts.

Run with Debian's python3-torch and python3-torchvision: python3 scripts/goldens/profile.py
Weights and data: see recipe.py.
"""

import importlib.util
import json
import pathlib
import sys

import torch
import torch.nn.functional as F
import torchvision
from recipe import image, integers, set_weights

ROOT = pathlib.Path(__file__).resolve().parents[2]


def example(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(model, inputs, classes):
    model = model.double().train()
    set_weights(model)
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
