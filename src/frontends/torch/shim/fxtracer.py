"""The tracer of torch.fx: a program that runs on stand-ins leaves the graph of its calls."""

import builtins
import contextlib
import inspect
import itertools
import math
import operator
import sys
import types

import torch
from torch import _trace
from torch._functions import functions
from torch._fxgraph import Graph, among, fold, known
from torch._tensor import Tensor
from torch._unknown import unpack_count
from torch.nn import functional
from torch.nn.modules.module import Module


class TraceError(ValueError):
    pass


class Proxy:
    """Stands for a value while a program is traced: every call of it or with it becomes a node."""

    def __init__(self, node, tracer=None):
        self.node, self.tracer = node, tracer

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Attribute(self, name)

    def __call__(self, *args, **kwargs):
        return self.tracer.create_proxy("call_method", "__call__", (self, *args), kwargs)

    def __iter__(self):
        count = unpack_count(sys._getframe(1))
        if count is None:
            raise TraceError("torch.fx traces without values: how often a loop over this runs is not known.")
        return (self[at] for at in range(count))

    def __bool__(self):
        if _trace.send("asserts", _trace.capture(2, 1)):
            return True
        raise TraceError("torch.fx traces without values: a condition cannot depend on them.")

    def __len__(self):
        raise TraceError("torch.fx traces without values: the length of this is not known.")

    def __index__(self):
        raise TraceError("torch.fx traces without values: a number cannot depend on them.")

    __int__ = __float__ = __index__

    def keys(self):
        return self.tracer.create_proxy("call_method", "keys", (self,), {})

    def __hash__(self):
        return id(self)

    def __repr__(self):
        return f"Proxy({self.node})"


class Attribute(Proxy):
    """`x.shape`, a node once its value is needed; `x.view(…)` is the call of a method."""

    def __init__(self, root, name):
        self.root, self.attr, self.tracer, self._node = root, name, root.tracer, None

    @property
    def node(self):
        if self._node is None:
            self._node = self.tracer.create_proxy("call_function", getattr, (self.root, self.attr), {}).node
        return self._node

    def __call__(self, *args, **kwargs):
        return self.tracer.create_proxy("call_method", self.attr, (self.root, *args), kwargs)


def _operate(function, turned=False):
    def method(self, *args):
        given = (*reversed(args), self) if turned else (self, *args)
        return self.tracer.create_proxy("call_function", function, given, {})

    return method


for _name in "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift".split():
    setattr(Proxy, f"__{_name.strip('_')}__", _operate(getattr(operator, _name)))
    setattr(Proxy, f"__r{_name.strip('_')}__", _operate(getattr(operator, _name), True))
for _name in "eq ne lt le gt ge neg pos invert abs getitem".split():
    setattr(Proxy, f"__{_name}__", _operate(getattr(operator, _name)))

# What `wrap` was given: a file's namespace and a name in it.
_wrapped = []


def wrap(function):
    """Makes a function of the file a single call in every graph."""
    name = function if isinstance(function, str) else function.__name__
    _wrapped.append((sys._getframe(1).f_globals, name))
    return function


def _torch_functions():
    """Names and functions of torch that take tensors."""
    pairs = [*vars(functional).items(), *((name, vars(torch).get(name)) for name in functions)]
    taken = [(name, one) for name, one in pairs if isinstance(one, types.FunctionType) and not name.startswith("_") and name != "is_tensor"]
    return [*taken, ("_assert", torch._assert)]


