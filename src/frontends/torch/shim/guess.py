"""Guesses of the arguments that a model of the file needs and that nothing in the file gives."""

import ast
import functools
import inspect
import re
import types

from torch import _config
from torch._config import CONFIG
from torch._demands import asked_class, counts_words, is_called, is_handed_as_list, is_list, is_tuple, rounded, shape_taken, spread_into
from torch._files import files_of_trace, init_of, tree
from torch._finding import needed_arguments
from torch._unknown import Unknown
from torch._usual import LISTS, USUAL, WORDS
from torch.nn.modules.module import Module

_CLASSES = re.compile(r"(n|num|nb)?_?(class(es)?|labels)|class_num", re.IGNORECASE)
_CHANNELS = re.compile(r"(in|input|out|output|img|image|n|num|num_in|num_out)_?(nc|ch|chans?|channels?)", re.IGNORECASE)
# Channels as parts of a model would not name them.
_PICTURE = re.compile(r"(in|out)(put)?_?nc|(img|image|n|num|num_in|num_out)_?(ch|channels)", re.IGNORECASE)

_ENCODER = re.compile(r"encoder|backbone|arch|base_?(net|model)", re.IGNORECASE)

# What merges patches level by level begins with small ones.
_PATCH = re.compile(r"patch_?size", re.IGNORECASE)
_LEVELS = re.compile(r"stages|levels|hei?rarch", re.IGNORECASE)

# A picture's lengths, its channels among them.
_SHAPE = re.compile(r"(in|input|img|image|obs|observation|state)_?(shape|dims?)", re.IGNORECASE)

# Names that only a whole model has.
_WHOLE = re.compile(
    r"(img|image|patch|input)_?(size|shape)|(state|obs|observation|action|act)_?(dim|size|space)|(n|num)_?(users?|items?|actions?|words|tags|tokens?)"
    r"|(output|out)_?(dim|size)|n?tokens?|tagset_size|(pred|label|block)_?(len|size)|n_?(in|out)puts?|horizon|block_size",
    re.IGNORECASE,
)


def calls(finding, used):
    """
    Names of functions, of classes that no other uses and of their class methods, each with a call that may build it; several
    of one name where there are several ways, the best first.
    """
    for name, node in finding.classes.items():
        value = finding.namespace.get(name)
        if not (isinstance(value, type) and issubclass(value, Module)) or name in used:
            continue
        init = init_of(value)
        whole = _is_whole(value, finding, name)
        if init is not None:
            yield from _calls(name, init, finding, 1, whole)
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and _MAKER.match(method.name) and _decorated(method, "classmethod"):
                text = _text(f"{name}.{method.name}", method, finding, 1, True, 1)
                if text:
                    yield name, text
    for name, node in finding.functions.items():
        if not name.startswith("_") and name not in used and finding.returns_model(name):
            yield from _calls(name, node, finding, 0, finding.makes_own(name))


_MAKER = re.compile(r"(from|build|create|make|get|load)_(?!state)", re.IGNORECASE)


def _decorated(function, name):
    return any(isinstance(one, ast.Name) and one.id == name for one in function.decorator_list)


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
    """Whether a class looks like a model rather than like a part of one: it has parts itself, or speaks of data."""
    models = (finding.namespace.get(one) for one in finding.used_by(name))
    parts = [one for one in models if isinstance(one, type) and issubclass(one, Module) and one.__module__ == cls.__module__]
    parameters = inspect.signature(cls.__init__).parameters
    init = init_of(cls)
    if init is not None and any(_ENCODER.search(one) and is_called(one, init) for one in parameters):
        return True
    if len(parts) > 1 or any(_CLASSES.fullmatch(one) or _PICTURE.fullmatch(one) or _WHOLE.fullmatch(one) for one in parameters):
        return True
    if any("voc" in one.lower() for one in parameters):
        return True
    # What is made of what is made of parts; the file's only class; the one that has a part, or a configuration, and is itself no part.
    models = {key for key in finding.classes if isinstance(finding.namespace.get(key), type) and issubclass(finding.namespace[key], Module)}
    tops = models - finding.used_names()
    if any(map(CONFIG.search, parameters)) and all(_takes_config(finding.namespace[one]) for one in tops):
        return True
    if finding.reach(name) > 1:
        return True
    return (len(parts) == 1 or models == {name} or any(map(CONFIG.search, parameters))) and tops == {name}


