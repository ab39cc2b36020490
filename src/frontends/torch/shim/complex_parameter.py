"""Parameters of complex numbers."""

import copy

import torch
from torch._complex import Complex
from torch.nn.parameter import Parameter


class ComplexParameter(Complex, Parameter):
    """A complex parameter: one of real numbers with a last axis of two, as `view_as_real` gives it."""

    def __new__(cls, data, requires_grad=True):
        result = object.__new__(cls)
        result._pairs = Parameter(torch.view_as_real(data), requires_grad)
        result.requires_grad = requires_grad
        return result

    def __init__(self, data, requires_grad=True):
        pass

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = copied = object.__new__(ComplexParameter)
            copied._pairs, copied.requires_grad = copy.deepcopy(self._pairs, memo), self.requires_grad
        return memo[id(self)]

    real = property(lambda self: self._pairs[..., 0])
    imag = property(lambda self: self._pairs[..., 1])
    _shape = property(lambda self: torch.Size(self._pairs._shape[:-1]))
    _storage = property(lambda self: self._pairs._storage)
