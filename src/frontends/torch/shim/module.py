"""nn.Module: the module tree, hooks, and which module a call belongs to."""

import sys
from collections import OrderedDict, namedtuple

from torch import _trace
from torch._tensor import Tensor
from torch._unknown import Unknown
from torch.nn.parameter import Parameter

_IncompatibleKeys = namedtuple("_IncompatibleKeys", ("missing_keys", "unexpected_keys"))


class RemovableHandle:
    def __init__(self, hooks):
        self.hooks = hooks
        self.id = max(hooks, default=-1) + 1

    def remove(self):
        self.hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def _hook(hooks, hook, options):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = (hook, options)
    return handle


class Module:
    training = True
    dump_patches = False
    _version = 1
    call_super_init = False

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        # type.__call__ is C, so the next frame is the one that holds the constructor call.
        self.__dict__["_created"] = _creator(sys._getframe(1))
        return self

    def __init__(self, *args, **kwargs):
        if args or kwargs:
            extra = next(iter(kwargs), None)
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{extra}'"
                if extra
                else f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
            )
        d = self.__dict__
        d["training"] = True
        d["_parameters"] = OrderedDict()
        d["_buffers"] = OrderedDict()
        d["_non_persistent_buffers_set"] = set()
        d["_modules"] = OrderedDict()
        d["_forward_hooks"] = OrderedDict()
        d["_forward_pre_hooks"] = OrderedDict()
        d["_backward_hooks"] = OrderedDict()
        d["_state_dict_hooks"] = OrderedDict()
        d["_load_state_dict_pre_hooks"] = OrderedDict()
        d["_path"] = -1

    def forward(self, *args, **kwargs):
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args, **kwargs):
        d = self.__dict__
        if "_path" not in d:
            raise AttributeError(f"{type(self).__name__}.__init__() did not call super().__init__()")
        if _trace.phase == "build" and _trace.probe is None:
            _trace.probe = args
        outer = _trace.module
        path = d["_path"]
        if path >= 0:
            _trace.module = path
            _trace.called.add(path)
        try:
            if d["_forward_pre_hooks"]:
                for hook, options in list(d["_forward_pre_hooks"].values()):
                    changed = hook(self, args, kwargs) if options else hook(self, args)
                    if changed is not None:
                        if options:
                            args, kwargs = changed
                        else:
                            args = changed if isinstance(changed, tuple) else (changed,)
            result = self.forward(*args, **kwargs)
            if d["_forward_hooks"]:
                for hook, options in list(d["_forward_hooks"].values()):
                    changed = hook(self, args, kwargs, result) if options else hook(self, args, result)
                    if changed is not None:
                        result = changed
            return result
        finally:
            _trace.module = outer

    def __setattr__(self, name, value):
        d = self.__dict__
        parameters = d.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            _forget(name, d, d["_buffers"], d["_modules"])
            parameters[name] = value
        elif isinstance(value, Module) or (isinstance(value, Unknown) and parameters is not None and value._name.endswith("()")):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            _forget(name, d, parameters, d["_buffers"])
            d["_modules"][name] = value
        elif parameters is not None and name in parameters:
            if value is not None and not isinstance(value, Unknown):
                if isinstance(value, Tensor):
                    raise TypeError(
                        f"cannot assign '{type(value).__name__}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                    )
                raise TypeError(f"cannot assign '{type(value).__name__}' object to parameter '{name}'")
            parameters[name] = value
        elif parameters is not None and name in d["_modules"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            d["_modules"][name] = value
        elif parameters is not None and name in d["_buffers"]:
            d["_buffers"][name] = value
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name):
        d = self.__dict__
        for kind in ("_modules", "_parameters", "_buffers"):
            known = d.get(kind)
            if known is not None and name in known:
                return known[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        for kind in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(kind, ()):
                del self.__dict__[kind][name]
                return
        object.__delattr__(self, name)

    def __dir__(self):
        return [*object.__dir__(self), *self._parameters, *self._buffers, *self._modules]

    def register_parameter(self, name, param):
        if param is not None and not isinstance(param, (Parameter, Unknown)):
            raise TypeError(f"cannot assign '{type(param).__name__}' object to parameter '{name}'")
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        if tensor is not None and not isinstance(tensor, (Tensor, Unknown)):
            raise TypeError(f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' (torch Tensor or None required)")
        if name in self.__dict__ and name not in self._buffers:
            raise KeyError(f"attribute '{name}' already exists")
        self._buffers[name] = tensor
        if not persistent:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        if module is not None and not isinstance(module, (Module, Unknown)):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {type(name).__name__}")
        if name in self.__dict__ and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._modules[name] = module

    register_module = add_module

    def get_submodule(self, target):
        module = self
        for part in target.split(".") if target else ():
            module = getattr(module, part)
        return module

    def get_parameter(self, target):
        path, _, name = target.rpartition(".")
        return getattr(self.get_submodule(path), name)

    get_buffer = get_parameter

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        return _hook(self._forward_hooks, hook, with_kwargs)

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        return _hook(self._forward_pre_hooks, hook, with_kwargs)

    def register_full_backward_hook(self, hook, prepend=False):
        return _hook(self._backward_hooks, hook, False)

    register_backward_hook = register_full_backward_pre_hook = register_full_backward_hook

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        return _hook(self._load_state_dict_pre_hooks, hook, False)

    def _register_state_dict_hook(self, hook):
        return _hook(self._state_dict_hooks, hook, False)

    register_load_state_dict_post_hook = _register_state_dict_hook

    def _members(self, kind, prefix, recurse, remove_duplicate=True):
        seen = set()
        for path, module in self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]:
            for name, value in module.__dict__.get(kind, {}).items():
                if value is None or isinstance(value, Unknown) or (remove_duplicate and id(value) in seen):
                    continue
                seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        return (value for _, value in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        return (value for _, value in self.named_buffers(recurse=recurse))

    def named_children(self):
        seen = set()
        for name, module in self._modules.items():
            if isinstance(module, Module) and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self):
        return (module for _, module in self.named_children())

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        if remove_duplicate:
            memo.add(id(self))
        yield prefix, self
        for name, module in self.__dict__.get("_modules", {}).items():
            if isinstance(module, Module):
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self):
        return (module for _, module in self.named_modules())

    def train(self, mode=True):
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def apply(self, fn):
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        destination = OrderedDict() if destination is None else destination
        for name, value in [*self._parameters.items(), *self._buffers.items()]:
            if value is not None and name not in self._non_persistent_buffers_set:
                destination[prefix + name] = value
        for name, module in self._modules.items():
            if isinstance(module, Module):
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.")
        return destination

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Weights come from elsewhere; only shapes are looked at here, and there are none to compare."""
        if isinstance(state_dict, dict):
            own = self.state_dict()
            for name, value in state_dict.items():
                if name in own and isinstance(value, Tensor):
                    own[name].copy_(value)
        return _IncompatibleKeys([], [])

    def zero_grad(self, set_to_none=True):
        pass

    def share_memory(self):
        return self

    def compile(self, *args, **kwargs):
        return self

    def extra_repr(self):
        return ""

    def set_extra_state(self, state):
        pass

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        return f"{type(self).__name__}({self.extra_repr()})"

    def __deepcopy__(self, memo):
        import copy

        result = object.__new__(type(self))
        memo[id(self)] = result
        for key, value in self.__dict__.items():
            result.__dict__[key] = value if key in ("_created",) else copy.deepcopy(value, memo)
        return result


def _forget(name, d, *places):
    d.pop(name, None)
    for place in places:
        place.pop(name, None)


def _creator(frame):
    """The user's frame that holds this call."""
    while frame is not None:
        code = frame.f_code
        if code.co_filename in _trace.files:
            return _trace.frame_id(code, frame.f_lasti)
        frame = frame.f_back
    return -1


class _UnknownMeta(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(f"{cls.__name__}.{name}", True)

    def __iter__(cls):
        return iter(())


class UnknownModule(Module, metaclass=_UnknownMeta):
    """Base of the user's classes whose real base cannot be had."""

    def __init__(self, *args, **kwargs):
        Module.__init__(self)

    def __init_subclass__(cls, **kwargs):
        pass

    def __getattr__(self, name):
        try:
            return Module.__getattr__(self, name)
        except AttributeError:
            if name.startswith("_"):
                raise
            return Unknown(f"{type(self).__name__}.{name}", True)
