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


class QuantWrapper(Module):
    def __init__(self, module):
        super().__init__()
        self.add_module("quant", QuantStub())
        self.add_module("dequant", DeQuantStub())
        self.add_module("module", module)
        self.train(module.training)

    def forward(self, X):
        return self.dequant(self.module(self.quant(X)))


def _unchanged(model, *args, **kwargs):
    """What prepares, fuses or converts a model leaves what it computes as it is, but for rounding."""
    return model


names = {
    "QuantStub": QuantStub,
    "DeQuantStub": DeQuantStub,
    "QuantWrapper": QuantWrapper,
    **{name: _unchanged for name in "fuse_modules fuse_modules_qat prepare prepare_qat convert quantize quantize_dynamic quantize_qat".split()},
}