class Tracer:
    def __init__(self, autowrap_modules=(math,), autowrap_functions=(), param_shapes_constant=False):
        listed = [pair for module in autowrap_modules for pair in list(vars(module).items())]
        own = [one for name, one in listed if not name.startswith("_") and vars(builtins).get(name) is not one]
        self._alone = [one for one in [*own, *autowrap_functions] if callable(one) and not isinstance(one, type)]
        self.root, self.graph, self._scope, self._paths, self._leaves = None, None, "", {}, {}

    def is_leaf_module(self, m, module_qualified_name):
        return type(m).__module__.startswith(("torch.nn", "torch.ao.nn")) and not isinstance(m, torch.nn.Sequential)

    def path_of_module(self, mod):
        if id(mod) not in self._paths:
            raise NameError(f"{type(mod).__name__} is not one of the modules of the model that torch.fx traces.")
        return self._paths[id(mod)]

    def call_module(self, m, forward, args, kwargs):
        path = self.path_of_module(m)
        return self.create_proxy("call_module", path, args, kwargs) if self.is_leaf_module(m, path) else forward(*args, **kwargs)

    def create_node(self, kind, target, args, kwargs, name=None, type_expr=None):
        node = self.graph.create_node(kind, target, args, kwargs, name, type_expr)
        node.scope, node.frames = self._scope, _trace.capture(2)
        return node

    def create_proxy(self, kind, target, args, kwargs, name=None, type_expr=None, proxy_factory_fn=None):
        node = self.create_node(kind, target, self.create_arg(args), self.create_arg(kwargs), name, type_expr)
        return self.proxy(node)

    def proxy(self, node):
        return Proxy(node, self)

    def create_arg(self, value):
        return fold(value, self._argument)

    def _argument(self, one):
        if isinstance(one, Proxy):
            return one.node
        if not isinstance(one, Tensor):
            return one
        if id(one) not in self._leaves:
            # A tensor that is none of the model's own becomes one.
            name = next(name for name in (f"_tensor_constant{count}" for count in itertools.count()) if not hasattr(self.root, name))
            self.root.register_buffer(name, one)
            self._leaves[id(one)] = name
        return self.create_node("get_attr", self._leaves[id(one)], (), {})

    def trace(self, root, concrete_args=None):
        self.root = root if isinstance(root, Module) else Module()
        self.graph = Graph(tracer_cls=type(self))
        self._paths = {id(module): path for path, module in self.root.named_modules()}
        self._leaves = {id(one): path for path, one in [*self.root.named_parameters(), *self.root.named_buffers()]}
        function = root.forward if isinstance(root, Module) else root
        args, kwargs = [], {}
        for one in inspect.signature(function).parameters.values():
            if concrete_args and one.name in concrete_args:
                value = concrete_args[one.name]
            elif one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
                continue
            else:
                default = () if one.default is one.empty else (one.default,)
                value = self.create_proxy("placeholder", one.name, default, {})
            if one.kind == one.KEYWORD_ONLY:
                kwargs[one.name] = value
            else:
                args.append(value)
        with _patched(self):
            result = function(*args, **kwargs)
        self.create_node("output", "output", (self.create_arg(result),), {})
        return self.graph


@contextlib.contextmanager
def _patched(tracer):
    """While a program is traced: calls of modules and of functions, and parameters, become the tracer's."""
    call, look, probe = Module.__call__, Module.__getattr__, _trace.probe

    def traced_call(module, *args, **kwargs):
        before, tracer._scope = tracer._scope, tracer._paths.get(id(module), tracer._scope)
        try:
            return tracer.call_module(module, lambda *args, **kwargs: call(module, *args, **kwargs), args, kwargs)
        finally:
            tracer._scope = before

    def traced_look(module, name):
        value = look(module, name)
        path = tracer._leaves.get(id(value)) if isinstance(value, Tensor) else None
        return value if path is None else tracer.create_proxy("get_attr", path, (), {})

    def recorded(function):
        def record(*args, **kwargs):
            if among((args, kwargs), Proxy):
                return tracer.create_proxy("call_function", function, args, kwargs)
            return function(*args, **kwargs)

        return record

    named = _torch_functions()
    known.update({id(one): name for name, one in named})
    wrapped = [space[name] for space, name in _wrapped if name in space]
    records = {id(one): recorded(one) for one in [*(one for _, one in named), *tracer._alone, *wrapped]}
    own = [getattr(module, "__dict__", {}) for name, module in list(sys.modules.items()) if _is_users(name)]
    undo = []
    for space in [vars(torch), vars(functional), vars(math), *own]:
        for name, value in list(space.items()):
            if id(value) in records:
                undo.append((space, name, value))
                space[name] = records[id(value)]
    Module.__call__, Module.__getattr__, _trace.probe = traced_call, traced_look, ()
    try:
        yield
    finally:
        Module.__call__, Module.__getattr__, _trace.probe = call, look, probe
        for space, name, value in undo:
            space[name] = value


def _is_users(name):
    top = name.partition(".")[0]
    return top != "torch" and top not in sys.stdlib_module_names or name == "__main__"
