"""Runs a model file: imports, finding models, building one, its forward pass, and errors at their place."""

import __future__
import argparse
import ast
import builtins
import functools
import inspect
import json
import re
import sys
import types
from importlib.machinery import ModuleSpec

from torch import _guess, _trace
from torch._tensor import CPU, DTYPES, Size, Tensor, encode, materialise, read, unknown_tensor
from torch._unknown import Pending, Unknown
from torch.nn.modules.module import Module

_FUTURES = functools.reduce(lambda all, name: all | getattr(__future__, name).compiler_flag, __future__.all_feature_names, 0)

_user = {}  # dotted name -> [file, source] of every source file that was given
_kept = []  # what _user is filled from when the host says that the files are those it prepared
_compiled = {}  # dotted name -> code of some of them
_ran = []  # dotted names of the given files that this trace executed
_main = None  # the module that is being traced
_state = types.SimpleNamespace(model=None, trees={}, broken=[], compiled={}, examples={})


class _Loader:
    """Executes a given source file as a module. Packages run their __init__ only when one of its names is needed."""

    def __init__(self, name, entry):
        self.name, self.entry = name, entry

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if self.entry is None:
            return
        if module.__spec__.submodule_search_locations is None:
            self._run(module)
            return
        name = module.__name__

        def lazily(attribute):
            # `from package import *` asks for this name, and then takes what is there.
            if attribute.startswith("__") and attribute != "__all__":
                raise AttributeError(attribute)
            if f"{name}.{attribute}" in _user or f"{name}.{attribute}.__init__" in _user:
                __import__(f"{name}.{attribute}")
                return sys.modules[f"{name}.{attribute}"]
            if "__getattr__" in module.__dict__ and module.__dict__["__getattr__"] is lazily:
                del module.__dict__["__getattr__"]
                self._run(module)
                if attribute in module.__dict__:
                    return module.__dict__[attribute]
                if "__getattr__" in module.__dict__:
                    return module.__getattr__(attribute)
            raise AttributeError(f"module '{name}' has no attribute '{attribute}'")

        module.__getattr__ = lazily

    def _run(self, module):
        file, source = self.entry
        module.__file__ = file
        try:
            code = _state.compiled.get(module.__name__) or compile(source, file, "exec", dont_inherit=True)
            _ran.append(module.__name__)
            exec(code, module.__dict__)
        except Exception as error:
            # What such a module did not get to define is unknown; the file that is traced may not need it.
            name = module.__name__
            module.__getattr__ = lambda attribute: _unknown_attribute(name, attribute)
            if not _is_remote(file):
                _state.broken.append(_describe(error))


