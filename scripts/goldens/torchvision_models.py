"""Size, output and arithmetic of torchvision's models, from the real ones.

For classification, segmentation and video, in evaluation and in training mode: parameters, the shapes of what comes out,
and the multiply-accumulates of convolutions, transposed convolutions and matrix products. Tensors are without contents
("meta") where torch can do that, so it takes some minutes.

Run with Debian's python3-torch and python3-torchvision; writes test/goldens/torchvision.json.
"""

import inspect
import json
from math import prod
from pathlib import Path

import torch.nn.init
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision import models

# Only shapes matter: drawing the weights would take minutes.
for name in dir(torch.nn.init):
    if name.endswith("_") and not name.startswith("_"):
        setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)


class Macs(TorchDispatchMode):
    """Counts the multiply-accumulates of what runs under it."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name == "convolution":
            positions = args[0] if args[6] else out
            self.count += positions.numel() * prod(args[1].shape[1:])
        elif name in ("mm", "bmm"):
            self.count += args[0].numel() * args[1].shape[-1]
        elif name in ("addmm", "baddbmm"):
            self.count += args[1].numel() * args[2].shape[-1]
        return out


def shapes(value):
    if isinstance(value, torch.Tensor):
        return [list(value.shape)]
    return [shape for part in (value.values() if isinstance(value, dict) else value) for shape in shapes(part)]


def measure(model, size, training):
    model.train(training)
    device = next(model.parameters()).device
    with torch.no_grad(), Macs() as macs:
        out = model(torch.zeros(size, device=device))
    return {"outputs": shapes(out), "macs": macs.count}


# What the meta device of this torch cannot run is computed in full.
COMPUTED = ("mvit_v1_b", "mvit_v2_s", "s3d")
SIZES = {models: [3, 224, 224], models.segmentation: [3, 224, 224], models.video: [3, 16, 224, 224]}


def describe(name, size):
    builder = models.get_model_builder(name)
    backbone = {"weights_backbone": None} if module is models.segmentation else {}
    model = builder(weights=None, **backbone)
    if name not in COMPUTED:
        model.to("meta")
    return {
        "file": str(Path(inspect.getfile(inspect.unwrap(builder))).relative_to(Path(models.__file__).parents[1])),
        "model": f"{name}({', '.join(f'{key}={value}' for key, value in backbone.items())})",
        "input": size,
        "params": sum(p.numel() for p in model.parameters()),
        **{mode: measure(model, size, mode == "train") for mode in ("eval", "train")},
    }


table = {}
for module, size in SIZES.items():
    for name in models.list_models(module=module):
        table[name] = describe(name, [2, *([3, 299, 299] if name == "inception_v3" else size)])
        print(name, flush=True)
lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in table.items())
(Path(__file__).parents[2] / "test/goldens/torchvision.json").write_text(f"{{\n{lines}\n}}\n")
