"""Configuration objects of small libraries, all of them mappings whose keys are attributes too."""

import sys
import types

from torch._unknown import Unknown


class Settings(dict):
    """A mapping whose keys are attributes; mappings in it become the same."""

    def __init__(self, *args, **kwargs):
        super().__init__()
        for given in args:
            if isinstance(given, dict):
                self.update(given)
        self.update(kwargs)

    def __setitem__(self, key, value):
        super().__setitem__(key, Settings(value) if type(value) is dict else value)

    def update(self, *args, **kwargs):
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key, value=None):
        if key not in self:
            self[key] = value
        return self[key]

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def __delattr__(self, name):
        del self[name]

    def copy(self):
        return Settings(self)

    clone = copy_and_resolve_references = to_dict = toDict = copy

    def __deepcopy__(self, memo):
        import copy

        return Settings({key: copy.deepcopy(value, memo) for key, value in self.items()})

    # What such libraries do besides: lock, merge, and read files, which are not there.
    def _itself(self, *args, **kwargs):
        return self

    freeze = defrost = lock = unlock = set_new_allowed = merge_from_file = merge_from_list = _itself

    def merge_from_other_cfg(self, other):
        self.update(other)


class _Growing(Settings):
    """Settings in which what is asked for and not there is made."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.setdefault(name, _Growing())


class _OmegaConf:
    @staticmethod
    def create(value=None):
        return [*value] if isinstance(value, list) else Settings(value or {})

    @staticmethod
    def structured(value):
        return value() if isinstance(value, type) else value

    @staticmethod
    def merge(*values):
        merged = Settings()
        for one in values:
            merged.update(one)
        return merged

    load = staticmethod(lambda path: Unknown("the contents of a file", True))
    set_struct = register_new_resolver = staticmethod(lambda *args, **kwargs: None)
    to_container = to_object = staticmethod(lambda value, **kwargs: value)


def _main(*args, **kwargs):
    return lambda function: function


for _name, _members in {
    "easydict": {"EasyDict": Settings},
    "addict": {"Dict": _Growing},
    "munch": {"Munch": Settings, "munchify": Settings},
    "ml_collections": {"ConfigDict": Settings, "FrozenConfigDict": Settings},
    "ml_collections.config_dict": {"ConfigDict": Settings, "FrozenConfigDict": Settings, "placeholder": lambda kind: None},
    "yacs": {},
    "yacs.config": {"CfgNode": Settings},
    "omegaconf": {"OmegaConf": _OmegaConf, "DictConfig": Settings, "ListConfig": list, "MISSING": "???"},
    "hydra": {"main": _main},
}.items():
    _module = types.ModuleType(_name)
    _module.__dict__.update(_members)
    _module.__path__ = []
    _parent, _, _last = _name.rpartition(".")
    if _parent:
        setattr(sys.modules[_parent], _last, _module)
    sys.modules[_name] = _module
