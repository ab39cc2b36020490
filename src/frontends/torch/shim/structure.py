"""How forward takes apart an argument that is a list, a tuple, a mapping or an object of tensors."""

import ast
import re

from torch._files import node_of
from torch._finding import asked_kind
from torch._record import Record
from torch._tensor import Tensor
from torch.nn.modules.module import Module

# What is asked of a tensor, and of no list or mapping.
_OF_TENSORS = frozenset("shape size dim ndim view reshape flatten to float permute transpose device dtype mean unsqueeze chunk".split())
# A table with a row for where edges begin and one for where they end, which is a tensor though its rows are taken out.
_EDGES = re.compile(r"edge_ind(ex|ices)$")
# What describes the nodes of a graph or the words of a text that stand before it.
_BESIDE = re.compile(r"^(edge_\w+|batch|ptr|\w*mask|\w*token_type\w*|\w*lengths?)$|(^|_)adj")
_THROUGH = ("enumerate", "zip", "reversed", "list", "tuple", "iter")
_MOST = 64


class Structure:
    """
    What an argument consists of: `leaves` are names of tensors with the steps that lead to them, `sure` says that it cannot be a
    tensor itself, and `levels` that each item has a layer of its own, as the feature maps of a pyramid have.
    """

    def __init__(self, leaves, sure, levels=False):
        self.leaves, self.sure, self.levels = leaves, sure, levels

    def name_of(self, path):
        return next((name for name, own in self.leaves if own == path), None)


def leaf_name(argument, path):
    """`batch["image"]` and `batch.image` are `image`, `xs[0]` stays what it is: keys tell what a tensor is for, numbers do not."""
    (kind, key) = path[-1]
    if kind in ("dict", "attr"):
        return str(key)
    return argument + "".join(f"[{one}]" for _, one in path)


def structure_of(root, argument):
    """The structure of an argument of a module's forward; None for a tensor, or where nothing tells."""
    body = None if _EDGES.match(argument) else forward_of(root)
    return _Reading(root, _owner(root), argument).read(body, argument, 0) if body else None


def forward_of(module):
    """The source of a module's forward; None where there is none."""
    owner = _owner(module)
    return owner and _method(owner, "forward")


def _owner(module):
    """The class that a module's forward is of."""
    return next((one for one in type(module).__mro__ if "forward" in vars(one)), None)


def _method(owner, name):
    parts = getattr(node_of(owner), "body", ())
    return next((one for one in parts if isinstance(one, ast.FunctionDef) and one.name == name), None)


