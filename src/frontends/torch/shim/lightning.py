"""PyTorch Lightning: modules, and what stands around them, of which nothing is traced."""

import inspect
import sys
import types

import torch
from torch import nn
from torch._unknown import Unknown, missing
from torch._settings import Settings


def _nothing(*args, **kwargs):
    return None


class LightningModule(nn.Module):
    """A Module whose training nobody looks at."""

    global_step, current_epoch, trainer, logger, automatic_optimization = 0, 0, None, None, True
    example_input_array = None

    def __init__(self, *args, **kwargs):
        super().__init__()

    def save_hyperparameters(self, *names, ignore=None, frame=None, logger=True):
        """Keeps what the calling constructor was given as `hparams`."""
        caller = sys._getframe(1)
        info = inspect.getargvalues(caller)
        given = {name: info.locals[name] for name in info.args[1:]}
        if info.keywords:
            given.update(info.locals[info.keywords])
        ignored = [ignore] if isinstance(ignore, str) else ignore or ()
        chosen = [one for one in names if isinstance(one, str)]
        objects = [one for one in names if not isinstance(one, str)]
        if objects:
            given = dict(objects[0] if isinstance(objects[0], dict) else vars(objects[0]))
        kept = {name: value for name, value in given.items() if name not in ignored and (not chosen or name in chosen)}
        self.__dict__["hparams"] = Settings({**self.__dict__.get("hparams", {}), **kept})

    @property
    def device(self):
        return torch.device("cpu")

    dtype = torch.float32
    log = log_dict = print = manual_backward = toggle_optimizer = untoggle_optimizer = freeze = unfreeze = _nothing

    def optimizers(self, *args, **kwargs):
        return Unknown("an optimizer", True)

    @classmethod
    def load_from_checkpoint(cls, *args, **kwargs):
        return cls(**{key: value for key, value in kwargs.items() if key in inspect.signature(cls.__init__).parameters})


class LightningDataModule:
    save_hyperparameters = _nothing


for _name in ("pytorch_lightning", "lightning", "lightning.pytorch"):
    _module = sys.modules.get(_name) or types.ModuleType(_name)
    _module.__path__ = []
    _module.LightningModule, _module.LightningDataModule, _module.seed_everything = LightningModule, LightningDataModule, _nothing
    _module.__getattr__ = missing(_name, True)
    sys.modules[_name] = _module
    for _part in "callbacks loggers core strategies trainer utilities plugins profilers tuner metrics core.lightning core.module".split():
        _child = types.ModuleType(f"{_name}.{_part}")
        _child.__path__, _child.LightningModule, _child.__getattr__ = [], LightningModule, missing(_child.__name__, True)
        sys.modules[_child.__name__] = _child
sys.modules["lightning"].pytorch = sys.modules["lightning.pytorch"]
