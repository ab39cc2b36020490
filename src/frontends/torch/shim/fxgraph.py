"""Graphs of torch.fx: the calls of a program, each with what it is given."""

import builtins
import contextlib
import inspect
import itertools
import keyword

# Functions of torch, by identity, and the names that they go by in graphs.
known = {}


def map_arg(value, fn):
    """`value` with `fn(node)` for each node in it."""
    return fold(value, lambda one: fn(one) if isinstance(one, Node) else one)


def fold(value, fn):
    """`value` with `fn(part)` for each of its parts that is no container."""
    if isinstance(value, tuple):
        parts = [fold(one, fn) for one in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, list):
        return [fold(one, fn) for one in value]
    if isinstance(value, dict):
        return {key: fold(one, fn) for key, one in value.items()}
    if isinstance(value, slice):
        return slice(*[fold(one, fn) for one in (value.start, value.stop, value.step)])
    return fn(value)


def among(value, kind):
    """All of a kind in what a call is given."""
    found = []
    fold(value, lambda one: found.append(one) if isinstance(one, kind) else None)
    return found


class Node:
    """One call; `scope` is the path of the module that made it, `frames` where it stands."""

    def __init__(self, graph, name, op, target, args, kwargs, type=None):
        self.graph, self.name, self.op, self.target, self.type = graph, name, op, target, type
        self.args, self.kwargs, self.meta = args, kwargs, {}
        self.scope, self.frames = "", []

    @property
    def all_input_nodes(self):
        return list(dict.fromkeys(among((self.args, self.kwargs), Node)))

    @property
    def users(self):
        return {one: None for one in self.graph.nodes if self in one.all_input_nodes}

    def replace_all_uses_with(self, other):
        swap = lambda node: other if node is self else node
        users = list(self.users)
        for one in users:
            one.args, one.kwargs = map_arg(one.args, swap), map_arg(one.kwargs, swap)
        return users

    def is_impure(self):
        return self.op in ("placeholder", "output") or getattr(self.target, "__name__", "") == "_assert"

    def __repr__(self):
        return self.name


class Graph:
    def __init__(self, owning_module=None, tracer_cls=None, tracer_extras=None):
        self.owning_module, self._tracer_cls = owning_module, tracer_cls
        self.nodes, self._names, self._at = [], set(), None

    def create_node(self, op, target, args=None, kwargs=None, name=None, type_expr=None):
        node = Node(self, self._unique(name or _name_of(target)), op, target, args or (), kwargs or {}, type_expr)
        at = len(self.nodes) if self._at is None else self._at
        self.nodes.insert(at, node)
        self._at = None if self._at is None else at + 1
        return node

    def _unique(self, name):
        name = "".join(one if one.isalnum() else "_" for one in name).strip("_") or "node"
        taken = lambda one: one in self._names or one in vars(builtins) or keyword.iskeyword(one)
        name = next(one for one in itertools.chain([name], (f"{name}_{count}" for count in itertools.count(1))) if not taken(one))
        self._names.add(name)
        return name

    def placeholder(self, name, type_expr=None, default_value=inspect.Signature.empty):
        return self.create_node("placeholder", name, () if default_value is inspect.Signature.empty else (default_value,), {})

    def get_attr(self, name, type_expr=None):
        return self.create_node("get_attr", name)

    def call_module(self, name, args=None, kwargs=None, type_expr=None):
        return self.create_node("call_module", name, args, kwargs)

    def call_method(self, name, args=None, kwargs=None, type_expr=None):
        return self.create_node("call_method", name, args, kwargs)

    def call_function(self, function, args=None, kwargs=None, type_expr=None):
        return self.create_node("call_function", function, args, kwargs)

    def output(self, result, type_expr=None):
        return self.create_node("output", "output", (result,))

    def erase_node(self, node):
        if node.users:
            raise RuntimeError(f"{node} is still used in the graph, by {', '.join(map(str, node.users))}.")
        self.nodes.remove(node)

    @contextlib.contextmanager
    def _inserting(self, at):
        before, self._at = self._at, at
        try:
            yield
        finally:
            self._at = before

    def inserting_after(self, node=None):
        return self._inserting(0 if node is None else self.nodes.index(node) + 1)

    def inserting_before(self, node=None):
        return self._inserting(None if node is None else self.nodes.index(node))

    def eliminate_dead_code(self, is_impure_node=None):
        before, used = len(self.nodes), set()
        for node in reversed(list(self.nodes)):
            if node in used or (is_impure_node or Node.is_impure)(node):
                used.update(node.all_input_nodes)
            else:
                self.nodes.remove(node)
        return len(self.nodes) != before

    def find_nodes(self, *, op, target=None, sort=True):
        return [one for one in self.nodes if one.op == op and target in (None, one.target)]

    def lint(self):
        pass

    def __deepcopy__(self, memo):
        twin = memo[id(self)] = Graph(None, self._tracer_cls)
        twins = {}
        for node in self.nodes:
            args, kwargs = map_arg((node.args, node.kwargs), twins.__getitem__)
            made = twins[node] = twin.create_node(node.op, node.target, args, kwargs, node.name, node.type)
            made.scope, made.frames, made.meta = node.scope, node.frames, dict(node.meta)
        return twin


def _name_of(target):
    return target if isinstance(target, str) else known.get(id(target)) or getattr(target, "__name__", "call")