def _unknown_attribute(module, name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Unknown(f"{module}.{name}", True)


def _is_remote(file):
    """Whether the file is an installed package's: its faults are not the user's."""
    return "site-packages" in file or "dist-packages" in file


class _Finder:
    """The user's own modules first; at the end of the line, whatever cannot be had becomes unknown."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        for key, package in ((name, False), (f"{name}.__init__", True)):
            if key in _user:
                return _spec(name, _Loader(name, _user[key]), package or _has_children(name))
        if name in _parents or _has_children(name):
            return _spec(name, _Loader(name, None), True)
        return None


class _Fallback:
    @staticmethod
    def find_spec(name, path=None, target=None):
        frame = _importing_frame()
        if frame is None or name.partition(".")[0] == "torch" and name in sys.modules:
            return None
        parent = name.rpartition(".")[0]
        inherited = sys.modules.get(parent)
        if _is_tried(frame):
            return None
        if isinstance(inherited, _UnknownModule):
            return _spec(name, _UnknownLoader(inherited.__reported__), True)
        own = frame.f_code.co_filename == _state.file
        return _spec(name, _UnknownLoader(_pending_import(frame, name) if own else True), True)


class _UnknownModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(f"{self.__name__}.{name}", self.__reported__)

    __all__ = ()


class _UnknownLoader:
    def __init__(self, reported):
        self.reported = reported

    def create_module(self, spec):
        module = _UnknownModule(spec.name)
        module.__reported__ = self.reported
        return module

    def exec_module(self, module):
        pass


_parents = set()


def _spec(name, loader, package):
    return ModuleSpec(name, loader, is_package=package)


def _has_children(name):
    prefix = f"{name}."
    return any(key.startswith(prefix) for key in _user)


def _importing_frame():
    """The user's frame whose import is being carried out; None when someone else imports."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file in _trace.files:
            return frame
        if not file.startswith("<frozen importlib") and not file.startswith("<torch/runner"):
            return None
        frame = frame.f_back
    return None


def _tree(file):
    tree = _state.trees.get(file)
    if tree is None:
        source = _state.source if file == _state.file else next(entry[1] for entry in _user.values() if entry[0] == file)
        tree = _state.trees[file] = ast.parse(source)
    return tree


def _is_tried(frame):
    """Whether the import stands in a `try` that catches a missing module."""
    line = frame.f_lineno
    for node in ast.walk(_tree(frame.f_code.co_filename)):
        if isinstance(node, ast.Try) and node.body[0].lineno <= line <= node.body[-1].end_lineno:
            for handler in node.handlers:
                text = "" if handler.type is None else ast.unparse(handler.type)
                if handler.type is None or any(one in text for one in ("ImportError", "ModuleNotFoundError", "Exception")):
                    return True
    return False


def _pending_import(frame, name):
    return Pending(
        "unresolved-import",
        f"Skipscope cannot find the module {name}. What comes from it is treated as unknown.",
        _trace.capture_frame(frame),
    )


def _capture_frame(frame):
    return [_trace.frame_id(frame.f_code, frame.f_lasti)]


_trace.capture_frame = _capture_frame


def _error_place(error):
    """Frame numbers of the user's frames in a traceback, innermost first."""
    places = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename in _trace.files:
            places.append(_trace.frame_id(code, step.tb_lasti))
        step = step.tb_next
    return places[::-1]


def _describe(error):
    """An exception as the host reports it: kind, message and place."""
    if isinstance(error, SyntaxError) and error.filename in _trace.files and error.lineno:
        message = f"{type(error).__name__}: {error.msg}"
        end_line = error.end_lineno or error.lineno
        place = [error.filename, error.lineno, (error.offset or 1) - 1, end_line, (error.end_offset or error.offset or 1) - 1]
        return {"code": "python-error", "message": message, "characters": place, "frames": []}
    if isinstance(error, _trace.DataDependent):
        return {"code": "data-dependent-value", "message": str(error), "frames": _error_place(error)}
    text = str(error)
    if isinstance(error, OSError) and error.filename:
        message = f"Skipscope reads no data: what comes from '{error.filename}' is treated as unknown."
        return {"code": "unread-file", "message": message, "frames": _error_place(error)}
    if isinstance(error, KeyError) and error.args:
        text = repr(error.args[0])
    if isinstance(error, RecursionError):
        text = "maximum recursion depth exceeded"
    kind = type(error).__name__
    return {"code": "python-error", "message": f"{kind}: {text}" if text else kind, "frames": _error_place(error)}


def _guarded(run):
    """Runs a step; the answer says what it gave, or what went wrong and where."""
    try:
        return {"ok": run()}
    except _trace.Abort:
        return {"abort": True}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"error": _describe(error)}


# ---- finding models --------------------------------------------------------------------------------------------------


