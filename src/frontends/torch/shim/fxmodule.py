"""Modules of torch.fx, which carry the calls of a graph out, and the names of its packages."""

import inspect
import operator

from torch import _trace
from torch._aliases import make
from torch._fxgraph import Graph, Node, map_arg
from torch._fxtracer import Attribute, Proxy, TraceError, Tracer, wrap
from torch._tensor import Tensor
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter


class _Run:
    """The forward pass of a graph: its nodes one after the other."""

    def __init__(self, module):
        self._module = module

    @property
    def __signature__(self):
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        given = [(one.target, one.args[0] if one.args else inspect.Parameter.empty) for one in self._inputs()]
        return inspect.Signature([inspect.Parameter(name, kind, default=default) for name, default in given])

    def _inputs(self):
        return self._module.graph.find_nodes(op="placeholder")

    def __call__(self, *args, **kwargs):
        bound = self.__signature__.bind(*args, **kwargs)
        bound.apply_defaults()
        values = {}
        for node in self._module.graph.nodes:
            given, named = map_arg((node.args, node.kwargs), values.__getitem__)
            if node.op == "output":
                return given[0]
            values[node] = bound.arguments[node.target] if node.op == "placeholder" else self._perform(node, given, named)

    def _perform(self, node, args, kwargs):
        if node.op == "get_attr":
            return operator.attrgetter(node.target)(self._module)
        function, owner = node.target, node.scope
        if node.op == "call_module":
            function, owner = self._module.get_submodule(node.target), node.target
            if not type(function).__module__.startswith("torch."):
                # Its own calls have places of their own.
                return function(*args, **kwargs)
        elif node.op == "call_method":
            function, args = getattr(args[0], node.target), args[1:]
        before = _trace.placed, _trace.module
        _trace.module = self._index(owner)
        _trace.placed = (_trace.module, node.frames)
        try:
            return function(*args, **kwargs)
        finally:
            _trace.placed, _trace.module = before

    def _index(self, path):
        """Number of the module that a node belongs to, or of the nearest one around it that is there."""
        module = self._module
        for part in path.split(".") if path else ():
            module = module._modules.get(part) or module
        return module.__dict__["_path"]


class GraphModule(Module):
    """The part of a model that a graph uses."""

    def __init__(self, root, graph, class_name="GraphModule"):
        super().__init__()
        for node in graph.nodes:
            if node.op in ("get_attr", "call_module"):
                copy_attr(root, self, node.target)
        self.graph = graph

    @property
    def graph(self):
        return self.__dict__["_graph"]

    @graph.setter
    def graph(self, graph):
        self.__dict__["_graph"] = graph
        graph.owning_module = self

    @property
    def forward(self):
        return _Run(self)

    def recompile(self):
        return None

    def print_readable(self, *args, **kwargs):
        return ""

    def delete_all_unused_submodules(self):
        pass


class _CodeOnlyModule(Module):
    def __init__(self, body):
        super().__init__()
        self.__dict__.update(body)


def copy_attr(source, target, path):
    """Installs what a path leads to in another module, with empty modules where none are above it."""
    *above, name = path.split(".")
    for part in above:
        here, there = getattr(source, part), target._modules.get(part)
        if here is there:
            return
        if there is None:
            there = Module()
            target.add_module(part, there)
        source, target = here, there
    value = getattr(source, name)
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        target.register_buffer(name, value)
    else:
        setattr(target, name, value)


def symbolic_trace(root, concrete_args=None):
    tracer = Tracer()
    graph = tracer.trace(root, concrete_args)
    return GraphModule(tracer.root, graph, type(root).__name__)


def install():
    names = dict(Graph=Graph, GraphModule=GraphModule, Node=Node, Proxy=Proxy, Tracer=Tracer, symbolic_trace=symbolic_trace, wrap=wrap)
    make("torch.fx", **names, map_arg=map_arg)
    make("torch.fx.graph", Graph=Graph)
    make("torch.fx.node", Node=Node, Target=object, Argument=object, map_arg=map_arg)
    make("torch.fx.proxy", Proxy=Proxy, Attribute=Attribute, TraceError=TraceError)
    make("torch.fx._symbolic_trace", Tracer=Tracer, symbolic_trace=symbolic_trace, wrap=wrap)
    preserved = "_user_preserved_attributes"
    make("torch.fx.graph_module", GraphModule=GraphModule, _CodeOnlyModule=_CodeOnlyModule, _copy_attr=copy_attr, _USER_PRESERVED_ATTRIBUTES_KEY=preserved)
    make("torch.fx._compatibility", compatibility=lambda **kwargs: lambda one: one)
