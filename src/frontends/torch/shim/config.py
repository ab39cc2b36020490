"""Configuration objects: which arguments ask for one, and one made up from what a class reads off it."""

import ast
import re

from torch._demands import counts_words, is_list
from torch._usual import LISTS

CONFIG = re.compile(r"config|cfg|conf$|args|params|opts?$|options|hparams", re.IGNORECASE)

# A namespace that can be asked whether it holds a name, as `'dropout' in args` does.
_NAMESPACE = "__import__('argparse').Namespace"
# What mappings and tensors can do: read off an argument, it says nothing of a configuration.
_METHODS = frozenset("get items keys values pop update copy shape size dim to device dtype view append format split".split())


def wish(name, function, finding, depth, value):
    """
    The text of a namespace with all that the file reads off `name`, or of a mapping with all that it looks up in it; None where
    it reads nothing, or where that is no configuration. `value` guesses one of them.
    """
    paths, keys = {}, {}
    for scope in [*finding.classes.values(), *finding.functions.values()]:
        for node in ast.walk(scope):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                path = _path(node, name)
                if path and path[-1] not in _METHODS and not any(one in _METHODS for one in path):
                    _put(paths, path)
            elif isinstance(node, ast.Subscript) and _is_named(node.value, name) and isinstance(node.slice, ast.Constant):
                if isinstance(node.slice.value, str):
                    keys.setdefault(node.slice.value, {})
    for scope in [*finding.classes.values(), *finding.functions.values()]:
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                path = _path(node.func, name)
                if path and len(path) > 0:
                    _drop(paths, path)
    own = {path for node in ast.walk(function) if isinstance(node, ast.Attribute) for path in (_path(node, name),) if path}
    if not CONFIG.search(name) and not own and not any(_is_named(node.value, name) for node in ast.walk(function) if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)):
        return None
    if not paths and not keys or depth > 2:
        return None

    listed, counting = _listed(name, finding), _counting(name, finding)

    def text(key, below):
        if below:
            return spell(below)
        if key in counting:
            return "10000"
        one = _compared(key, finding) or value(key, function, finding, True, True, depth + 1) or "None"
        if key not in listed or one.startswith("["):
            return one
        return next((several for pattern, several in LISTS if pattern.fullmatch(key)), "[1, 1, 1, 1]" if one == "None" else f"[{one}]")

    def spell(below):
        return f"{_NAMESPACE}({', '.join(f'{key}={text(key, rest)}' for key, rest in below.items())})"

    if paths:
        return spell(paths)
    return "{" + ", ".join(f"{key!r}: {text(key, {})}" for key in keys) + "}"


def _listed(name, finding):
    """What is read off `name` and then taken apart: by an index, a slice or a loop, or counted."""
    found = set()
    for scope in [*finding.classes.values(), *finding.functions.values()]:
        found |= {path[-1] for other, path in _renamed(scope, name) if is_list(other, scope)}
        for node in ast.walk(scope):
            if isinstance(node, ast.Subscript) and not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)):
                path = _path(node.value, name)
            elif isinstance(node, (ast.For, ast.comprehension)):
                path = _path(node.iter, name)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("len", "enumerate", "tuple", "list", "sum") and node.args:
                path = _path(node.args[0], name)
            else:
                continue
            if path:
                found.add(path[-1])
    return found


def _counting(name, finding):
    """What is read off `name` under another name, and then is how many words a table has."""
    scopes = [*finding.classes.values(), *finding.functions.values()]
    return {path[-1] for scope in scopes for other, path in _renamed(scope, name) if counts_words(other, scope)}


def _renamed(scope, name):
    """Other names that a scope gives to what it reads off `name`, each with what that is."""
    for node in ast.walk(scope):
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        pairs = zip(target.elts, value.elts) if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) else [(target, value)]
        for to, read in pairs:
            path = _path(read, name)
            if isinstance(to, ast.Name) and path:
                yield to.id, path


def _is_named(node, name):
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr == name
    return isinstance(node, ast.Name) and node.id == name


def _path(node, name):
    """`("a", "b")` for `name.a.b` and `self.name.a.b`."""
    path = []
    while isinstance(node, ast.Attribute) and not _is_named(node, name):
        path.insert(0, node.attr)
        node = node.value
    return tuple(path) if path and _is_named(node, name) else None


def _put(below, path):
    for one in path:
        below = below.setdefault(one, {})


def _drop(below, path):
    for one in path[:-1]:
        below = below.get(one, {})
    below.pop(path[-1], None)


def _compared(key, finding):
    """
    The constant that the file first compares what it reads so with, asks it to be among, or has in the table where it looks it up;
    as text.
    """
    found = []
    for scope in [*finding.classes.values(), *finding.functions.values()]:
        for node in ast.walk(scope):
            value = None
            if isinstance(node, ast.Compare) and _reads(node.left, key):
                (operator, *_), (right, *_) = node.ops, node.comparators
                if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right, (ast.List, ast.Tuple, ast.Set)):
                    right = next(iter(right.elts), None)
                value = getattr(right, "value", None) if isinstance(right, ast.Constant) and not isinstance(operator, ast.NotEq) else None
            elif isinstance(node, ast.Subscript) and _reads(node.slice, key):
                value = _first_key(node.value, scope, finding)
            if isinstance(value, (str, int)):
                found.append((node.lineno, node.col_offset, repr(value)))
    return min(found)[2] if found else None


def _reads(node, key):
    return isinstance(node, ast.Attribute) and node.attr == key or isinstance(node, ast.Subscript) and getattr(node.slice, "value", None) == key


def _first_key(table, scope, finding):
    """The first key of a mapping that has a name; one that is written out where it is asked is looked up for some choices only."""
    if not isinstance(table, ast.Name):
        return None
    given = finding.namespace.get(table.id)
    if isinstance(given, dict):
        return next((one for one in given if isinstance(one, (str, int))), None)
    table = next((one.value for one in ast.walk(scope) if isinstance(one, ast.Assign) and getattr(one.targets[0], "id", None) == table.id), None)
    return next((one.value for one in table.keys if isinstance(one, ast.Constant)), None) if isinstance(table, ast.Dict) else None