def _needed_arguments(function, skip=0):
    """Names of the arguments without a default; one of unknown name where that cannot be found out."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return ["…"]
    return [one.name for one in parameters if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]


def _unwrap(function):
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _is_model_class(value):
    return (
        isinstance(value, type)
        and issubclass(value, Module)
        and any("forward" in one.__dict__ for one in value.__mro__ if one.__module__.partition(".")[0] != "torch")
    )


def _own(body):
    """All nodes of some statements, without the definitions among them."""
    queue = list(body)
    while queue:
        node = queue.pop(0)
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield node
            queue[:0] = ast.iter_child_nodes(node)


class _Finding:
    """Which functions of the file return a model, said by annotations and by what their return statements call."""

    def __init__(self, tree, namespace):
        self.namespace = namespace
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self.memo = {}

    def returns_model(self, name):
        if name not in self.memo:
            self.memo[name] = False
            self.memo[name] = self._decide(self.functions[name])
        return self.memo[name]

    def _decide(self, node):
        if node.returns is not None:
            said = self._value(node.returns)
            if isinstance(said, str):
                said = self.namespace.get(said)
            if isinstance(said, type):
                return issubclass(said, Module)
        assigned, returned = {}, []
        for inner in _own(node.body):
            if isinstance(inner, ast.Assign) and len(inner.targets) == 1 and isinstance(inner.targets[0], ast.Name):
                assigned.setdefault(inner.targets[0].id, []).append(inner.value)
            elif isinstance(inner, ast.Return) and inner.value is not None:
                returned.append(inner.value)
        return any(
            self._makes_model(value)
            for one in returned
            for value in (assigned.get(one.id, ()) if isinstance(one, ast.Name) else (one,))
        )

    def _makes_model(self, value):
        if not isinstance(value, ast.Call):
            return False
        callee = value.func
        if isinstance(callee, ast.Attribute) and callee.attr in ("eval", "train", "to", "cuda", "cpu", "half", "float"):
            return self._makes_model(callee.value)
        if isinstance(callee, ast.Name) and callee.id in self.functions:
            return self.returns_model(callee.id)
        target = self._value(callee)
        return isinstance(target, type) and issubclass(target, Module)

    def _value(self, node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.namespace.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self._value(node.value)
            return getattr(owner, node.attr, None) if isinstance(owner, types.ModuleType) else None
        return None

    def used_by(self, name):
        """Names that the definition of a class uses."""
        return {inner.id for inner in ast.walk(self.classes[name]) if isinstance(inner, ast.Name) and inner.id != name}

    def used_names(self):
        """Names of classes that other definitions of the file use."""
        return set().union(*map(self.used_by, self.classes))


_CONFIG = re.compile(r"config|cfg|conf$|args|params|opts?$|options|hparams", re.IGNORECASE)


class _Usage:
    """Where the file itself builds models, and what it feeds them: `net = Net(28)`, then `net(torch.randn(1, 3, 32, 32))`."""

    def __init__(self, tree, finding):
        self.finding = finding
        self.found = []  # [expression, callee, line, whether it is one of several in a list or table]
        self.examples = {}  # expression -> argument lists, as expressions
        self.local = set()  # names that the scope being read has for itself
        self.settings = set()  # names of what a command line without arguments gives
        rest = [node for node in tree.body if not isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        for node in [one for one in rest if isinstance(one, ast.If)]:
            self._settle(node.body)
        for node in finding.functions.values():
            self._settle(node.body)
        for name, node in finding.functions.items():
            if not finding.returns_model(name):
                self.local = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
                self._scan(node.body)
        self.local = set()
        self._scan(rest)

    def _settle(self, body):
        """Runs the statements that make a command line's parser, read it, and set what it gave."""
        namespace, own = {**self.finding.namespace}, set()
        for node in body:
            if not isinstance(node, (ast.Assign, ast.Expr)):
                continue
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            source = node.value
            while isinstance(source, (ast.Call, ast.Attribute)):
                source = source.func if isinstance(source, ast.Call) else source.value
            root = source.id if isinstance(source, ast.Name) else None
            makes = isinstance(node.value, ast.Call) and ast.unparse(node.value.func).rpartition(".")[2] == "ArgumentParser"
            sets = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in own
            if not (makes or sets or root in own and (target is None or isinstance(target, ast.Name))):
                # What a function of the file reads from the command line.
                if not (isinstance(target, ast.Name) and root in self.finding.functions and not self.finding.returns_model(root)):
                    continue
                if not any("parse_" in one.attr for one in ast.walk(self.finding.functions[root]) if isinstance(one, ast.Attribute)):
                    continue
            try:
                exec(compile(ast.Module([node], []), "<settings>", "exec"), namespace)
            except (Exception, SystemExit):
                continue
            if isinstance(target, ast.Name):
                own.add(target.id)
        for name in own:
            if isinstance(namespace.get(name), argparse.Namespace) and name not in self.finding.namespace:
                self.finding.namespace[name] = namespace[name]
                self.settings.add(name)

    def _scan(self, body):
        assigned, calls, listed = {}, [], set()
        for node in _own(body):
            if isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
                listed.update(map(id, ast.iter_child_nodes(node)))
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                assigned.setdefault(node.targets[0].id, node.value)
            if isinstance(node, ast.Call):
                calls.append(node)
        models = {}
        for call in calls:
            if self._is_built_here(call):
                text = self._expression(call, assigned)
                if text is not None:
                    models[id(call)] = text
                    if text not in [one[0] for one in self.found]:
                        self.found.append([text, call.func.id, call.lineno, id(call) in listed])
        for call in calls:
            source = call.func
            if isinstance(source, ast.Name):
                source = assigned.get(source.id)
            text = models.get(id(_bare(source))) if source is not None else None
            if text is None or not call.args or call.keywords:
                continue
            parts = [self._expression(one, assigned) for one in call.args]
            if None not in parts:
                self.examples.setdefault(text, []).append(parts)

    def _is_built_here(self, call):
        finding = self.finding
        if not isinstance(call.func, ast.Name):
            return False
        if call.func.id in finding.classes:
            return _is_model_class(finding.namespace.get(call.func.id))
        return call.func.id in finding.functions and finding.returns_model(call.func.id)

    def _expression(self, node, assigned):
        """The expression's text with local names spelled out; None where it needs what only a run has."""
        namespace = self.finding.namespace

        def spell(node, depth):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                kept = isinstance(namespace.get(node.id), (dict, list, set)) and node.id not in self.local or node.id in self.settings
                if node.id in assigned and not kept and depth < 8:
                    return spell(assigned[node.id], depth + 1)
                if node.id not in namespace and not hasattr(builtins, node.id):
                    raise LookupError(node.id)
                if isinstance(namespace.get(node.id), Unknown):
                    raise LookupError(node.id)
                return node
            if isinstance(node, (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp, ast.NamedExpr, ast.Await)):
                if any(isinstance(one, ast.Name) and one.id in assigned for one in ast.walk(node)):
                    raise LookupError("scope")
                return node
            changed = type(node)()
            for field, value in ast.iter_fields(node):
                if isinstance(value, list):
                    value = [spell(one, depth) if isinstance(one, ast.AST) else one for one in value]
                elif isinstance(value, ast.AST):
                    value = spell(value, depth)
                setattr(changed, field, value)
            return changed

        try:
            text = ast.unparse(ast.fix_missing_locations(spell(_bare(node), 0)))
        except (LookupError, RecursionError):
            return None
        return text if len(text) <= 400 else None


