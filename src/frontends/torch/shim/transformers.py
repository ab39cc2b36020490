"""Parts of the transformers library that say something of its models and are no part of them."""

import sys
import types

from torch._pretrained import CHECKPOINT
from torch._unknown import Unknown


def auto_docstring(definition=None, checkpoint=None, **options):
    """The decorator that writes docstrings: nobody reads them here, but which checkpoint has a configuration's defaults."""

    def mark(inner):
        if checkpoint is not None and isinstance(inner, type):
            setattr(inner, CHECKPOINT, checkpoint)
        return inner

    return mark if definition is None else mark(definition)


def _other(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Unknown(f"transformers.utils.auto_docstring.{name}", True)


_module = types.ModuleType("transformers.utils.auto_docstring")
_module.auto_docstring = auto_docstring
_module.auto_class_docstring = _module.auto_method_docstring = lambda definition, *args, **kwargs: definition
_module.__getattr__ = _other
sys.modules[_module.__name__] = _module
