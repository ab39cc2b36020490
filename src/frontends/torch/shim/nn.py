"""The torch.nn package."""
# What it imports is what it offers.
# ruff: noqa: F401, F403

from torch._unknown import missing
from torch.nn import functional, init
from torch.nn import modules
from torch.nn.modules._adaptive import AdaptiveLogSoftmaxWithLoss
from torch.nn.modules._containers import *
from torch.nn.modules._conversions import hold_to_dtype as _hold_to_dtype
from torch.nn.modules._convolutions import *
from torch.nn.modules._convolutions import _ConvNd
from torch.nn.modules._losses import *
from torch.nn.modules._losses import _Loss, _WeightedLoss
from torch.nn.modules._norms import *
from torch.nn.modules._norms import _BatchNorm, _InstanceNorm
from torch.nn.modules._recurrent import *
from torch.nn.modules.attention import *
from torch.nn.modules.layers import *
from torch.nn.modules.lazy import *
from torch.nn.modules.module import Module
from torch.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

Container = Module

for _name in [name for name in dir() if not name.startswith("_")]:
    if not hasattr(modules, _name):
        setattr(modules, _name, globals()[_name])
    _layer = globals()[_name]
    if isinstance(_layer, type) and issubclass(_layer, Module):
        _hold_to_dtype(_layer)

__getattr__ = missing("torch.nn")