def _bare(node):
    """The call without what moves its result to a device or sets its mode."""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("eval", "train", "to", "cuda", "cpu", "float")
        and isinstance(node.func.value, ast.Call)
    ):
        node = node.func.value
    return node


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
        if _CONFIG.search(one.name):
            if isinstance(finding.namespace.get(one.name), (dict, types.SimpleNamespace, argparse.Namespace)):
                given.append(f"{one.name}={one.name}" if one.kind == one.KEYWORD_ONLY else one.name)
                continue
            kinds.extend(name for name in finding.classes if _CONFIG.search(name))
        for name in kinds:
            kind = finding.namespace.get(name)
            if isinstance(kind, type) and not issubclass(kind, Module) and not _needed_arguments(kind):
                given.append(f"{one.name}={name}()" if one.kind == one.KEYWORD_ONLY else f"{name}()")
                break
        else:
            return None
    return f"{cls.__name__}({', '.join(given)})"


def _candidates():
    namespace = _main.__dict__
    found = []
    _state.examples = {}
    try:
        finding = _Finding(_tree(_state.file), namespace)
    except SyntaxError:
        return []
    used = finding.used_names()
    usage = _Usage(_tree(_state.file), finding)
    _state.examples = usage.examples
    used |= {callee for _, callee, _, one_of_many in usage.found if one_of_many}
    order = [node for node in _tree(_state.file).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for node in order:
        value = namespace.get(node.name)
        if isinstance(node, ast.ClassDef):
            if not _is_model_class(value):
                continue
            needed = _needed_arguments(value.__init__, 1)
            buildable = not needed
            text = f"{node.name}({', '.join(needed)})"
            if not buildable:
                configured = _with_config(value, finding)
                buildable, text = configured is not None, configured or text
            helper = node.name in used or value.__init__ is Module.__init__
            found.append([text, "class", node.name, node.lineno, buildable, helper, False])
        elif callable(value) and not node.name.startswith("_") and finding.returns_model(node.name):
            if _needed_arguments(_unwrap(value)) or _guess.keywords(node):
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
            if "ok" in _guarded(lambda: _evaluate(text)):
                found = [row for row in found if row[2] != name]
                node = finding.classes.get(name) or finding.functions[name]
                found.append([text, kind, name, node.lineno, True, False, False])
    return found


def _evaluate(text):
    return eval(compile(text, "<expression>", "eval"), _main.__dict__)


def _example_inputs(model):
    """Types of what the file feeds this model, its own constructor too, then others: lists of [dtype, shape, bound]."""
    own = _state.examples.get(model, [])
    lists = []
    for parts in [*own, None, *[one for key, all in _state.examples.items() if key != model for one in all]]:
        try:
            values = _trace.probe if parts is None else [_evaluate(one) for one in parts]
        except Exception:
            continue
        # What is no tensor stands for itself: see _plain_argument.
        values = [one for one in values or [] if not (one is None or isinstance(one, (bool, int, float)))]
        if values and all(isinstance(one, Tensor) and not one._path and one._storage.init and one._storage.name is None for one in values):
            lists.append([[one.dtype.name, [int(size) for size in one._shape], _bound(one)] for one in values])
    return lists


def _bound(tensor):
    data = tensor._storage.known
    return None if tensor.dtype.is_floating_point or not data else int(max(data)) + 1


_STAND_INS = {"einops", "timm"}


# ---- steps that the host asks for ------------------------------------------------------------------------------------


def load(request):
    """Executes the file in a fresh namespace."""
    global _main
    for name in [name for name, module in sys.modules.items() if getattr(module, "__skipscope__", False)]:
        del sys.modules[name]
    for name in list(sys.modules):
        if isinstance(sys.modules[name], _UnknownModule) or isinstance(getattr(sys.modules[name], "__loader__", None), _Loader):
            del sys.modules[name]
    _user.clear()
    _parents.clear()
    _ran.clear()
    prepared = request["modules"] is None
    given = _kept if prepared else request["modules"]
    _state.compiled = _compiled if prepared else {}
    for name, file, source in given:
        if name != request["name"]:
            _user[name] = (file, source)
    # A library whose own files were given needs no stand-in.
    own = {name.partition(".")[0] for name in (*_user, request["name"])}
    for name in [name for name in sys.modules if name.partition(".")[0] in _STAND_INS & own]:
        del sys.modules[name]
    _state.file, _state.source = request["file"], request["source"]
    _state.trees, _state.model, _state.broken = {}, None, []
    _trace.reset([request["file"], *[file for _, file, _ in given]])
    name = request["name"]
    _main = module = types.ModuleType(name)
    module.__file__ = request["file"]
    module.__skipscope__ = True
    module.__package__ = name.rpartition(".")[0]
    parent = module.__package__
    while parent:
        _parents.add(parent)
        parent = parent.rpartition(".")[0]
    sys.modules[name] = module
    _run_main(request["source"], request["file"], module.__dict__)


def _run_main(source, file, namespace):
    """Executes the file as a script: training is left out, and after a statement that fails the definitions go on."""
    code = compile(source, file, "exec", dont_inherit=True)
    body = _tree(file).body
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
            if not isinstance(error, _trace.DataDependent) and not _state.broken:
                _state.broken.append(_describe(error))
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


def prepare(request):
    """Takes files over ahead of the next trace, and compiles those named; executes nothing."""
    _kept[:] = request["modules"]
    _compiled.clear()
    for name, file, source in _kept:
        plain = name.removesuffix(".__init__")
        if plain in request["ran"]:
            try:
                _compiled[plain] = compile(source, file, "exec", dont_inherit=True)
            except Exception:
                pass


def execute(request):
    answer = _guarded(lambda: load(request))
    answer["broken"] = _state.broken
    answer["candidates"] = _candidates() if _main is not None and "error" not in answer else []
    if "error" in answer and _main is not None:
        kept = _guarded(_candidates)
        answer["candidates"] = kept.get("ok", [])
    return answer


def build(request):
    """Evaluates the model's expression and registers its modules and parameters with the host."""

    def run():
        _trace.phase = "build"
        _trace.probe = None
        _trace.module = -1
        Pending.built += 1
        value = _evaluate(request["model"])
        if isinstance(value, type) or (callable(value) and not isinstance(value, Module) and not isinstance(value, Unknown)):
            value = value()
        if not isinstance(value, Module):
            raise TypeError(f"{request['model']} is a {type(value).__name__}, not a torch.nn.Module")
        value.train(request["training"])
        _state.model = value
        return {**_register(value, request["model"]), "examples": _example_inputs(request["model"])}

    return _guarded(run)


def _register(root, text):
    _trace.phase = "register"
    modules = []
    for index, (path, module) in enumerate(root.named_modules()):
        module.__dict__["_path"] = index
        cls = type(module)
        builtin = cls.__module__.partition(".")[0] == "torch"
        defined = None
        code = None if builtin else getattr(cls.__init__, "__code__", None)
        if not builtin:
            defined = _definition(cls)
        modules.append([path, cls.__name__, builtin, module.__dict__.get("_created", -1), defined])
    leaves, computed = [], []
    for buffer, members in ((False, root.named_parameters()), (True, root.named_buffers())):
        for name, tensor in members:
            storage = tensor._storage
            trainable = bool(tensor.requires_grad) and not buffer
            if buffer and (storage.value is not None or storage.known is not None or tensor._path):
                # A buffer with known or computed contents is part of the graph, not one of its inputs.
                continue
            if storage.value is not None and storage.name is None:
                continue
            storage.name, storage.trainable = name, trainable
            leaves.append((storage, [name, storage.dtype.name, list(storage.shape), storage.init, trainable, buffer, storage.value]))
    values = _trace.send("parameters", [payload for _, payload in leaves])
    for (storage, _), value in zip(leaves, values):
        storage.value = value
    size = next((value for name, value in vars(root).items() if _SIZE.fullmatch(name) and value), None) or _said_size(text)
    hints = [["Size", _plain(size)]]
    for path, module in root.named_modules():
        kind = type(module).__name__
        bases = [one.__name__ for one in type(module).__mro__]
        for base in bases:
            if base in _HINTS:
                hints.append([base, *[_plain(getattr(module, name, None)) for name in _HINTS[base]]])
                break
    if len(hints) == 1:
        # A layer made by hand: its first matrix is taken for one that multiplies the input from the right.
        shapes = [one._shape for one in root.parameters() if one.ndim == 2]
        hints += [["Linear", *[_plain(int(size)) for size in shape]] for shape in shapes[:1]]
    return {"modules": modules, "hints": hints, "signature": _signature(root)}


# Attributes that tell how large the pictures are that a model takes.
_SIZE = re.compile(r"_?((img|image|input|im)_?(size|dim|shape|resolution|res)|resolution|size)", re.IGNORECASE)
_HINTS = {
    "Conv1d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "Conv2d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "Conv3d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "ConvTranspose2d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "ConvTranspose1d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "ConvTranspose3d": ("in_channels", "kernel_size", "stride", "out_channels"),
    "Linear": ("in_features", "out_features"),
    "Embedding": ("num_embeddings", "embedding_dim"),
    "LSTM": ("input_size", "batch_first"),
    "GRU": ("input_size", "batch_first"),
    "RNN": ("input_size", "batch_first"),
    "TransformerEncoderLayer": ("norm_first",),
    "MaxPool2d": ("stride",),
}


def _said_size(text):
    """How large a model's pictures are, where its expression names that."""
    try:
        call = ast.parse(text, mode="eval").body
        return next(
            (ast.literal_eval(one.value) for one in call.keywords if re.fullmatch(r"(img|image)_?size", one.arg or "")), None
        )
    except (SyntaxError, ValueError, AttributeError):
        return None


def _plain(value):
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (int, float, str, bool)) or value is None else None


