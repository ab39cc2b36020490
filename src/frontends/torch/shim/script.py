"""Executes the traced file as a script."""

import __future__
import ast
import functools

from torch import _trace
from torch._errors import describe
from torch._files import state, tree
from torch._unknown import Unknown

_FUTURES = functools.reduce(lambda all, name: all | getattr(__future__, name).compiler_flag, __future__.all_feature_names, 0)


def run_script(source, file, namespace):
    """Executes the file as a script: training is left out, and after a statement that fails the definitions go on."""
    code = compile(source, file, "exec", dont_inherit=True)
    body = tree(file).body
    kept = [node for node in body if not _trains(node)]
    if len(kept) < len(body):
        body, code = kept, _compile_rest(kept, file, code)
    flags = code
    while True:
        try:
            return exec(code, namespace)
        except (Exception, SystemExit) as error:
            at = _failed_statement(error, body, file)
            if at is None or isinstance(body[at], _DEFINITIONS):
                raise
            if not isinstance(error, _trace.DataDependent) and not state.broken:
                state.broken.append(describe(error))
            for node in ast.walk(body[at]):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    namespace.setdefault(node.id, Unknown(node.id, True))
            body = body[at + 1 :]
            code = _compile_rest(body, file, flags)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _trains(node):
    """Whether a statement of the file itself is a training loop."""
    return isinstance(node, (ast.For, ast.While)) and any(
        isinstance(inner, ast.Attribute) and inner.attr in ("backward", "zero_grad") for inner in ast.walk(node)
    )


def _compile_rest(body, file, code):
    futures = code.co_flags & _FUTURES
    return compile(ast.Module(body, []), file, "exec", flags=futures, dont_inherit=True)


def _failed_statement(error, body, file):
    """Index of the top-level statement in which the error was raised."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == file and step.tb_frame.f_code.co_name == "<module>":
            line = step.tb_lineno
            return next((at for at, node in enumerate(body) if node.lineno <= line <= node.end_lineno), None)
        step = step.tb_next
    return None
