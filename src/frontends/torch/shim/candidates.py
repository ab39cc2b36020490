"""The models of the traced file, each as an expression that builds it."""

import argparse
import ast
import copy
import inspect
import os.path
import types

from torch import _guess
from torch._config import CONFIG
from torch._errors import guarded
from torch._files import state, tree
from torch._finding import Finding, constructor, is_model_class, needed_arguments, unwrap
from torch._script import names_of
from torch._usage import Usage
from torch._usual import WORDS
from torch.nn.modules.module import Module

def _with_config(cls, finding):
    """A call that gives a class's needed arguments their configuration objects; None where it needs anything else."""
    try:
        parameters = list(inspect.signature(constructor(cls)).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
    given = []
    for one in parameters:
        if one.default is not one.empty or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        kinds = []
        annotation = one.annotation.strip("'\"") if isinstance(one.annotation, str) else getattr(one.annotation, "__name__", None)
        if annotation in finding.classes or isinstance(one.annotation, type) and finding.namespace.get(annotation) is one.annotation:
            # The class may name a more special configuration as its own.
            kinds += [*(_own_configuration(cls, finding) if CONFIG.search(one.name) else ()), annotation]
        if CONFIG.search(one.name):
            if isinstance(finding.namespace.get(one.name), (dict, types.SimpleNamespace, argparse.Namespace)):
                given.append(f"{one.name}={one.name}" if one.kind == one.KEYWORD_ONLY else one.name)
                continue
            kinds.extend(_configurations(cls, finding))
        for name in kinds:
            kind = finding.namespace.get(name)
            if isinstance(kind, type) and not issubclass(kind, (Module, str, int, float, list, tuple, dict)) and not needed_arguments(kind):
                made = f"{name}({_left_open(kind)})"
                given.append(f"{one.name}={made}" if one.kind == one.KEYWORD_ONLY else made)
                break
        else:
            return None
    return f"{cls.__name__}({', '.join(given)})"


def _left_open(kind):
    """What a configuration leaves open until a vocabulary is there: how many words it has, as arguments."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return ""
    is_open = lambda value: value is None or type(value) is int and value <= 0
    return ", ".join(f"{one.name}=10000" for one in parameters if WORDS.fullmatch(one.name) and is_open(one.default))


def _own_configuration(cls, finding):
    """The name of the configuration class that a model class names as its own, as a list."""
    own = getattr(cls, "config_class", None)
    return [name for name, value in finding.namespace.items() if value is own and isinstance(own, type)][:1]


def _configurations(cls, finding):
    """
    Names of configuration classes: the one that a model class names as its own, those of the file, then those that it imports,
    the ones that are called most like the model first.
    """
    imported = [
        name
        for name, value in finding.namespace.items()
        if isinstance(value, type) and name not in finding.classes and name.endswith(("Config", "Configuration", "Settings", "Args"))
    ]
    alike = lambda name: -len(os.path.commonprefix([name.lower(), cls.__name__.lower()]))
    return [*_own_configuration(cls, finding), *(name for name in finding.classes if CONFIG.search(name)), *sorted(imported, key=alike)]


def _asks_in_vain(cls, node):
    """Whether a class takes nothing but what is None unless given, can be made otherwise, and refuses to be made of that."""
    try:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return False
    makers = any(isinstance(one, ast.FunctionDef) and one.decorator_list and one.name.startswith("from_") for one in node.body)
    plain = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    if not makers or not plain or any(one.default is not None for one in plain):
        return False
    return "ok" not in guarded(lambda: cls() and None)


def _is_mixin(cls, node):
    """Whether a class's `forward` hands on to one that none of its own bases has: it is made to stand before another class."""
    if any("forward" in vars(one) for one in cls.__mro__[1:] if one is not Module):
        return False
    forward = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "forward"), None)
    return any(
        isinstance(one, ast.Attribute) and one.attr == "forward" and isinstance(one.value, ast.Call) and getattr(one.value.func, "id", None) == "super"
        for one in (ast.walk(forward) if forward else ())
    )


