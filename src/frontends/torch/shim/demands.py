"""What a function asks of an argument: how it uses it, as its source tells."""

import ast

from torch._files import init_of, node_of
from torch._finding import needed_arguments
from torch.nn.modules.module import Module


def _name(node):
    """Of a plain name; None for anything else."""
    return node.id if isinstance(node, ast.Name) else None


class _Uses:
    """How the names in a function or a class are used, by name, in the order of `ast.walk`."""

    def __init__(self, body):
        # Whether the first use that tells takes it for several values.
        self.is_list = {}
        # What `isinstance` asks of it.
        self.kinds = {}
        # How many lengths are taken out of it: by names, and by places or all of a tensor's.
        self.unpacked, self.lengths = {}, {}
        # Names that are called, that are assigned, and that are as many as an embedding has rows.
        self.called, self.stored, self.words = set(), set(), set()
        # Attributes that it is kept in, and those of `self` that one is taken out of.
        self.kept, self.indexed = {}, set()
        # Calls of plain names, assertions, and assignments to plain names.
        self.calls, self.asserts, self.assigned = [], [], []
        for node in ast.walk(body):
            see = getattr(self, f"_see_{type(node).__name__}", None)
            if see is not None:
                see(node)

    def _see_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.stored.add(node.id)

    def _see_Call(self, node):
        callee = _name(node.func)
        if getattr(node.func, "attr", callee) in ("Embedding", "EmbeddingBag"):
            rows = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "num_embeddings")]
            self.words.update(map(_name, rows))
        if callee is None:
            return
        self.calls.append(node)
        self.called.add(callee)
        if callee == "isinstance" and len(node.args) == 2:
            self.kinds.setdefault(_name(node.args[0]), []).append(node.args[1])
        if callee in ("len", "enumerate", "zip", "sum", "list", "reversed", "max"):
            for one in node.args:
                self.is_list.setdefault(_name(one), callee != "max" or len(node.args) == 1)

    def _see_For(self, node):
        self.is_list.setdefault(_name(node.iter), True)

    _see_comprehension = _see_For

    def _see_Compare(self, node):
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self.is_list.setdefault(_name(node.comparators[0]), True)

    def _see_Subscript(self, node):
        self.is_list.setdefault(_name(node.value), True)
        if isinstance(getattr(node.slice, "value", None), int):
            self._takes(_name(node.value), max(3, node.slice.value + 1))
        if isinstance(node.value, ast.Attribute) and _name(node.value.value) == "self":
            self.indexed.add(node.value.attr)

    def _see_Starred(self, node):
        self.is_list.setdefault(_name(node.value), True)
        self._takes(_name(node.value), 4)

    def _takes(self, name, count):
        self.lengths[name] = max(count, self.lengths.get(name, count))

    def _see_Assert(self, node):
        self.asserts.append(node)

    def _see_Assign(self, node):
        target, name = node.targets[0], _name(node.value)
        if isinstance(target, ast.Name):
            self.assigned.append(node)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpacked.setdefault(name, len(target.elts))
        elif isinstance(target, ast.Attribute):
            self.kept.setdefault(name, set()).add(target.attr)


def _uses_in(body):
    """Of one walk, which is kept with the source's tree."""
    known = getattr(body, "_uses", None)
    if known is None:
        known = body._uses = _Uses(body)
    return known


def _handed_to(name, function, finding):
    """The functions and constructors of files that the function hands an argument on to, each with the name that it has there."""
    for node in _uses_in(function).calls:
        made = finding.namespace.get(node.func.id)
        is_model = isinstance(made, type) and issubclass(made, Module)
        callee = init_of(made) if is_model else finding.functions.get(node.func.id)
        if callee is None:
            continue
        taken = [one.arg for one in [*callee.args.posonlyargs, *callee.args.args][is_model:]]
        given = [*zip(taken, node.args), *((one.arg, one.value) for one in node.keywords if one.arg)]
        yield from ((callee, to) for to, one in given if _name(one) == name)


