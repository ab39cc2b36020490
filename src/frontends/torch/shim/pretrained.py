"""What libraries load by a name: nothing is downloaded, and what a name stands for is known only where the library says so."""

import importlib
import re

from torch import _trace
from torch._unknown import Unknown
from torch.nn.modules.module import Module

# The attribute in which a decorator that writes documentation leaves the name that a configuration's defaults belong to.
CHECKPOINT = "_documented_checkpoint"

_SAID = re.compile(r"defaults\s+will\s+yield\s+a\s+(?:similar\s+)?configuration.*?huggingface\.co/([\w.-]+(?:/[\w.-]+)?)", re.DOTALL)


def intercept(module):
    """Replaces `from_pretrained` of the classes that an installed module defines."""
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__ and "from_pretrained" in vars(value):
            value.from_pretrained = classmethod(_from_pretrained)


def _from_pretrained(cls, name=None, *args, config=None, **options):
    """A model of a configuration that is given, or whose defaults belong to the name; else unknown."""
    if config is not None and not isinstance(config, (str, Unknown)):
        return _built(cls, config)
    if isinstance(name, str) and _is_of_models(cls):
        kind = next((one for one in _configurations(cls, name) if _is_documented(one, name)), None)
        if kind is not None:
            default = kind()
            config = kind(**{key: value for key, value in options.items() if hasattr(default, key)})
            said = f"The defaults of {kind.__name__}, which are documented to be those of '{name}', stand for it: nothing is downloaded."
            _trace.report("unread-file", said, "info")
            return _built(cls, config) if issubclass(cls, Module) or _is_choice(cls) else config
        _trace.report("unread-file", f"Skipscope downloads nothing: what comes from '{name}' is treated as unknown.")
    return Unknown(f"{cls.__name__}.from_pretrained", True)


def _built(cls, config):
    return cls.from_config(config) if _is_choice(cls) else cls(config)


def _is_choice(cls):
    """Whether a class only chooses, by a configuration, which class's model it builds."""
    return hasattr(cls, "from_config") and not issubclass(cls, Module)


def _is_of_models(cls):
    return issubclass(cls, Module) or _is_choice(cls) or cls.__name__.endswith("Config")


def _configurations(cls, name):
    """Configuration classes that a name may belong to: the class itself or its own one, or those called like the name."""
    own = getattr(cls, "config_class", None)
    if isinstance(own, type):
        return [own]
    if cls.__name__.endswith("Config") and not cls.__name__.startswith("Auto"):
        return [cls]
    # An automatic class: the library's table of configurations lies in its module, or in one beside it.
    package = cls.__module__.rpartition(".")[0]
    try:
        mapping = importlib.import_module(f"{package}.configuration_auto").CONFIG_MAPPING
        alike = [key for key in mapping.keys() if key.replace("_", "-") in name.replace("_", "-").lower()]
        return [mapping[key] for key in sorted(alike, key=len, reverse=True)[:3]]
    except Exception:
        return []


def _is_documented(kind, name):
    said = vars(kind).get(CHECKPOINT)
    if said is None:
        found = _SAID.search(kind.__doc__ or "")
        said = found and found[1]
    return bool(said) and name in (said, said.rpartition("/")[2])
