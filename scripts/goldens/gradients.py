"""Loss and every parameter's gradient of torchvision's families in training mode, by real PyTorch in float64.

Run with Debian's python3-torch and python3-torchvision: /usr/bin/python3 scripts/goldens/gradients.py [MODEL...]
writes test/goldens/gradients.json, for test/ort/torchvision.test.ts. Weights, data and
dropout masks: see recipe.py. Of each gradient only its norm and its products with four vectors of random signs are kept.
For those, E (d·s)^2 = |d|^2 whatever d is, so they measure the distance of two gradients.

Auxiliary outputs count 0.3 each in the loss, as in "Going deeper with convolutions" (and this project's profiles).
The batches condition well: errors of 1e-7, drawn and added to what each layer gives, move no gradient by more than 3e-4,
which the script checks. Most batches fail that, since one ReLU that changes sides moves gradients by some 1e-2.
"""

import inspect
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from recipe import Dropouts, image, integers, set_weights, signs
from torchvision import models

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECTIONS = 4
AUXILIARY = 0.3
ROUNDING = 1e-7
DRAWS = 6

# Model, shape of its batch, which of the recipe's batches, and the spread of norms.
MODELS = {
    "alexnet(num_classes=10)": ([4, 3, 64, 64], 0, 0.2),
    "resnet18(num_classes=10)": ([8, 3, 32, 32], 0, 0.2),
    "googlenet(num_classes=10, aux_logits=True, init_weights=False)": ([8, 3, 32, 32], 6, 0.2),
    "mobilenet_v2(num_classes=10)": ([8, 3, 32, 32], 36, 0.2),
    "mobilenet_v3_small(num_classes=10)": ([8, 3, 32, 32], 1, 0.2),
    "shufflenet_v2_x0_5(num_classes=10)": ([4, 3, 64, 64], 0, 0.2),
    "squeezenet1_1(num_classes=10)": ([4, 3, 64, 64], 0, 0.2),
    "efficientnet_b0(num_classes=10)": ([8, 3, 32, 32], 0, 0.2),
    "mnasnet0_5(num_classes=10)": ([4, 3, 64, 64], 1, 0.2),
    "convnext_tiny(num_classes=10)": ([4, 3, 32, 32], 0, 0.2),
    "VisionTransformer(64, 16, 4, 4, 128, 256, num_classes=10)": ([4, 3, 64, 64], 0, 0.2),
    "swin_t(num_classes=10)": ([2, 3, 64, 64], 0, 0.2),
}


def gradients(model, inputs, target, dropouts):
    model.zero_grad()
    dropouts.count = 0
    outputs = model(inputs)
    outputs = [outputs] if isinstance(outputs, torch.Tensor) else [one for one in outputs if one is not None]
    losses = [F.cross_entropy(one, target) for one in outputs]
    loss = losses[0] + AUXILIARY * sum(losses[1:])
    loss.backward()
    return loss.item(), {name: p.grad.double().clone() for name, p in model.named_parameters()}


def describe(name, gradient):
    flat = gradient.reshape(-1).numpy()
    products = signs(name, flat.size, PROJECTIONS) @ flat
    return [float(f"{value:.8g}") for value in (np.linalg.norm(flat), *products)]


def roundings(model):
    """Adds errors to what the layers give, as another order of sums would, each time the returned generator is seeded."""
    generator = torch.Generator()

    def disturb(module, inputs, output):
        error = torch.randn(output.shape, dtype=output.dtype, generator=generator)
        return output + ROUNDING * output.detach().pow(2).mean().sqrt() * error

    layers = (torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.LayerNorm, torch.nn.Linear)
    for module in model.modules():
        if isinstance(module, layers):
            module.register_forward_hook(disturb)
    return generator


def measure(expression, shape, batch, spread, dropouts):
    model = eval(expression, vars(models)).double().train()
    set_weights(model, spread)
    inputs, target = image(shape, batch), integers("target", (shape[0],), 10)
    loss, exact = gradients(model, inputs, target, dropouts)
    largest = max(gradient.norm() for gradient in exact.values())
    generator = roundings(model)
    worst = 0.0
    for seed in range(DRAWS):
        generator.manual_seed(seed)
        _, rough = gradients(model, inputs, target, dropouts)
        off = [(rough[name] - one).norm() / one.norm() for name, one in exact.items() if one.norm() > 1e-9 * largest]
        worst = max(worst, max(off).item())
    print(f"{expression}: loss {loss:.5f}, {len(exact)} gradients, rounding moves them by {worst:.1e}", flush=True)
    builder = vars(models)[expression[: expression.index("(")]]
    file = pathlib.Path(inspect.getfile(inspect.unwrap(builder)))
    return {
        "file": str(file.relative_to(pathlib.Path(models.__file__).parents[1])),
        "input": shape,
        "batch": batch,
        "spread": spread,
        "loss": loss,
        "gradients": {name: describe(name, gradient) for name, gradient in exact.items()},
    }, worst


def main():
    dropouts = Dropouts()
    dropouts.install()
    path = ROOT / "test" / "goldens" / "gradients.json"
    table = json.loads(path.read_text()) if path.exists() else {}
    wanted = sys.argv[1:]
    for expression, conditions in MODELS.items():
        if wanted and not any(expression.startswith(f"{name}(") for name in wanted):
            continue
        table[expression], worst = measure(expression, *conditions, dropouts)
        if worst > 3e-4:
            print("  ILL-CONDITIONED", file=sys.stderr)
    table = {expression: table[expression] for expression in MODELS if expression in table}
    lines = ",\n".join(f"{json.dumps(expression)}: {json.dumps(row, separators=(',', ':'))}" for expression, row in table.items())
    path.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
