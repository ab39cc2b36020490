"""Small checkpoints as real PyTorch writes them, and hostile ones, with what is in them.

Run with Debian's python3-torch: /usr/bin/python3 scripts/goldens/checkpoints.py; writes test/goldens/checkpoints.json for
test/unit/checkpoint.test.ts.
"""

import argparse
import base64
import io
import json
import os
import pathlib
import pickle
import sys
import zipfile
from collections import OrderedDict

import torch
from torch import nn

PATH = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens" / "checkpoints.json"
FILES = {}


def add(name, data, tensors=None):
    flat = {key: value.detach().contiguous() for key, value in (tensors or {}).items()}
    FILES[name] = {
        "file": base64.b64encode(data).decode(),
        "tensors": {
            key: {"shape": list(value.shape), "data": [float(one) for one in value.double().reshape(-1)]}
            for key, value in flat.items()
        },
    }


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


torch.manual_seed(1)
base = torch.arange(12.0).reshape(3, 4) / 8
state = OrderedDict(
    weight=nn.Parameter(base.clone()),
    turned=base.t(),
    part=base[1:, ::2],
    scalar=torch.tensor(2.5),
    empty=torch.zeros(0, 3),
    half=torch.tensor([1.5, -2.0]).half(),
    brain=torch.tensor([1.5, -2.0]).bfloat16(),
    double=torch.tensor([0.25], dtype=torch.float64),
    count=torch.tensor(7),
    flags=torch.tensor([True, False]),
    bytes=torch.tensor([0, 255], dtype=torch.uint8),
)
add("state dict", saved(state), state)
add("state dict before 1.6", saved(state, _use_new_zipfile_serialization=False), state)
add("state dict, protocol 4", saved(state, pickle_protocol=4), state)

net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
optimizer = torch.optim.Adam(net.parameters())
net(torch.randn(2, 1, 4, 4)).sum().backward()
optimizer.step()
training = {
    "epoch": 3,
    "args": argparse.Namespace(lr=0.1),
    "state_dict": {f"module.{key}": value for key, value in net.state_dict().items()},
    "optimizer": optimizer.state_dict(),
    "best": {"loss": 0.5, "at": None, "more": (1, 2.5, "x", [True])},
}
add("training loop", saved(training), {f"state_dict.module.{key}": value for key, value in net.state_dict().items()})
add("module", saved(net), dict(net.state_dict()))
buffer = io.BytesIO()
torch.jit.save(torch.jit.script(nn.Linear(2, 1)), buffer)
script = torch.jit.load(io.BytesIO(buffer.getvalue()))
add("TorchScript", buffer.getvalue(), dict(script.state_dict()))
add("no tensors", saved({"epoch": 1, "args": argparse.Namespace()}))
add("sparse", saved({"s": torch.eye(2).to_sparse()}))
add("complex", saved({"c": torch.ones(2, dtype=torch.complex64)}))


class Call:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def zipped(value, **entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", value if isinstance(value, bytes) else pickle.dumps(value, 2))
        for name, data in entries.items():
            archive.writestr(f"archive/{name.replace('__', '/')}", data)
    return buffer.getvalue()


touch = "touch skipscope-was-here"
add("hostile: a command", zipped({"weight": Call(os.system, touch)}))
add("hostile: evaluation", zipped({"weight": Call(eval, f"__import__('os').system('{touch}')")}))
add("hostile: before 1.6", pickle.dumps({"weight": Call(os.system, touch)}, 2))


class Storage:
    """A persistent id that lies about its length."""

    def __init__(self, length):
        self.id = ("storage", torch.FloatStorage, "0", "cpu", length)


class Pickler(pickle._Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Storage) else None


def tensor(length, offset, shape, stride):
    buffer = io.BytesIO()
    call = Call(torch._utils._rebuild_tensor_v2, Storage(length), offset, shape, stride, False, OrderedDict())
    Pickler(buffer, 2).dump({"weight": call})
    return buffer.getvalue()


four = bytes(16)
add("hostile: a billion elements of one", zipped(tensor(4, 0, (1000, 1000, 1000), (0, 0, 0)), data__0=four))
add("hostile: beyond the storage", zipped(tensor(4, 2, (3,), (1,)), data__0=four))
add("hostile: before the storage", zipped(tensor(4, -1, (2,), (1,)), data__0=four))
add("hostile: negative strides", zipped(tensor(4, 3, (4,), (-1,)), data__0=four))
add("hostile: a storage that is shorter than it says", zipped(tensor(1 << 40, 0, (1 << 20,), (1,)), data__0=four))
add("hostile: no storage", zipped(tensor(4, 0, (4,), (1,))))
bomb = io.BytesIO()
with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("archive/data.pkl", tensor(1 << 22, 0, (1 << 22,), (1,)))
    archive.writestr("archive/data/0", bytes(1 << 24))
add("hostile: a zip bomb", bomb.getvalue())

for name, entry in FILES.items():
    print(f"{name}: {len(entry['file']) * 3 // 4} bytes, {len(entry['tensors'])} tensors", file=sys.stderr)
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in FILES.items())
PATH.write_text(f"{{\n{lines}\n}}\n")
