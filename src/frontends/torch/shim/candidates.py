"""The models of the traced file, each as an expression that builds it."""

import argparse
import ast
import inspect
import re
import types

from torch import _guess
from torch._errors import guarded
from torch._files import state, tree
from torch._finding import Finding, is_model_class, needed_arguments, unwrap
from torch._usage import Usage
from torch.nn.modules.module import Module

CONFIG = re.compile(r"config|cfg|conf$|args|params|opts?$|options|hparams", re.IGNORECASE)


def _with_config(cls, finding):
    """A call that gives a class's needed arguments their configuration objects; None where it needs anything else."""
    try:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
    given = []
    for one in parameters:
        if one.default is not one.empty or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        kinds = []
        annotation = one.annotation.strip("'\"") if isinstance(one.annotation, str) else getattr(one.annotation, "__name__", None)
        if annotation in finding.classes:
            kinds.append(annotation)
        if CONFIG.search(one.name):
            if isinstance(finding.namespace.get(one.name), (dict, types.SimpleNamespace, argparse.Namespace)):
                given.append(f"{one.name}={one.name}" if one.kind == one.KEYWORD_ONLY else one.name)
                continue
            kinds.extend(name for name in finding.classes if CONFIG.search(name))
        for name in kinds:
            kind = finding.namespace.get(name)
            if isinstance(kind, type) and not issubclass(kind, Module) and not needed_arguments(kind):
                given.append(f"{one.name}={name}()" if one.kind == one.KEYWORD_ONLY else f"{name}()")
                break
        else:
            return None
    return f"{cls.__name__}({', '.join(given)})"


def find_candidates():
    namespace = state.main.__dict__
    found = []
    state.examples = {}
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
            if not is_model_class(value):
                continue
            needed = needed_arguments(value.__init__, 1)
            buildable = not needed
            text = f"{node.name}({', '.join(needed)})"
            if not buildable:
                configured = _with_config(value, finding)
                buildable, text = configured is not None, configured or text
            helper = node.name in used or value.__init__ is Module.__init__
            found.append([text, "class", node.name, node.lineno, buildable, helper, False])
        elif callable(value) and not node.name.startswith("_") and finding.returns_model(node.name):
            if needed_arguments(unwrap(value)) or _guess.keywords(node):
                continue
            found.append([f"{node.name}()", "function", node.name, node.lineno, True, False, False])
    listed = {row[0] for row in found}
    for text, callee, line, _ in usage.found:
        if text not in listed:
            kind = "class" if callee in finding.classes else "function"
            found.append([text, kind, callee, line, True, callee in used, True])
    if not any(buildable and not helper for _, _, _, _, buildable, helper, _ in found):
        for name, text in _guess.calls(finding, used):
            kind = "class" if name in finding.classes else "function"
            if "ok" in guarded(lambda: evaluate(text)):
                found = [row for row in found if row[2] != name]
                node = finding.classes.get(name) or finding.functions[name]
                found.append([text, kind, name, node.lineno, True, False, False])
    return found


def evaluate(text):
    return eval(compile(text, "<expression>", "eval"), state.main.__dict__)