def _definition(cls):
    line = cls.__dict__.get("__firstlineno__")
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    return [file, line, cls.__name__] if line and file in _trace.files else None


def _parameters(root):
    try:
        return list(inspect.signature(root.forward).parameters.values())
    except (TypeError, ValueError):
        return [inspect.Parameter("input", inspect.Parameter.POSITIONAL_OR_KEYWORD)]


def _signature(root):
    """Names of the tensors that forward needs, and of what it can do without."""
    parameters = [one for one in _parameters(root) if _plain_argument(root, one, None) is None]
    needed = [one.name for one in parameters if one.default is one.empty and one.kind in (0, 1, 3)]
    optional = [one.name for one in parameters if one.default is not one.empty]
    star = [one.name for one in parameters if one.kind is one.VAR_POSITIONAL]
    if not needed and star:
        needed = star[:1]
    elif not needed and optional:
        needed, optional = optional[:1], optional[1:]
    return {"needed": needed, "optional": optional}


_STARTS = re.compile(r"(^|_)(start|pos|position|offset|index|idx|step|past)", re.IGNORECASE)
_STATES = re.compile(r"^(hidden|hiddens|hx|h|h_?0|state|states|prev_state|prev_hidden|hidden_state|init_state|hc)$")
_MAKERS = "init_hidden initHidden init_state init_states get_init_state initial_state begin_state zero_state".split()


