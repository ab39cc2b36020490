"""Executes the traced file as a script."""

import __future__
import ast
import functools

from torch import _trace
from torch._errors import describe
from torch._files import state, tree
from torch._unknown import Unknown


def run_script(file, namespace, begun=0):
    """
    Executes the file as a script, from a statement on: training is left out, and after a statement that fails the definitions go
    on.
    """
    whole = tree(file).body
    futures = _futures(whole)
    body = [node for node in whole[begun:] if not _trains(node)]
    while True:
        code = compile(ast.Module(body, []), file, "exec", flags=futures, dont_inherit=True)
        _trace.patience = _PATIENCE
        try:
            return exec(code, namespace)
        except (Exception, SystemExit) as error:
            at = failed_statement(error, body, file)
            if at is None or isinstance(body[at], _DEFINITIONS):
                raise
            if not isinstance(error, _trace.DataDependent) and not state.broken:
                doubted = any((file, line) in _trace.doubted for line in range(body[at].lineno, body[at].end_lineno + 1))
                state.broken.append({**describe(error), **({"unknown": True} if doubted else {})})
            texts = _texts_of(body[at])
            for name in names_of(body[at]):
                if name not in namespace or _is_stale(body[at], namespace[name]):
                    namespace[name] = Unknown(name, True, name in texts)
            body = body[at + 1 :]
        finally:
            _trace.patience = None


# Calls that the file's own statements may record: some hundred passes through a model, but no thousand steps of sampling.
_PATIENCE = 20_000


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _trains(node):
    """Whether a statement of the file itself is a training loop."""
    return isinstance(node, (ast.For, ast.While)) and any(
        isinstance(inner, ast.Attribute) and inner.attr in ("backward", "zero_grad") for inner in ast.walk(node)
    )


def _futures(body):
    names = [one.name for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__" for one in node.names]
    return functools.reduce(lambda all, name: all | getattr(getattr(__future__, name, None), "compiler_flag", 0), names, 0)


def count_head(body):
    """How many statements stand before the first definition and end with an import that shares no line with the next one."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    first = next((at for at, node in enumerate(body) if isinstance(node, definitions)), len(body))
    for at in range(first, 0, -1):
        alone = at == len(body) or body[at].lineno > body[at - 1].end_lineno
        if isinstance(body[at - 1], (ast.Import, ast.ImportFrom)) and alone:
            return at
    return 0


def _is_stale(statement, value):
    """Whether what a name stood for before is nothing like what the failed statement would have given it: `data = load(data)`."""
    return isinstance(statement, ast.Assign) and isinstance(value, (str, int, float)) and isinstance(statement.value, ast.Call)


def names_of(statement):
    """The names that a statement would have given a meaning."""
    if isinstance(getattr(statement, "name", None), str):
        return [statement.name]
    return [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _texts_of(statement):
    """Among them, the names of what it reads as one text."""
    reads = lambda value: isinstance(value, ast.Call) and getattr(value.func, "attr", None) in ("read", "read_text")
    return [name for node in ast.walk(statement) if isinstance(node, ast.Assign) and reads(node.value) for name in names_of(node)]


def failed_statement(error, body, file):
    """Index of the top-level statement in which the error was raised, its decorators included."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == file and step.tb_frame.f_code.co_name == "<module>":
            line = step.tb_lineno
            return next((at for at, node in enumerate(body) if _start(node) <= line <= node.end_lineno), None)
        step = step.tb_next
    return None


def _start(node):
    """The line of a statement's first decorator, or its own."""
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
