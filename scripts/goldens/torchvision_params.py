"""Parameter counts of every classification model of torchvision, from the real one.

Run with Debian's python3-torch and python3-torchvision; writes test/goldens/torchvisionParams.json.
"""

import inspect
import json
from pathlib import Path

import torch.nn.init
from torchvision import models

# Only shapes matter: drawing the weights would take minutes.
for name in dir(torch.nn.init):
    if name.endswith("_") and not name.startswith("_"):
        setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)

table = {}
for name in models.list_models(module=models):
    model = models.get_model(name, weights=None)
    file = Path(inspect.getfile(type(model))).name
    table[name] = {"file": f"models/{file}", "params": sum(p.numel() for p in model.parameters())}
target = Path(__file__).parents[2] / "test/goldens/torchvisionParams.json"
target.write_text(json.dumps(table, indent=2) + "\n")