def _plain_argument(root, parameter, first):
    """
    What an argument that needs no tensor is given, as a list of one value: zero for where to start, no state, and None for what
    is optional. `first` is the model's first input.
    """
    if parameter.default is not parameter.empty or parameter.kind not in (0, 1, 3):
        return None
    name, said = parameter.name, parameter.annotation
    text = "" if said is parameter.empty else said if isinstance(said, str) else getattr(said, "__name__", "") or ""
    if text == "Optional" or re.search(r"Optional\[|\bNone\b", said if isinstance(said, str) else repr(said)):
        return [None]
    if text == "int" or name in ("start_pos", "past_length", "pos_offset"):
        return [0 if _STARTS.search(name) else 1]
    if text in ("bool", "float"):
        return [text == "float" and 1.0]
    if not _STATES.match(name):
        return None
    layers = [one for one in root.modules() if type(one).__name__ in ("LSTM", "GRU", "RNN")]
    maker = next((getattr(root, one) for one in _MAKERS if callable(getattr(root, one, None))), None)
    if maker is None:
        return [None] if layers else None
    if first is None:
        return [maker]
    count = len([one for one in inspect.signature(maker).parameters.values() if one.default is one.empty])
    along = 0 if first.ndim < 2 or not layers or layers[0].batch_first else 1
    return [maker(*[first._shape[along]][:count])]


