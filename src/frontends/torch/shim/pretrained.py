"""
What libraries load by a name: nothing is downloaded. What a name stands for is known where it is a folder of the workspace with
a configuration in it, or where the library says whose defaults a configuration has.
"""

import importlib
import inspect
import json
import os
import re

from torch import _trace
from torch._files import find, user
from torch._unknown import Unknown
from torch.nn.modules.module import Module

# The attribute in which a decorator that writes documentation leaves the name that a configuration's defaults belong to.
CHECKPOINT = "_documented_checkpoint"

_SAID = re.compile(r"defaults\s+will\s+yield\s+a\s+(?:similar\s+)?configuration.*?huggingface\.co/([\w.-]+(?:/[\w.-]+)?)", re.DOTALL)


# Functions that fetch a file of weights and give its place.
_FETCH = {"hf_hub_download", "snapshot_download", "cached_download"}


def intercept(module):
    """Replaces `from_pretrained` of the classes that an installed module defines, and functions that download."""
    for name, value in list(vars(module).items()):
        if name in _FETCH and getattr(value, "__module__", None) == module.__name__:
            setattr(module, name, Unknown("the downloaded file", True))
        if isinstance(value, type) and value.__module__ == module.__name__ and "from_pretrained" in vars(value):
            value.from_pretrained = classmethod(_from_pretrained)


def _from_pretrained(cls, name=None, *args, config=None, **options):
    """A model of a configuration that is given, or whose defaults belong to the name; else unknown."""
    if config is not None and not isinstance(config, (str, Unknown)):
        return _given(cls, config, options)
    name = os.fspath(name) if isinstance(name, os.PathLike) else name
    if not isinstance(name, str) or not _is_of_models(cls):
        return Unknown(f"{cls.__name__}.from_pretrained", True)
    said = _read(name, options.pop("subfolder", ""))
    if said is not None:
        config = _configured(cls, said, options)
        if config is None:
            _trace.report("unread-file", f"The configuration in '{name}' makes no model of this library: what comes from it is treated as unknown.")
            return Unknown(f"{cls.__name__}.from_pretrained", True)
        return _given(cls, config, options)
    kind = next((one for one in _configurations(cls, name) if _is_documented(one, name)), None)
    if kind is not None:
        default = kind()
        config = kind(**{key: value for key, value in options.items() if hasattr(default, key)})
        text = f"The defaults of {kind.__name__}, which are documented to be those of '{name}', stand for it: nothing is downloaded."
        _trace.report("unread-file", text, "info")
        return _given(cls, config, options)
    if re.match(r"[./\\~]|\w:", name):
        text = f"Skipscope finds no configuration of a model in '{name}', inside the workspace: what comes from there is treated as unknown."
    else:
        text = f"Skipscope downloads nothing: what comes from '{name}' is treated as unknown."
    _trace.report("unread-file", text)
    return Unknown(f"{cls.__name__}.from_pretrained", True)


def _read(folder, below):
    """The configuration in a folder of the workspace, as JSON's text; None where there is none."""
    path = "/".join(one for one in (folder.rstrip("/\\"), below, "config.json") if one)
    return user[path][1] if find(path) else None


def _configured(cls, text, options):
    """The configuration that a text is, of the class that the model or the text itself names; None where there is none."""
    try:
        said = json.loads(text)
        own = cls if cls.__name__.endswith("Config") else getattr(cls, "config_class", None)
        kind = own if isinstance(own, type) and not own.__name__.startswith("Auto") else _mapping(cls)[said["model_type"]]
        if hasattr(kind, "from_dict"):
            return kind.from_dict(said, **options)
        return kind(**{**said, **options})
    except Exception:
        return None


def _given(cls, config, options):
    """
    A configuration, or its model, with those options that the model itself takes; a model stays in its own number format, as
    wherever it is moved to another.
    """
    if _is_choice(cls):
        return cls.from_config(config)
    if not issubclass(cls, Module):
        return config
    taken = inspect.signature(cls.__init__).parameters
    return cls(config, **{key: value for key, value in options.items() if key in taken and not hasattr(config, key)})


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
    try:
        mapping = _mapping(cls)
        alike = [key for key in mapping.keys() if key.replace("_", "-") in name.replace("_", "-").lower()]
        return [mapping[key] for key in sorted(alike, key=len, reverse=True)[:3]]
    except Exception:
        return []


def _mapping(cls):
    """Of an automatic class, the library's table of configurations: it lies in its module, or in one beside it."""
    package = cls.__module__.rpartition(".")[0]
    return importlib.import_module(f"{package}.configuration_auto").CONFIG_MAPPING


def _is_documented(kind, name):
    said = vars(kind).get(CHECKPOINT)
    if said is None:
        found = _SAID.search(kind.__doc__ or "")
        said = found and found[1]
    return bool(said) and name in (said, said.rpartition("/")[2])
