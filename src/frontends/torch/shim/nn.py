"""The torch.nn package."""

from torch._unknown import Unknown
from torch.nn import functional, init
from torch.nn import modules
from torch.nn.modules.attention import *
from torch.nn.modules.layers import *
from torch.nn.modules.layers import _BatchNorm, _InstanceNorm, _ConvNd
from torch.nn.modules.lazy import *
from torch.nn.modules.module import Buffer, Module, Parameter, UninitializedParameter

for _name in [name for name in dir() if not name.startswith("_")]:
    if not hasattr(modules, _name):
        setattr(modules, _name, globals()[_name])


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    import sys

    return sys.modules.get(f"torch.nn.{name}") or Unknown(f"torch.nn.{name}")
