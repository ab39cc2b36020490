"""Layers that learn their width from their first input."""

from torch import _trace
from torch._registry import paths, register_leaves
from torch._unknown import UnknownInt, UnknownShape
from torch.nn.modules import _convolutions, _norms
from torch.nn.modules.module import Module

__all__ = []


class LazyModuleMixin:
    """What all of them are."""


def _lazy(cls, axis):
    class Lazy(LazyModuleMixin, cls):
        def __init__(self, *args, **kwargs):
            Module.__init__(self)
            self.__dict__["_given"] = (args, kwargs)

        def forward(self, input):
            width = UnknownInt() if isinstance(input.shape, UnknownShape) else input.shape[axis]
            self._settle(width)
            return self.forward(input)

        def reset_parameters(self):
            pass

        def _settle(self, width):
            """Becomes the layer that it stands for."""
            own = self.__dict__
            args, kwargs = own.pop("_given")
            kept = {key: one for key, one in own.items() if key in ("_path", "training", "_created") or key.endswith("_hooks")}
            self.__class__ = cls
            cls.__init__(self, width, *args, **kwargs)
            own.update(kept)
            if _trace.phase == "forward" and own["_path"] >= 0:
                register_leaves(self, paths[own["_path"]])

    Lazy.__name__ = Lazy.__qualname__ = f"Lazy{cls.__name__}"
    Lazy.__module__ = __name__
    return Lazy


for _name, _axis in {
    "Linear": -1,
    **{f"{kind}{rank}d": 1 for kind in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for rank in (1, 2, 3)},
}.items():
    globals()[f"Lazy{_name}"] = _lazy(getattr(_norms if "Norm" in _name else _convolutions, _name), _axis)
    __all__.append(f"Lazy{_name}")
