"""Parameters that are computed from others: torch.nn.utils.parametrize, and the older way by hooks."""

import contextlib

import torch
from torch._functions import opaque
from torch._tensor import Tensor, alias
from torch.nn.modules._containers import ModuleDict, ModuleList
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter

# ---- by modules ------------------------------------------------------------------------------------------------------


class ParametrizationList(ModuleList):
    """What a parameter is computed from, and the modules that compute it."""

    def __init__(self, modules, originals):
        super().__init__(modules)
        self._originals = tuple(originals)
        for name, tensor in originals.items():
            (self.register_parameter if isinstance(tensor, Parameter) else self.register_buffer)(name, tensor)

    def forward(self):
        first, *others = self
        value = first(*[getattr(self, name) for name in self._originals])
        for one in others:
            value = one(value)
        return value


def is_parametrized(module, tensor_name=None):
    known = module.__dict__.get("_modules", {}).get("parametrizations")
    return known is not None and (len(known) > 0 if tensor_name is None else tensor_name in known)


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    kind = next((one for one in (module._parameters, module._buffers) if tensor_name in one), None)
    if kind is None:
        raise ValueError(f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'")
    original = kind.pop(tensor_name)
    inverse = parametrization.right_inverse(original) if hasattr(parametrization, "right_inverse") else original
    parts = {"original": inverse} if isinstance(inverse, Tensor) else {f"original{at}": one for at, one in enumerate(inverse)}
    if isinstance(original, Parameter):
        parts = {name: one if isinstance(one, Parameter) else Parameter(one) for name, one in parts.items()}
    if not is_parametrized(module):
        cls = type(module)
        module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), {"__module__": cls.__module__})
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, property(lambda self: self.parametrizations[tensor_name]()))
    module.parametrizations[tensor_name] = ParametrizationList([parametrization], parts)
    return module


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    computed = module.parametrizations[tensor_name]
    value = computed() if leave_parametrized else getattr(computed, computed._originals[0])
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if not len(module.parametrizations):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    module.register_parameter(tensor_name, value if isinstance(value, Parameter) else Parameter(value))
    return module


def type_before_parametrizations(module):
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


@contextlib.contextmanager
def cached():
    yield


# ---- norms -----------------------------------------------------------------------------------------------------------


def _length(weight, dim):
    """The length of the vectors along all axes but one; without that axis, of the whole."""
    axes = [axis for axis in range(weight.ndim) if dim is None or axis != dim % weight.ndim]
    return (weight * weight).sum(axes, keepdim=dim is not None).sqrt()


def _of_length(length, direction, dim):
    return direction * (length / _length(direction, dim))


def _largest(weight, axis):
    """The weight as a matrix whose rows lie along the axis."""
    return weight.transpose(0, axis).flatten(1) if axis else weight.flatten(1)


class _WeightNorm(Module):
    def __init__(self, dim=0):
        super().__init__()
        self.dim = None if dim == -1 else dim

    def forward(self, weight_g, weight_v):
        return _of_length(weight_g, weight_v, self.dim)

    def right_inverse(self, weight):
        return _length(weight, self.dim), weight


class _SpectralNorm(Module):
    """The weight over its largest singular value, estimated with the vectors that torch keeps as buffers."""

    def __init__(self, weight, dim=0):
        super().__init__()
        self.dim = dim
        if weight.ndim > 1:
            rows, columns = _largest(weight, dim).shape
            self.register_buffer("_u", torch.randn(rows))
            self.register_buffer("_v", torch.randn(columns))

    def forward(self, weight):
        if weight.ndim == 1:
            return torch.nn.functional.normalize(weight, dim=0)
        return weight / torch.dot(self._u, _largest(weight, self.dim) @ self._v)


class _Orthogonal(Module):
    def forward(self, weight):
        return opaque("torch.nn.utils.parametrizations.orthogonal", [weight], list(weight.shape))


def _weight_norm(module, name="weight", dim=0):
    return register_parametrization(module, name, _WeightNorm(dim))


def _rows(module, dim):
    """The axis of a layer's outputs."""
    return dim if dim is not None else 1 if "Transpose" in type(module).__name__ else 0


def _spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    return register_parametrization(module, name, _SpectralNorm(getattr(module, name), _rows(module, dim)))


def _orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    return register_parametrization(module, name, _Orthogonal())


# ---- by hooks --------------------------------------------------------------------------------------------------------


def _reparametrise(module, name, parts, compute):
    """Replaces a parameter by what it is computed from before each call; `parts` are the new tensors, by suffix."""
    weight = module._parameters.pop(name)
    made = parts(weight)
    for suffix, tensor in made.items():
        (module.register_parameter if isinstance(tensor, Parameter) else module.register_buffer)(name + suffix, tensor)
    setattr(module, name, alias(weight))
    handle = module.register_forward_pre_hook(lambda owner, args: setattr(owner, name, compute(owner)))
    module.__dict__.setdefault("_reparametrised", {})[name] = handle, list(made), compute
    return module


def _undone(module, name="weight"):
    """The module with a parameter of its own again."""
    known = module.__dict__.get("_reparametrised", {})
    if name not in known:
        raise ValueError(f"no reparametrisation of '{name}' found in {module}")
    handle, suffixes, compute = known.pop(name)
    value = compute(module)
    handle.remove()
    for suffix in suffixes:
        delattr(module, name + suffix)
    delattr(module, name)
    module.register_parameter(name, Parameter(value))
    return module


def weight_norm(module, name="weight", dim=0):
    """Direction `_v` and length `_g`, as the older function of torch names them."""
    parts = lambda weight: {"_g": Parameter(_length(weight, dim)), "_v": weight}
    compute = lambda owner: _of_length(getattr(owner, f"{name}_g"), getattr(owner, f"{name}_v"), dim)
    return _reparametrise(module, name, parts, compute)


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    axis = _rows(module, dim)

    def parts(weight):
        rows, columns = _largest(weight, axis).shape
        return {"_orig": weight, "_u": torch.randn(rows), "_v": torch.randn(columns)}

    def compute(owner):
        weight = getattr(owner, f"{name}_orig")
        return weight / torch.dot(getattr(owner, f"{name}_u"), _largest(weight, axis) @ getattr(owner, f"{name}_v"))

    return _reparametrise(module, name, parts, compute)


remove_weight_norm = remove_spectral_norm = _undone
parametrize = {
    one.__name__: one
    for one in (
        ParametrizationList,
        is_parametrized,
        register_parametrization,
        remove_parametrizations,
        type_before_parametrizations,
        cached,
    )
}
parametrizations = {"weight_norm": _weight_norm, "spectral_norm": _spectral_norm, "orthogonal": _orthogonal}