def _takes_config(cls):
    return any(map(CONFIG.search, inspect.signature(cls.__init__).parameters))


def _calls(name, function, finding, skip, whole):
    """Calls with each way to come by a configuration in turn, where one is asked for."""
    if not any(CONFIG.search(one.arg) for one in function.args.args):
        ways = (None,)
    else:
        made = [f"{key}()" for key in finding.functions if _gives_config(key, finding.namespace.get(key))]
        owner = finding.classes.get(name)
        made += [
            f"{name}.{one.name}()"
            for one in (owner.body if owner else ())
            if isinstance(one, ast.FunctionDef) and one.decorator_list and _gives_config(one.name, getattr(finding.namespace.get(name), one.name, None))
        ]
        made += [f"{key}()" for key, one in finding.namespace.items() if inspect.isfunction(one) and key not in finding.functions and _gives_config(key, one)]
        made += [key for key, one in finding.namespace.items() if CONFIG.search(key) and isinstance(one, (dict, types.SimpleNamespace)) and one]
        ways = (*dict.fromkeys(made[:4]), None, "")
    for way in ways:
        text = _text(name, function, finding, skip, whole, 0, way)
        if text:
            yield name, text


def _gives_config(name, function):
    """Whether a function takes nothing and, by its name, gives a configuration."""
    if not CONFIG.search(name) or not callable(function) or isinstance(function, (type, Unknown)) or name.startswith("__"):
        return False
    return not needed_arguments(function)


def _text(name, function, finding, skip, whole, depth, config=None):
    """The call, if anything is asked for, everything can be told, and it is a whole model or a choice that it knows itself."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    needed = positional[skip : len(positional) - len(given.defaults)]
    needed += [one for one, default in zip(given.kwonlyargs, given.kw_defaults) if default is None]
    names = [*(one.arg for one in needed), *(keywords(function) or ())]
    said = {one.arg: one.annotation for one in [*positional, *given.kwonlyargs] if one.annotation is not None}
    texts = {}
    for one in names:
        wanted = config if CONFIG.search(one) else None
        # An empty configuration stands for one without choices: what they would choose is asked for itself.
        texts[one] = wanted or _value(one, function, finding, skip == 1 or whole, whole, depth, said.get(one), config != "")
    chosen = any(_choice(one, function, finding) for one in names)
    if (texts or depth) and None not in texts.values() and (whole or chosen):
        return f"{name}({', '.join(f'{key}={text}' for key, text in texts.items())})"
    return None


def _choice(name, function, finding, depth=0):
    """
    The first constant that the function compares an argument with, or the first key of the table that it looks it up in; its
    methods that it hands the argument on to included.
    """
    methods = {one.name: one for one in getattr(finding.classes.get(finding.owners.get(id(function))), "body", ()) if isinstance(one, ast.FunctionDef)}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods and depth < 3:
            taken = [one.arg for one in methods[node.func.attr].args.args[1:]]
            given = next((to for to, one in zip(taken, node.args) if isinstance(one, ast.Name) and one.id == name), None)
            text = given and _choice(given, methods[node.func.attr], finding, depth + 1)
            if text is not None:
                return text
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
            (operator, *_), (right, *_) = node.ops, node.comparators
            if isinstance(operator, (ast.In, ast.NotIn)):
                text = _first(right, finding)
                if text is not None:
                    return text
            elif isinstance(operator, (ast.Eq, ast.NotEq)) and isinstance(right, ast.Constant):
                return repr(right.value)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == name:
            table = node.value
            if isinstance(table, ast.Attribute) and finding.owners.get(id(function)):
                table = _kept(table.attr, finding.classes[finding.owners[id(function)]]) or table
            text = _first(table, finding)
            if text is not None:
                return text
    return None


def _compared_later(name, function, finding):
    """The first word that a class compares what it keeps of its constructor's argument with, in any of its methods."""
    owner = finding.classes.get(finding.owners.get(id(function)))
    kept = {
        target.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == name
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }
    for node in ast.walk(owner) if owner and kept else ():
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr in kept:
            right = node.comparators[0]
            text = _first(right, finding) if isinstance(node.ops[0], (ast.In, ast.NotIn)) else repr(getattr(right, "value", None))
            if text and text[0] in "'\"":
                return text
    return None


