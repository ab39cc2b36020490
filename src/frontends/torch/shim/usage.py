"""Where a file itself builds models, and what it feeds them."""

import argparse
import ast
import builtins
import re
import types

from torch._finding import is_model_class, own_nodes
from torch._formats import dtype
from torch._unknown import Unknown
from torch.nn.modules.module import Module


# What a file fills step by step: its first assignment does not tell what it holds.
_KEPT = (dict, list, set, argparse.Namespace, types.SimpleNamespace)
# Methods that convert what a module holds to another number format.
_CONVERTING = ("float", "double", "half", "bfloat16")


class Usage:
    """Where the file itself builds models, and what it feeds them: `net = Net(28)`, then `net(torch.randn(1, 3, 32, 32))`."""

    def __init__(self, tree, finding):
        self.tree, self.finding = tree, finding
        self.found = []  # [expression, callee, line, whether it is one of several in a list or table]
        self.calls = []  # [expression, line] of other calls whose result gets a name, and may be a model
        self.examples = {}  # expression -> what it is called with, in order and by name, as expressions
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

    def scan_docstrings(self):
        """As for the file's own code, what the examples in its docstrings build and feed: lines that begin with `>>>`."""
        for node in ast.walk(self.tree):
            text = ast.get_docstring(node) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) else None
            lines = re.findall(r"^\s*(?:>>>|\.\.\.) ?(.*)$", text or "", re.MULTILINE)
            try:
                body = ast.parse("\n".join(lines)).body
            except SyntaxError:
                continue
            for inner in body:
                ast.increment_lineno(inner, getattr(node, "lineno", 1) - inner.lineno)
            self._scan(body)

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
            makes = isinstance(node.value, ast.Call) and _own_name(node.value.func) == "ArgumentParser"
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
        assigned, calls, listed, finding = {}, [], set(), self.finding
        for node in own_nodes(body):
            if isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
                listed.update(map(id, ast.iter_child_nodes(node)))
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                assigned.setdefault(node.targets[0].id, node.value)
            if isinstance(node, ast.For) and isinstance(node.iter, (ast.Name, ast.List, ast.Tuple)):
                source = assigned.get(node.iter.id, node.iter) if isinstance(node.iter, ast.Name) else node.iter
                for name, first in _firsts(node.target, _item(source, 0)):
                    assigned.setdefault(name, first)
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                # What the whole file has goes by its name.
                for one in [each for each in node.names if each.name != "*" and (each.asname or each.name) not in finding.namespace]:
                    text = f"__import__({node.module!r}, None, None, [{one.name!r}]).{one.name}"
                    assigned.setdefault(one.asname or one.name, ast.parse(text, mode="eval").body)
            if isinstance(node, ast.Call):
                calls.append(node)
        models, converted = {}, self._conversions(calls, assigned)
        for call in calls:
            if self._is_built_here(call):
                text = self._expression(converted.get(id(call), call), assigned)
                if text is not None:
                    models[id(call)] = text
                    if text not in [one[0] for one in self.found]:
                        self.found.append([text, call.func.id, call.lineno, id(call) in listed])
        for value in assigned.values():
            call = _bare(value)
            if id(call) not in models and self._may_build(call):
                text = self._expression(converted.get(id(call), call), assigned)
                if text is not None:
                    models[id(call)] = text
                    self.calls.append([text, call.lineno])
        for call in calls:
            source = call.func
            if isinstance(source, ast.Name):
                source = assigned.get(source.id)
            texts = [models[id(_bare(source))]] if source is not None and id(_bare(source)) in models else []
            if isinstance(call.func, ast.Name) and call.func.id not in self.local and call.func.id in assigned:
                # A model that the file has made already goes by its name too.
                if isinstance(self.finding.namespace.get(call.func.id), Module):
                    texts.append(call.func.id)
            if not texts or not (call.args or call.keywords):
                continue
            given = [self._expression(one, assigned) for one in call.args]
            named = {one.arg: self._expression(one.value, assigned) for one in call.keywords}
            if None not in given and None not in named and None not in named.values():
                for text in texts:
                    self.examples.setdefault(text, []).append((given, named))

    def _conversions(self, calls, assigned):
        """By call that is converted to another number format, in place or later by its name: the same with that done."""
        converted = {}
        for call in calls:
            method = call.func
            owner = method.value if isinstance(method, ast.Attribute) else None
            kind = self._kind_given(call, assigned)
            if owner is None or kind is None:
                continue
            made = _bare(assigned.get(owner.id) if isinstance(owner, ast.Name) else owner)
            if isinstance(made, ast.Call):
                before = converted.get(id(made), made)
                converted[id(made)] = ast.Call(ast.Attribute(before, method.attr, ast.Load()), kind, [])
        return converted

    def _kind_given(self, call, assigned):
        """The number format that a method is given, as its arguments: none where its name says it; None if it is of no such method."""
        name = getattr(call.func, "attr", None)
        if name in _CONVERTING:
            return []
        given = [*call.args, *(one.value for one in call.keywords if one.arg == "dtype")] if name == "to" else ()
        return next(([one] for one in given if self._is_kind(one, assigned)), None)

    def _is_kind(self, node, assigned):
        if isinstance(node, ast.Name) and node.id in assigned:
            node = assigned[node.id]
        return isinstance(self.finding.value_of(node), dtype)

    def _plain(self, node, assigned):
        """As `_bare`, but for conversions to another number format."""
        while _is_moved(node) and (node.func.attr != "to" or self._kind_given(node, assigned) is None):
            node = node.func.value
        return node

    def _is_built_here(self, call):
        finding = self.finding
        if not isinstance(call.func, ast.Name):
            return False
        if call.func.id in finding.classes:
            return is_model_class(finding.namespace.get(call.func.id))
        return call.func.id in finding.functions and finding.returns_model(call.func.id)

    def _may_build(self, call):
        """Whether what a library's function gives may be a model: anything but the results of torch's own functions."""
        if not isinstance(call, ast.Call):
            return False
        made = self.finding.value_of(call.func)
        if isinstance(made, type) and issubclass(made, Module):
            return True
        return isinstance(made, types.FunctionType) and made.__module__.partition(".")[0] != "torch"

    def _expression(self, node, assigned):
        """The expression's text with local names spelled out; None where it needs what only a run has."""
        namespace = self.finding.namespace
        own = set()  # names that comprehensions and lambdas bind

        def spell(node, depth):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
                kept = isinstance(namespace.get(node.id), _KEPT) and node.id not in self.local or node.id in self.settings
                if node.id in assigned and not kept and depth < 8:
                    return spell(assigned[node.id], depth + 1)
                if node.id not in namespace and not hasattr(builtins, node.id):
                    raise LookupError(node.id)
                if isinstance(namespace.get(node.id), Unknown):
                    raise LookupError(node.id)
                return node
            if isinstance(node, (ast.NamedExpr, ast.Await)):
                raise LookupError("scope")
            if isinstance(node, ast.Lambda):
                own.update(one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg))
            if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)):
                own.update(one.id for each in node.generators for one in ast.walk(each.target) if isinstance(one, ast.Name))
            changed = type(node)()
            for field, value in ast.iter_fields(node):
                if isinstance(value, list):
                    value = [spell(one, depth) if isinstance(one, ast.AST) else one for one in value]
                elif isinstance(value, ast.AST):
                    value = spell(value, depth)
                setattr(changed, field, value)
            return changed

        try:
            text = ast.unparse(ast.fix_missing_locations(spell(self._plain(node, assigned), 0)))
        except (LookupError, RecursionError):
            return None
        return text if len(text) <= 400 else None


def _own_name(node):
    """The name of a function, or of a module's member."""
    return getattr(node, "attr", None) or getattr(node, "id", None)


def _firsts(target, source):
    """What the names of a loop's target are in its first turn, as expressions."""
    if isinstance(target, ast.Name):
        yield target.id, source
    elif isinstance(target, (ast.Tuple, ast.List)):
        for index, one in enumerate(target.elts):
            yield from _firsts(one, _item(source, index))


def _item(source, index):
    if isinstance(source, (ast.Tuple, ast.List)) and not any(isinstance(one, ast.Starred) for one in source.elts[: index + 1]):
        if index < len(source.elts):
            return source.elts[index]
    return ast.Subscript(source, ast.Constant(index), ast.Load())


def _is_moved(node, methods=("eval", "train", "to", "cuda", "cpu")):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods and isinstance(node.func.value, ast.Call)


def _bare(node):
    """The call without what moves its result to a device, sets its mode or converts it."""
    while _is_moved(node) or _is_moved(node, _CONVERTING):
        node = node.func.value
    return node
