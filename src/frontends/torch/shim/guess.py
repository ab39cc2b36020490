"""Guesses of the arguments that a model of the file needs and that nothing in the file gives."""

import ast
import inspect
import re

from torch.nn.modules.module import Module

_CLASSES = re.compile(r"(n|num|nb)?_?(class(es)?|labels)|class_num", re.IGNORECASE)
_CHANNELS = re.compile(r"(in|input|out|output|img|image|n|num)_?(nc|ch|chans?|channels?)", re.IGNORECASE)
# Channels as parts of a model would not name them.
_PICTURE = re.compile(r"(in|out)(put)?_?nc|(img|image|n|num)_?(ch|channels)", re.IGNORECASE)


def calls(finding, used):
    """Names of functions and of classes that no other uses, each with a call that may build it; best last."""
    for name, node in finding.classes.items():
        value = finding.namespace.get(name)
        if isinstance(value, type) and issubclass(value, Module) and name not in used:
            init = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
            if init is not None:
                yield from _call(name, init, finding, 1, _is_whole(value, finding, name))
    for name, node in finding.functions.items():
        if not name.startswith("_") and finding.returns_model(name):
            yield from _call(name, node, finding, 0, True)


def keywords(function):
    """Names that a function takes out of its `**kwargs` without asking whether they are there."""
    rest = function.args.kwarg
    return rest and [
        node.slice.value
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id == rest.arg
        and isinstance(node.slice, ast.Constant)
    ]


def _is_whole(cls, finding, name):
    """Whether a class looks like a model rather than like a part of one: it has parts itself, or speaks of pictures."""
    models = (finding.namespace.get(one) for one in finding.used_by(name))
    parts = [one for one in models if isinstance(one, type) and issubclass(one, Module) and one.__module__ == cls.__module__]
    parameters = inspect.signature(cls.__init__).parameters
    return len(parts) > 1 or any(_CLASSES.fullmatch(one) or _PICTURE.fullmatch(one) for one in parameters)


def _call(name, function, finding, skip, whole):
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    needed = positional[skip : len(positional) - len(given.defaults)]
    needed += [one for one, default in zip(given.kwonlyargs, given.kw_defaults) if default is None]
    names = [*(one.arg for one in needed), *(keywords(function) or ())]
    texts = {one: _value(one, function, finding, skip == 1) for one in names}
    chosen = any(_choice(one, function, finding) for one in names)
    if texts and None not in texts.values() and (whole or chosen):
        yield name, f"{name}({', '.join(f'{key}={text}' for key, text in texts.items())})"


def _choice(name, function, finding):
    """The first constant that the function compares an argument with, or the first key of the table that it looks it up in."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
            (operator, *_), (right, *_) = node.ops, node.comparators
            if isinstance(operator, ast.In) and isinstance(right, (ast.List, ast.Tuple, ast.Set)) and right.elts:
                right = right.elts[0]
            elif not isinstance(operator, ast.Eq):
                continue
            if isinstance(right, ast.Constant):
                return repr(right.value)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Name):
            table = finding.namespace.get(node.value.id)
            if node.slice.id == name and isinstance(table, dict) and table:
                return repr(next(iter(table)))
    return None


def _value(name, function, finding, is_class):
    """An argument's text: a choice that the function itself knows, else what the name usually means."""
    if _CLASSES.fullmatch(name):
        return "10"
    if is_class and _CHANNELS.fullmatch(name):
        return "3"
    if is_class and name == "block":
        return next((one for one in finding.classes if hasattr(finding.namespace.get(one), "expansion")), None)
    return _choice(name, function, finding)