def _kept(name, cls):
    """What a class first assigns to an attribute of its instances."""
    for node in ast.walk(cls):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Attribute) and one.attr == name for one in node.targets):
            return node.value
    return None


def _first(node, finding):
    """The first of several values that are written out, or that a name of the file or a table of a class stands for."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return next((repr(one.value) for one in node.elts if isinstance(one, ast.Constant)), None)
    if isinstance(node, ast.Dict):
        return next((repr(one.value) for one in node.keys if isinstance(one, ast.Constant)), None)
    table = finding.namespace.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(table, (dict, list, tuple, set)):
        return next((repr(one) for one in table if isinstance(one, (str, int))), None)
    return None


def _choice_anywhere(name):
    """As `_choice`, in all functions of the files that were executed, for an argument that is handed on under its name."""
    for file in files_of_trace():
        body = tree(file)
        finding = types.SimpleNamespace(namespace={}, classes={}, owners={})
        for node in ast.walk(body):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                try:
                    finding.namespace.setdefault(node.targets[0].id, ast.literal_eval(node.value))
                except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                    if isinstance(node.value, ast.Dict):
                        keys = {one.value: None for one in node.value.keys if isinstance(one, ast.Constant)}
                        finding.namespace.setdefault(node.targets[0].id, keys)
        for node in ast.walk(body):
            if isinstance(node, ast.FunctionDef) and any(one.arg == name for one in node.args.args):
                text = _choice(name, node, finding)
                if text is not None:
                    return text
    return None


def _part(name, function, finding, depth, said):
    """A part of the model that the model is handed: of the class it is said to be, or whose name the argument's begins."""
    lower = name.lower().replace("_", "")
    models = {key: one for key, one in finding.namespace.items() if isinstance(one, type) and issubclass(one, Module)}
    models = {key: one for key, one in models.items() if one.__module__.partition(".")[0] != "torch"}
    wanted = ast.unparse(said).strip("'\"") if said is not None else asked_class(name, function)
    same = [wanted] if wanted in models else [key for key in models if key.lower() == lower]
    same = same or [key for key in models if len(lower) > 2 and key.lower().startswith(lower)]
    if len(same) != 1 or depth > 3:
        return None
    init = init_of(models[same[0]])
    return f"{same[0]}()" if init is None else _text(same[0], init, finding, 1, True, depth + 1)


def _record(name, finding, depth, said):
    """A configuration of the class that it is said to be, or the file's only one of such a name, with guesses for what that needs."""
    records = {key: one for key in finding.classes if isinstance(one := finding.namespace.get(key), type) and not issubclass(one, Module)}
    wanted = ast.unparse(said).strip("'\"") if said is not None else None
    kinds = [wanted] if wanted in records else [key for key in records if CONFIG.search(name) and CONFIG.search(key)]
    if len(kinds) != 1 or depth > 3:
        return None
    (kind,) = kinds
    try:
        parameters = inspect.signature(records[kind]).parameters.values()
    except (TypeError, ValueError):
        return None
    texts = {
        one.name: _value(one.name, finding.classes[kind], finding, True, True, depth + 1, _said_type(one.annotation))
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    }
    return None if None in texts.values() else f"{kind}({', '.join(f'{key}={text}' for key, text in texts.items())})"


