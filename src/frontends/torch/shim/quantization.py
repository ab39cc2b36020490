"""Layers of models that are prepared for quantisation: until they are quantised, they compute in floating point."""

import torch
from torch.nn.modules.layers import Identity
from torch.nn.modules.module import Module


class QuantStub(Identity):
    pass


class DeQuantStub(Identity):
    pass


class FloatFunctional(Module):
    """Arithmetic as a layer, so that its results can be observed."""

    def __init__(self):
        super().__init__()
        self.activation_post_process = Identity()

    def add(self, x, y):
        return torch.add(x, y)

    def mul(self, x, y):
        return torch.mul(x, y)

    add_scalar, mul_scalar = add, mul

    def matmul(self, x, y):
        return torch.matmul(x, y)

    def cat(self, x, dim=0):
        return torch.cat(x, dim)

    def add_relu(self, x, y):
        return torch.relu(torch.add(x, y))