class _Reading:
    def __init__(self, root, owner, argument):
        self.root, self.owner, self.argument = root, owner, argument
        self.fields, self.spare, self.names, self.count, self.most = [], set(), None, None, -1
        self.listed = self.sure = self.levels = self.either = False

    def read(self, body, name, depth):
        if not self._scan(body, name, depth):
            return None
        paths = self._leaves()
        if paths:
            return Structure([(leaf_name(self.argument, path), path) for path in paths], not self.either)
        if self.names is not None:
            return Structure(self.names, True)
        if not self.listed and self.most < 0:
            return None
        count = min(max(self.count or 1, self.most + 1), _MOST)
        paths = [(("list", index),) for index in range(count)]
        return Structure([(leaf_name(self.argument, path), path) for path in paths], self.sure and not self.either, self.levels)

    def _leaves(self):
        """What is read off the argument by names, without what holds something else that is read: features before what describes them."""
        read = [path for path in self.fields if path not in self.spare]
        leaves = [path for path in read if not any(other != path and other[: len(path)] == path for other in read)]
        return sorted(leaves, key=lambda path: bool(_BESIDE.search(str(path[-1][1]))))

    def _scan(self, body, name, depth):
        """Gathers what a function does to an argument until it gives the name to something else; False if that is a tensor."""
        for statement in body.body:
            for node in self._live(statement):
                if isinstance(node, ast.Attribute) and _is(node.value, name) and node.attr in _OF_TENSORS:
                    if not self._rebinds(statement, name):
                        return False
                self._note(node, name)
                if isinstance(node, ast.Call) and depth < 2 and not self._follow(node, name, depth):
                    return False
            if self._rebinds(statement, name) and not isinstance(statement, ast.If) and not _moves(statement, name):
                break
        return True

    def _live(self, node):
        """All nodes of a statement but those that the model's own settings, as `self.training`, leave out."""
        yield node
        chosen = self._value(node.test) if isinstance(node, ast.If) else None
        left_out = () if not isinstance(chosen, bool) else node.orelse if chosen else node.body
        for child in ast.iter_child_nodes(node):
            if child not in left_out:
                yield from self._live(child)

    def _rebinds(self, statement, name):
        return any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) for node in ast.walk(statement))

    def _follow(self, call, name, depth):
        """Reads a method that is handed the argument; of a part, what it reads off it by names."""
        if not (isinstance(call.func, ast.Attribute) and _is(call.func.value, "self")):
            return True
        method, part = _method(self.owner, call.func.attr), getattr(self.root, call.func.attr, None)
        owner = _owner(part) if method is None and isinstance(part, Module) else None
        method = _method(owner, "forward") if owner else method
        names = [one.arg for one in method.args.args[1:]] if method else ()
        named = ((one.arg, one.value) for one in call.keywords)
        taken = next((to for to, given in (*zip(names, call.args), *named) if _is(given, name)), None)
        if taken is None or method is None:
            return True
        if not owner:
            return self._scan(method, taken, depth + 1)
        inner = _Reading(part, owner, taken)
        if inner._scan(method, taken, depth + 1):
            self.spare |= inner.spare
            for path in inner.fields:
                self._note_field(path)
        return True

    def _note(self, node, name):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Load):
            self._note_field(_path(node, name))
        if isinstance(node, ast.Subscript) and _is(node.value, name):
            self._note_item(node.slice)
        elif isinstance(node, ast.Call):
            self._note_call(node, name)
        elif isinstance(node, ast.Assign) and _is(node.value, name) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            leaves = _unpacked(node.targets[0], ())
            if leaves:
                self.names = self.names or leaves
        elif isinstance(node, ast.For):
            self._note_loop(node.target, node.iter, node.body, name)
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            for one in node.generators:
                self._note_loop(one.target, one.iter, [node.elt], name)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)) and _is(node.comparators[0], name):
            self.spare.add((("attr", getattr(node.left, "value", None)),))
        elif isinstance(node, ast.Compare) and _is_length(node.left, name) and isinstance(node.ops[0], ast.Eq):
            self._counted(self._value(node.comparators[0]))
        elif isinstance(node, ast.Assert) and _asks_kind(node.test, name):
            self.listed = self.sure = True
        elif isinstance(node, (ast.If, ast.IfExp)) and any(_asks_kind(one, name) for one in ast.walk(node.test)):
            self.listed = self.either = True

    def _note_item(self, index):
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            self._note_field((("dict", index.value),))
        elif isinstance(index, ast.Constant) and type(index.value) is int:
            self.most = max(self.most, index.value)
        elif isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant) and type(index.operand.value) is int:
            self.most = max(self.most, index.operand.value - 1)

    def _note_field(self, path):
        if path and path not in self.fields:
            self.fields.append(path)

    def _note_call(self, call, name):
        callee = call.func
        if isinstance(callee, ast.Name) and callee.id in ("hasattr", "getattr") and len(call.args) > 1 and _is(call.args[0], name):
            # What is asked for may be missing.
            self.spare.add((("attr", getattr(call.args[1], "value", None)),))
        elif isinstance(callee, ast.Attribute):
            # A method of the argument is no tensor.
            self.spare.add(_path(callee, name))
        if _asks_kind(call, name, ("dict", "Mapping")):
            self.either = True
        elif isinstance(callee, ast.Attribute) and _is(callee.value, name) and callee.attr in ("get", "pop") and call.args:
            if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
                self._note_item(call.args[0])
        elif isinstance(callee, ast.Attribute) and callee.attr in ("cat", "concat", "stack") and call.args and _is(call.args[0], name):
            self.listed = self.sure = True
            self._counted(2)

    def _note_loop(self, target, source, inside, name):
        through = [source]
        while isinstance(through[0], ast.Call) and getattr(through[0].func, "id", None) in _THROUGH and through[0].args:
            through = [*through[0].args, *through[1:]]
        if any(_is(one, name) for one in through):
            self.listed = True
            lengths = [self._length(one) for one in through if not _is(one, name)]
            # Layers of which one is taken out in each turn.
            taken = [one for one in _walk(inside) if isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Name)]
            known = [one for one in (*lengths, *(self._length(one.value) for one in taken)) if one]
            if known:
                self._counted(min(known))
                self.sure = self.levels = True
            return
        counter = target.elts[0] if isinstance(target, ast.Tuple) else target
        count = self._turns(source)
        if count and isinstance(counter, ast.Name):
            for node in _walk(inside):
                # What several indices are taken out of at once is a tensor.
                if isinstance(node, ast.Subscript) and _is(node.value, name) and not isinstance(node.slice, ast.Tuple) and any(_is(one, counter.id) for one in ast.walk(node.slice)):
                    self.sure = self.levels = True
                    self._counted(count)

    def _turns(self, source):
        """How often a loop over numbers, or over numbered layers, turns."""
        if not (isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.args):
            return None
        if source.func.id == "enumerate":
            return self._length(source.args[0])
        return self._value(source.args[-1]) if source.func.id == "range" else None

    def _counted(self, count):
        if isinstance(count, int) and 0 < count <= _MOST:
            self.listed = True
            self.count = max(self.count or 0, count)

    def _length(self, node):
        value = self._value(node)
        try:
            return None if isinstance(value, (str, bytes)) else len(value)
        except TypeError:
            return None

    def _value(self, node):
        """What an attribute of the model, or a length or sum of such, is now; None for anything else."""
        allowed = (ast.Attribute, ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)
        for one in ast.walk(node):
            plain = isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "len" and len(one.args) == 1
            if not (plain or isinstance(one, allowed)) or isinstance(one, ast.Name) and one.id not in ("self", "len"):
                return None
        try:
            return eval(compile(ast.Expression(node), "<structure>", "eval"), {"self": self.root, "len": len, "__builtins__": {}})
        except Exception:
            return None


