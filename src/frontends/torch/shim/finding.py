"""Which classes of a file are models, and which of its functions return one."""

import ast
import inspect
import types

from torch._files import node_of
from torch.nn.modules.module import Module


def needed_arguments(function, skip=0):
    """Names of the arguments without a default; one of unknown name where that cannot be found out."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return ["…"]
    return [one.name for one in parameters if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]


def constructor(cls):
    """The constructor that tells what a class takes: where one hands all that it is given on, the one behind it."""
    return next((vars(one)["__init__"] for one in cls.__mro__ if "__init__" in vars(one) and not _hands_all_on(one)), cls.__init__)


def _hands_all_on(cls):
    """Whether a class's own constructor is `def __init__(self, *args, **kwargs)` with `super().__init__(*args, **kwargs)` in it."""
    try:
        taken = list(inspect.signature(vars(cls)["__init__"]).parameters.values())[1:]
    except (TypeError, ValueError):
        return False
    if [one.kind for one in taken] != [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]:
        return False
    handed = f"super().__init__(*{taken[0].name}, **{taken[1].name})"
    return any(isinstance(one, ast.Call) and ast.unparse(one) == handed for one in ast.walk(node_of(cls) or ast.Module([], [])))


def unwrap(function):
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def is_model_class(value):
    return (
        isinstance(value, type)
        and issubclass(value, Module)
        and any("forward" in one.__dict__ for one in value.__mro__ if one.__module__.partition(".")[0] != "torch")
    )


def asked_kind(node, name):
    """What an `isinstance(name, …)` asks for, as it is written; None for any other node."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance" and len(node.args) == 2:
        return node.args[1] if isinstance(node.args[0], ast.Name) and node.args[0].id == name else None
    return None


def own_nodes(body):
    """All nodes of some statements, without the definitions among them."""
    queue = list(body)
    while queue:
        node = queue.pop(0)
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield node
            queue[:0] = ast.iter_child_nodes(node)


def _names_in(node):
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


class Finding:
    """Which functions of the file return a model, said by annotations and by what their return statements call."""

    def __init__(self, tree, namespace):
        self.namespace = namespace
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        # Names in the file's dictionaries and lists of classes and functions, by the names of those.
        self.tables = {
            target.id: _names_in(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Dict, ast.List, ast.Tuple))
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        # Names of the classes that methods belong to, by the methods' identities.
        self.owners = {id(one): name for name, node in self.classes.items() for one in node.body}
        self.memo = {}

    def returns_model(self, name):
        if name not in self.memo:
            self.memo[name] = False
            self.memo[name] = self._decide(self.functions[name])
        return self.memo[name]

    def _decide(self, node):
        if node.returns is not None:
            said = self.value_of(node.returns)
            if isinstance(said, str):
                said = self.namespace.get(said)
            if isinstance(said, type):
                return issubclass(said, Module)
        return any(self._makes_model(value) for value in self._returned(node))

    def makes_own(self, name):
        """Whether a function that returns a model returns one that a file defines, rather than a layer."""
        if name not in self.functions:
            return False
        for value in self._returned(self.functions[name]):
            for one in ast.walk(value):
                target = self.value_of(one) if isinstance(one, (ast.Name, ast.Attribute)) else None
                if isinstance(target, type) and issubclass(target, Module) and target.__module__.partition(".")[0] != "torch":
                    return True
        return False

    def hands_on(self, node):
        """Whether all that a function takes goes to a class that needs more than the function itself gives it."""
        rest = {one.arg for one in (node.args.vararg, node.args.kwarg) if one}
        for value in self._returned(node) if rest else ():
            target = self.value_of(value.func) if isinstance(value, ast.Call) else None
            if not (isinstance(target, type) and issubclass(target, Module)):
                continue
            handed = [one.value for one in value.args if isinstance(one, ast.Starred)]
            handed += [one.value for one in value.keywords if one.arg is None]
            if not any(isinstance(one, ast.Name) and one.id in rest for one in handed):
                continue
            own = [one for one in value.args if not isinstance(one, ast.Starred)]
            named = {one.arg for one in value.keywords}
            if set(needed_arguments(target.__init__, 1 + len(own))) - named:
                return True
        return False

    def _returned(self, node):
        """What a function's return statements give: expressions, names spelled out, arguments that are handed through too."""
        assigned, returned = {}, []
        for inner in own_nodes(node.body):
            if isinstance(inner, ast.Assign) and len(inner.targets) == 1 and isinstance(inner.targets[0], ast.Name):
                assigned.setdefault(inner.targets[0].id, []).append(inner.value)
            elif isinstance(inner, ast.Return) and inner.value is not None:
                returned.append(inner.value)
        found = [value for one in returned for value in (assigned.get(one.id, ()) if isinstance(one, ast.Name) else (one,))]
        for value in list(found):
            passed = self._handed_through(value)
            found += assigned.get(passed.id, ()) if isinstance(passed, ast.Name) else [passed] if passed is not None else []
        return found

    def _handed_through(self, value):
        """The argument that a call of the file's own function gives back, as `init_net(net)` does."""
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in self.functions):
            return None
        callee = self.functions[value.func.id]
        back = {one.value.id for one in own_nodes(callee.body) if isinstance(one, ast.Return) and isinstance(one.value, ast.Name)}
        return next((given for one, given in zip(callee.args.args, value.args) if one.arg in back), None)

    def _makes_model(self, value):
        if not isinstance(value, ast.Call):
            return False
        callee = value.func
        if isinstance(callee, ast.Attribute) and callee.attr in ("eval", "train", "to", "cuda", "cpu", "half", "float", "double", "bfloat16"):
            return self._makes_model(callee.value)
        if isinstance(callee, ast.Name) and callee.id in self.functions:
            return self.returns_model(callee.id)
        target = self.value_of(callee)
        return isinstance(target, type) and issubclass(target, Module)

    def value_of(self, node):
        """What a name, a constant or a module's member stands for in the file; None for anything else."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.namespace.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.value_of(node.value)
            return getattr(owner, node.attr, None) if isinstance(owner, types.ModuleType) else None
        return None

    def used_by(self, name):
        """Names that the definition of a class uses, and those in the file's tables from which it chooses."""
        used = _names_in(self.classes[name])
        return used.union(*(self.tables[one] for one in used if one in self.tables)) - {name}

    def used_names(self):
        """Names of classes that other classes of the file use. What an agent or a trainer makes, which is no model itself, is none of its parts."""
        return set().union(*(self.used_by(name) - self._made_by(name) for name in self.classes))

    def _made_by(self, name):
        """Names of what a class that is no model calls."""
        value = self.namespace.get(name)
        if not isinstance(value, type) or issubclass(value, Module):
            return set()
        return {one.func.id for one in ast.walk(self.classes[name]) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)}

    def reach(self, name, seen=None):
        """How many model classes the definition of one of the file's uses, directly or not."""
        seen = {name} if seen is None else seen
        for one in self.used_by(name) - seen:
            if is_model_class(self.namespace.get(one)):
                seen.add(one)
                if one in self.classes:
                    self.reach(one, seen)
        return len(seen) - 1