def _said_type(annotation):
    """An annotation as an expression, whether it came as a type or as text."""
    if annotation is inspect.Parameter.empty:
        return None
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


_BY_TYPE = {"int": "4", "float": "0.1", "bool": "False", "List[int]": "[64, 64, 64, 64]", "Sequence[int]": "[64, 64, 64, 64]"}
_BY_TYPE |= {"list[int]": "[64, 64, 64, 64]", "List[str]": "['a', 'b', 'c', 'd']", "list[str]": "['a', 'b', 'c', 'd']"}
_BY_TYPE |= {"Tuple[int, int]": "(64, 64)", "nn.Module": "torch.nn.Identity()"}


def _value(name, function, finding, is_class, whole, depth, said=None, choose=True):
    """An argument's text: a choice that the function itself knows, else what the name usually means."""
    return rounded(_meant(name, function, finding, is_class, whole, depth, said, choose), name, function)


def _listed(name):
    return next((text for pattern, text in LISTS if pattern.fullmatch(name)), None)


def _spread(part, names, finding, depth):
    """A mapping of what a part of the model is made with. Its channels are no picture's."""
    node = init_of(finding.namespace[part])
    value = lambda one: "64" if _CHANNELS.fullmatch(one) else _value(one, node, finding, True, True, depth + 1)
    texts = {one: value(one) for one in names} if node and depth < 3 else {"": None}
    return None if None in texts.values() else "{" + ", ".join(f"{key!r}: {text}" for key, text in texts.items()) + "}"


def _meant(name, function, finding, is_class, whole, depth, said, choose):
    spread = spread_into(name, function, finding) if whole else None
    if spread:
        return _spread(*spread, finding, depth)
    shape = is_class and _SHAPE.fullmatch(name) and shape_taken(name, function)
    if shape:
        return f"({', '.join(('1', '3', '32', '32')[-shape:])})" if shape in (3, 4) else None
    several = is_class and (is_list(name, function) or whole and _listed(name) and is_handed_as_list(name, function, finding))
    if _CLASSES.fullmatch(name) and not several:
        return "10"
    if is_class and _CHANNELS.fullmatch(name) and not several:
        return "3"
    if is_class and name == "block":
        return next((one for one in finding.classes if hasattr(finding.namespace.get(one), "expansion")), None)
    choice = _choice(name, function, finding)
    if choice is not None or not (is_class and whole):
        return choice
    later = _compared_later(name, function, finding)
    if later is not None:
        return later
    if _ENCODER.search(name) and is_called(name, function):
        return "__import__('torchvision').models.resnet18"
    if choose and re.search(r"(name|type|arch|variant|model|version)$", name):
        choice = _choice_anywhere(name)
        if choice is not None:
            return choice
    part = None if several else _part(name, function, finding, depth, said) or _record(name, finding, depth, said)
    if part is not None:
        return part
    attributes = _config.wish(name, function, finding, depth, _value if choose else functools.partial(_value, choose=False))
    if attributes is not None:
        return attributes
    if several:
        text = _listed(name)
        return text and (f"({text[1:-1]},)" if is_tuple(name, function, finding) else text)
    if WORDS.fullmatch(name) or counts_words(name, function):
        return "10000"
    if _PATCH.fullmatch(name) and any(_LEVELS.search(one.arg) for one in [*function.args.args, *function.args.kwonlyargs]):
        return "4"
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    usual = next((text for one in (name, plain) for pattern, text in USUAL if pattern.fullmatch(one)), None)
    return usual or (_BY_TYPE.get(ast.unparse(said)) if said is not None else None)