def _walk(nodes):
    return (one for node in nodes for one in ast.walk(node))


def _is(node, name):
    return isinstance(node, ast.Name) and node.id == name


def _path(node, name):
    """The steps to what is read off an argument, as in `data.x` and `batch["nodes"].x`; None for anything that a tensor has too."""
    path = []
    while not _is(node, name):
        if isinstance(node, ast.Attribute):
            if hasattr(Tensor, node.attr) or hasattr(Record, node.attr):
                return None
            path.insert(0, ("attr", node.attr))
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            path.insert(0, ("dict", node.slice.value))
        else:
            return None
        node = node.value
    return tuple(path)


def _moves(statement, name):
    """Whether a statement only brings an argument to a device, as `data = data.to(device)` does."""
    call = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ("to", "cuda", "cpu") and _is(call.func.value, name)


def _is_length(node, name):
    return isinstance(node, ast.Call) and _is(node.func, "len") and len(node.args) == 1 and _is(node.args[0], name)


def _asks_kind(test, name, asked=("list", "tuple")):
    """Whether `isinstance(name, (list, tuple))`, or one of the kinds asked for, is in question."""
    kind = asked_kind(test, name)
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return kind is not None and all(isinstance(one, ast.Name) and one.id in asked for one in kinds)


def _unpacked(target, path):
    """Names that a tuple of targets gives, with the steps that lead to each; nothing where their number is open."""
    leaves = []
    for index, one in enumerate(target.elts):
        below = (*path, ("tuple", index))
        if isinstance(one, ast.Name):
            leaves.append((one.id, below))
        elif isinstance(one, (ast.Tuple, ast.List)):
            leaves += _unpacked(one, below)
        else:
            return []
    names = [name for name, _ in leaves]
    # A throwaway name may stand several times.
    return [(name if names.count(name) == 1 else f"{name}[{path[-1][1]}]", path) for name, path in leaves]