def _arguments(root, tensors):
    """The tensors, with what else forward needs between them, and by name what comes by name only."""
    rest, given, named = list(tensors), [], {}
    for one in _parameters(root):
        plain = _plain_argument(root, one, tensors[0]) if tensors else None
        if plain is None and not rest:
            break
        value = plain[0] if plain is not None else rest.pop(0)
        if one.kind is one.KEYWORD_ONLY:
            named[one.name] = value
        elif one.kind is one.VAR_POSITIONAL:
            given += [value, *rest]
            rest = []
        elif one.kind is one.VAR_KEYWORD:
            break
        else:
            given.append(value)
    return [*given, *rest], named


def forward(request):
    """Runs the model's forward pass on inputs of the given types."""

    def run():
        _trace.phase = "forward"
        _trace.strict = request["strict"]
        _trace.module = -1
        inputs = []
        for name, dtype, shape, bound in request["inputs"]:
            value = _trace.send("input", [name, dtype, shape, bound])
            from torch._tensor import wrap

            inputs.append(wrap([value, dtype, shape]))
        try:
            given, named = _arguments(_state.model, inputs)
            result = _state.model(*given, **named)
        finally:
            _trace.phase = "idle"
        return [read(one) for one in _outputs(result)]

    return _guarded(run)


def _outputs(value, depth=0):
    if isinstance(value, Tensor):
        return [value]
    if depth > 6:
        return []
    if isinstance(value, dict):
        return [one for part in value.values() for one in _outputs(part, depth + 1)]
    if isinstance(value, (list, tuple)):
        return [one for part in value for one in _outputs(part, depth + 1)]
    if hasattr(value, "__dict__") and not isinstance(value, (Module, Unknown, type)):
        return [one for part in vars(value).values() for one in _outputs(part, depth + 1)]
    return []


_STEPS = {
    "prepare": prepare,
    "execute": execute,
    "build": build,
    "forward": forward,
    "frames": lambda request: _trace.frame_table,
    "ran": lambda request: _ran,
}


def step(text):
    """The host's one way in: a JSON request, a JSON answer."""
    name, request = json.loads(text)
    return json.dumps(_STEPS[name](request))


def _parse_known_args(self, args=None, namespace=None):
    """The defaults: nobody has given a command line, so nothing is required."""
    for action in self._actions:
        action.required = False
    return _argparse(self, [] if args is None else args, namespace)


def install():
    global _argparse

    _argparse = argparse.ArgumentParser.parse_known_args
    argparse.ArgumentParser.parse_known_args = _parse_known_args
    sys.meta_path.insert(0, _Finder)
    sys.meta_path.append(_Fallback)