def is_handed_as_list(name, function, finding, depth=0):
    """Whether what the function hands an argument on to takes it for several values as it comes, without making them of one."""
    for callee, to in _handed_to(name, function, finding) if depth < 3 else ():
        if to in _uses_in(callee).stored or asks_kind(to, callee):
            continue
        if is_list(to, callee) or is_handed_as_list(to, callee, finding, depth + 1):
            return True
        if callee.name == "__init__" and _is_kept_as_list(to, callee, finding):
            return True
    return False


def _is_kept_as_list(name, init, finding):
    """Whether a class keeps an argument of its constructor as it is, and takes one out of it later."""
    made = (one for one in finding.namespace.values() if isinstance(one, type) and issubclass(one, Module) and init_of(one) is init)
    owner = next((node for node in map(node_of, made) if node is not None), None)
    return owner is not None and not _uses_in(owner).indexed.isdisjoint(_uses_in(init).kept.get(name, ()))


def asks_kind(name, function):
    """Whether the function asks of what kind an argument is."""
    return name in _uses_in(function).kinds


def is_list(name, function):
    """Whether the function takes an argument for several values: asks how many, takes one out, or goes through them."""
    return _uses_in(function).is_list.get(name, False)


def is_tuple(name, function, finding, depth=0):
    """Whether a function, or one of the file that it hands the argument on to, asks that an argument is a tuple, and no list."""
    if "tuple" in map(_name, _uses_in(function).kinds.get(name, ())):
        return True
    return depth < 2 and any(is_tuple(to, callee, finding, depth + 1) for callee, to in _handed_to(name, function, finding))


def is_called(name, function):
    """Whether the function makes something of an argument by calling it."""
    return name in _uses_in(function).called


def counts_words(name, function):
    """Whether the function makes a table of embeddings with as many rows."""
    return name in _uses_in(function).words


def asked_class(name, function):
    """The name of the class that the function asks whether an argument is of."""
    return next(filter(None, map(_name, _uses_in(function).kinds.get(name, ()))), None)


def spread_into(name, function, finding):
    """
    The class of the file that the function makes with `**name`, and the names of the arguments that the mapping must hold for
    it; None where it spreads no such argument.
    """
    for node in _uses_in(function).calls:
        if node.func.id not in finding.classes:
            continue
        if any(one.arg is None and _name(one.value) == name for one in node.keywords):
            given = {one.arg for one in node.keywords}
            needed = needed_arguments(finding.namespace[node.func.id].__init__, 1 + len(node.args))
            return node.func.id, [one for one in needed if one not in given]
    return None


def rounded(text, name, function):
    """A number's text, made the next number for which all holds that the function asserts of the argument alone."""
    conditions = [*_asserted(name, function)] if text and text.isdigit() else ()
    first = int(text) if conditions else 0
    for number in (*range(first, first + 1000), *range(first - 1, 0, -1)) if conditions else ():
        try:
            if all(eval(one, {name: number}) for one in conditions):
                return str(number)
        except ArithmeticError:
            continue
    return text


def _asserted(name, function):
    """What the function asserts of an argument and of what it counts from it, as code of the argument alone."""
    sums = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Name, ast.Constant, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.expr_context)
    uses = _uses_in(function)

    def spelled(node, line):
        if isinstance(node, ast.Name) and node.id != name:
            before = [one for one in uses.assigned if one.targets[0].id == node.id and one.lineno < line]
            return spelled(before[-1].value, before[-1].lineno) if before else node
        if not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp)):
            return node
        spell = lambda value: spelled(value, line) if isinstance(value, ast.expr) else value
        fields = {key: [*map(spell, value)] if isinstance(value, list) else spell(value) for key, value in ast.iter_fields(node)}
        return type(node)(**fields)

    for node in uses.asserts:
        test = spelled(node.test, node.lineno)
        if not all(isinstance(one, sums) for one in ast.walk(test)):
            continue
        if {one.id for one in ast.walk(test) if isinstance(one, ast.Name)} == {name}:
            yield compile(ast.fix_missing_locations(ast.Expression(test)), "<assert>", "eval")


def shape_taken(name, function):
    """How many lengths the function takes out of an argument that is a shape: by names, by places, or as all of a tensor's; None where it takes none."""
    uses = _uses_in(function)
    return uses.unpacked.get(name, uses.lengths.get(name))
