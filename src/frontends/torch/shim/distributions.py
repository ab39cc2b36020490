"""torch.distributions: the normal one; the others are only missed where a model computes with them."""

import math
import sys

import torch
from torch import _trace
from torch._tensor import Tensor
from torch._unknown import Pending, Unknown


class Normal:
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        loc, scale = (one if isinstance(one, Tensor) else torch.tensor(float(one)) for one in (loc, scale))
        self.loc, self.scale = torch.broadcast_tensors(loc, scale)

    mean = mode = property(lambda self: self.loc)
    stddev = property(lambda self: self.scale)
    variance = property(lambda self: self.scale**2)
    batch_shape = property(lambda self: self.loc.shape)
    event_shape = property(lambda self: torch.Size())

    def rsample(self, sample_shape=()):
        return self.loc + torch.randn(*sample_shape, *self.loc.shape) * self.scale

    def sample(self, sample_shape=()):
        return self.rsample(sample_shape)

    def log_prob(self, value):
        return -((value - self.loc) ** 2) / (2 * self.variance) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def entropy(self):
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()


class _Missing(Unknown):
    """A distribution that may be built for nothing: it is reported where a model makes something of it."""

    def __call__(self, *args, **kwargs):
        message = f"Skipscope does not know {self._name}."
        return Unknown(f"{self._name}()", Pending("unknown-operation", message, _trace.capture(2)))


def other(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return sys.modules.get(f"torch.distributions.{name}") or _Missing(f"torch.distributions.{name}")
