"""pydantic's models, whose own checks are compiled: annotated names with defaults, filled by keyword arguments."""

import copy
import dataclasses
import inspect
import sys
import types

from torch._unknown import missing


class ValidationError(ValueError):
    pass


class _Field:
    def __init__(self, default=..., *, default_factory=None, **constraints):
        self.default, self.factory = default, default_factory


def _default(value):
    """What a name holds that nobody gave a value; `...` where one is needed."""
    if isinstance(value, _Field):
        return value.factory() if value.factory else value.default
    return copy.deepcopy(value)


class BaseModel:
    def __init__(self, **values):
        for kind in reversed(type(self).__mro__):
            for name, annotation in inspect.get_annotations(kind).items():
                if name == "model_config":
                    continue
                value = values[name] if name in values else _default(getattr(type(self), name, ...))
                if value is ...:
                    raise ValidationError(f"1 validation error for {type(self).__name__}\n{name}\n  Field required")
                if isinstance(value, dict) and isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    value = annotation(**value)
                setattr(self, name, value)
        self.model_post_init(None)

    def model_post_init(self, context):
        pass

    def model_dump(self, **kwargs):
        return {name: one.model_dump() if isinstance(one, BaseModel) else one for name, one in vars(self).items()}

    def model_copy(self, *, update=None, deep=False):
        made = copy.deepcopy(self) if deep else copy.copy(self)
        made.__dict__.update(update or {})
        return made

    @classmethod
    def model_validate(cls, values, **kwargs):
        return values if isinstance(values, cls) else cls(**values)

    dict, parse_obj = model_dump, model_validate

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = object.__hash__


def _checked(*args, **kwargs):
    """A decorator of what only checks values."""
    return args[0] if len(args) == 1 and not kwargs and callable(args[0]) else lambda function: function


_module = types.ModuleType("pydantic")
_module.__dict__.update(BaseModel=BaseModel, Field=_Field, ValidationError=ValidationError, ConfigDict=dict, PrivateAttr=_Field)
for _name in "validator root_validator field_validator model_validator validate_call validate_arguments field_serializer".split():
    setattr(_module, _name, _checked)
_module.computed_field = lambda *args, **kwargs: args[0] if args else lambda function: function
_module.dataclasses = types.ModuleType("pydantic.dataclasses")
_module.dataclasses.dataclass = lambda cls=None, *, config=None, **kwargs: dataclasses.dataclass(cls, **kwargs)
_module.__path__, _module.__getattr__ = [], missing("pydantic", True)
sys.modules["pydantic"], sys.modules["pydantic.dataclasses"] = _module, _module.dataclasses
