"""The steps that the host asks for: load a file, build a model, run its forward pass."""

import argparse
import json
import sys
import types

from torch import _candidates, _data, _imports, _installed, _trace
from torch._counting import own_builtins
from torch._signature import assemble, example_inputs, hints_of, order_arguments, signature
from torch._errors import guarded
from torch._files import compiled, forget, kept, parents, ran, show, slashed, state, tree, user
from torch._registry import containers, floating_kind, register, unknown_modules
from torch._script import count_head, run_script
from torch._tensor import Tensor, read, wrap
from torch._unknown import Pending, Unknown
from torch.nn.modules.module import Module


def _begin(request):
    """An empty namespace for the file, and the modules that it may import."""
    _imports.forget()
    user.clear()
    parents.clear()
    ran.clear()
    prepared = request["modules"] is None
    given = _data.take(kept if prepared else request["modules"])
    state.compiled = compiled if prepared else {}
    for name, file, source in given:
        if name != request["name"]:
            user[name] = (file, source)
            show(file, source)
    _installed.dismiss({name.partition(".")[0] for name in (*user, request["name"])})
    state.file = request["file"]
    state.trees, state.model, state.broken = {}, None, []
    state.declarations = {}
    forget()
    _trace.reset([request["file"], *[file for _, file, _ in given]])
    # A file that is called like a module of Python stays out of its way.
    name = request["name"] if request["name"] not in sys.stdlib_module_names else f"{request['name']}_"
    state.main = module = types.ModuleType(name)
    module.__file__ = slashed(request["file"]) if _trace.is_installed(request["file"]) else request["file"]
    module.__skipscope__ = True
    module.__builtins__ = own_builtins()
    module.__package__ = name.rpartition(".")[0]
    parent = module.__package__
    while parent:
        parents.add(parent)
        parent = parent.rpartition(".")[0]
    sys.modules[name] = module
    if _trace.is_installed(request["file"]):
        _data.bring(module.__package__, request["source"])


def _load(request):
    """Executes what is not yet executed of the file."""
    if state.begun:
        _data.lay_again()
    else:
        _begin(request)
    state.source = request["source"]
    show(request["file"], request["source"])
    state.trees.pop(request["file"], None)
    run_script(request["file"], state.main.__dict__, state.begun)


def prepare(request):
    """
    Takes files over ahead of the next trace, compiles those named, and executes the first statements of the traced file, up to
    its last import, as the next trace would. Says whether that went through without a fault of the file's own.
    """
    kept[:] = request["modules"]
    compiled.clear()
    for name, file, source in kept:
        plain = name.removesuffix(".__init__")
        if plain in request["ran"]:
            try:
                compiled[plain] = compile(source, file, "exec", dont_inherit=True)
            except Exception:
                pass
    if not request["head"]:
        return {"ok": None}
    answer = guarded(lambda: _load({**request, "source": request["head"], "modules": None}))
    if "ok" in answer:
        state.begun = len(tree(request["file"]).body)
    return answer


def execute(request):
    answer = guarded(lambda: _load(request))
    answer["broken"] = state.broken
    answer["candidates"] = _candidates.find_candidates() if state.main is not None and "error" not in answer else []
    if "error" in answer and state.main is not None:
        found = guarded(_candidates.find_candidates)
        answer["candidates"] = found.get("ok", [])
    parsed = state.trees.get(request["file"])
    count = count_head(parsed.body) if parsed else 0
    answer["head"] = None if parsed is None else parsed.body[count - 1].end_lineno if count else 0
    return answer


def build(request):
    """Evaluates the model's expression and registers its modules and parameters with the host."""

    def run():
        _trace.phase = "build"
        _trace.probe = None
        _trace.module = -1
        Pending.built += 1
        _trace.begin_build()
        value = _candidates.build(request["model"])
        if isinstance(value, type) or (callable(value) and not isinstance(value, Module) and not isinstance(value, Unknown)):
            value = value()
        if not isinstance(value, Module):
            raise TypeError(f"{request['model']} is a {type(value).__name__}, not a torch.nn.Module")
        value.train(request["training"])
        state.model = value
        modules = register(value)
        examples = example_inputs(request["model"], value)
        unknown = unknown_modules(value)
        return {"modules": modules, "unknown": unknown, "floating": floating_kind(value), "hints": hints_of(value, request["model"]), "signature": signature(value), **examples}

    return guarded(run)


def forward(request):
    """Runs the model's forward pass on inputs of the given types."""

    def run():
        _trace.phase = "forward"
        _trace.strict = request["strict"]
        _trace.module = -1
        _trace.called.clear()
        rows = []
        for name, dtype, shape, bound, place in request["inputs"]:
            value = wrap([_trace.send("input", [name, dtype, shape, bound]), dtype, shape])
            rows.append([name, value, place])
        try:
            given, named = order_arguments(state.model, assemble(rows))
            result = state.model(*given, **named)
        finally:
            _trace.phase = "idle"
        return [read(one) for one in _outputs(result)]

    return guarded(run)


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
    "containers": lambda request: containers(state.model),
    "frames": lambda request: _trace.frame_table,
    "ran": lambda request: ran,
}


def step(text):
    """The host's one way in: a JSON request, a JSON answer."""
    name, request = json.loads(text)
    return json.dumps(_STEPS[name](request), default=lambda value: None)


def _parse_known_args(self, args=None, namespace=None):
    """The defaults: nobody has given a command line, so nothing is required."""
    for action in self._actions:
        action.required = False
    return _argparse(self, [] if args is None else args, namespace)


def install():
    global _argparse

    _argparse = argparse.ArgumentParser.parse_known_args
    argparse.ArgumentParser.parse_known_args = _parse_known_args
    _imports.install()