def find_candidates():
    """
    Rows of expression, kind, name, line, and whether it can be built, others of the file use it, the file builds it so itself,
    and its arguments are guessed.
    """
    namespace = state.main.__dict__
    found = []
    state.examples, done = {}, set()
    try:
        finding = Finding(tree(state.file), namespace)
    except SyntaxError:
        return []
    used = finding.used_names()
    usage = Usage(tree(state.file), finding)
    state.examples = usage.examples
    used |= {callee for _, callee, _, one_of_many in usage.found if one_of_many}
    order = [node for node in tree(state.file).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for node in order:
        value = namespace.get(node.name)
        if isinstance(node, ast.ClassDef):
            if not is_model_class(value) or _is_mixin(value, node):
                continue
            needed = needed_arguments(constructor(value), 1)
            buildable = not needed and not _asks_in_vain(value, node)
            text = f"{node.name}({', '.join(needed)})"
            if not buildable:
                configured = _with_config(value, finding) if needed else None
                buildable, text = configured is not None, configured or text
            helper = node.name in used or value.__init__ is Module.__init__
            found.append([text, "class", node.name, node.lineno, buildable, helper, False])
        elif callable(value) and not node.name.startswith("_") and finding.returns_model(node.name):
            if needed_arguments(unwrap(value)) or _guess.keywords(node) or finding.hands_on(node):
                continue
            found.append([f"{node.name}()", "function", node.name, node.lineno, True, False, False])
    # What asks for an argument by the very name that the file gives it.
    said = {text for text, _, _, _ in usage.found}
    found = [row for row in found if row[4] or row[0] not in said]
    listed = {row[0]: row for row in found}
    for text, callee, line, _ in usage.found:
        kind = "class" if callee in finding.classes else "function"
        if text not in listed:
            found.append([text, kind, callee, line, True, callee in used, True])
        elif kind == "class" and len(usage.found) > 1:
            # Among several that the file builds itself, their order tells which is the whole.
            found.remove(listed[text])
            found.append([*listed[text][:6], True])
    found += _made(tree(state.file), namespace, usage)
    if not any(row[4] for row in found):
        found += _called(usage)
    if not _is_complete(found, finding, used):
        found += _exemplified(finding, usage, used, {row[0] for row in found})
    if not _is_complete(found, finding, used):
        for name, text in _guess.calls(finding, used):
            if name in done or "ok" not in guarded(lambda: evaluate(text)):
                continue
            done.add(name)
            kind = "class" if name in finding.classes else "function"
            found = [row for row in found if row[2] != name]
            node = finding.classes.get(name) or finding.functions[name]
            found.append([text, kind, name, node.lineno, True, False, False])
    return [[*row, row[2] in done and not row[6]] for row in found]


def _made(body, namespace, usage):
    """Rows for the models that the file has given names to, where what builds them is not its own, or not all of it."""
    changed = {_changed(target) for node in body.body if isinstance(node, ast.Assign) for target in node.targets}
    lines = {name: node.lineno for node in body.body if isinstance(node, ast.Assign) for name in names_of(node)}
    told = {line: namespace.get(callee) for _, callee, line, _ in usage.found}
    # What is cut out of a model that the file builds on the same line is another one.
    is_told = lambda line, one: line in told and not (isinstance(told[line], type) and not _holds(one, told[line]))
    models = {name: namespace.get(name) for name in lines if isinstance(namespace.get(name), Module)}
    parts = {id(part) for one in models.values() for part in one.modules() if part is not one}
    rows = []
    for name, one in models.items():
        if name not in changed and is_told(lines[name], one) or not any(True for _ in one.parameters()):
            continue
        layer = type(one).__module__.partition(".")[0] == "torch" and not any(True for _ in one.children())
        rows.append([name, "class", name, lines[name], True, id(one) in parts or layer, True])
    return rows


def _changed(target):
    """The name of what an assignment changes a part of; None for a plain name."""
    part = target
    while isinstance(part, (ast.Attribute, ast.Subscript)):
        part = part.value
    return part.id if part is not target and isinstance(part, ast.Name) else None


def _holds(model, kind):
    return any(isinstance(part, kind) for part in model.modules())


def _called(usage):
    """Rows for what functions of other files give to the file's own functions, where that is a model."""
    rows = []
    for text, line in usage.calls:
        given = guarded(lambda: isinstance(evaluate(text), Module))
        if given.get("ok"):
            rows.append([text, "function", text.partition("(")[0].rpartition(".")[2], line, True, False, True])
    return rows


def _exemplified(finding, usage, used, known):
    """Rows for what the examples in the file's docstrings build."""
    before = len(usage.found)
    usage.scan_docstrings()
    rows = []
    for text, callee, line, _ in usage.found[before:]:
        if text not in known and "ok" in guarded(lambda: evaluate(text) and None):
            kind = "class" if callee in finding.classes else "function"
            rows.append([text, kind, callee, line, True, callee in used, True])
    return rows


def _is_complete(found, finding, used):
    """Whether what can be built as it stands is the file's model: no class above it asks for arguments."""
    if any((row[6] or row[1] == "function") and not row[5] for row in found):
        return True
    reach = [finding.reach(name) for _, _, name, _, buildable, helper, _ in found if buildable and not helper]
    other = [finding.reach(name) for _, _, name, _, buildable, helper, _ in found if not buildable and not helper]
    return bool(reach) and max(other, default=0) <= max(reach)


def build(text):
    """A model by its expression. One that the file has made already is copied, for a trace changes what it runs."""
    value = evaluate(text)
    if not (isinstance(value, Module) and text in state.main.__dict__):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def evaluate(text):
    return eval(compile(text, "<expression>", "eval"), state.main.__dict__)
