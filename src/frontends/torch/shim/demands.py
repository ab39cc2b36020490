"""What a function asks of an argument: how it uses it, as its source tells."""

import ast

from torch._files import init_of, node_of
from torch._finding import asked_kind, needed_arguments
from torch.nn.modules.module import Module


def _handed_to(name, function, finding):
    """The functions and constructors of files that the function hands an argument on to, each with the name that it has there."""
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        made = finding.namespace.get(node.func.id)
        is_model = isinstance(made, type) and issubclass(made, Module)
        callee = init_of(made) if is_model else finding.functions.get(node.func.id)
        if callee is None:
            continue
        taken = [one.arg for one in [*callee.args.posonlyargs, *callee.args.args][is_model:]]
        given = [*zip(taken, node.args), *((one.arg, one.value) for one in node.keywords if one.arg)]
        yield from ((callee, to) for to, one in given if isinstance(one, ast.Name) and one.id == name)


def is_handed_as_list(name, function, finding, depth=0):
    """Whether what the function hands an argument on to takes it for several values as it comes, without making them of one."""
    for callee, to in _handed_to(name, function, finding) if depth < 3 else ():
        if any(isinstance(one, ast.Name) and one.id == to and isinstance(one.ctx, ast.Store) for one in ast.walk(callee)) or asks_kind(to, callee):
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
    kept = {one.targets[0].attr for one in ast.walk(init) if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Attribute) and getattr(one.value, "id", None) == name}
    return any(
        isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr in kept and getattr(node.value.value, "id", None) == "self"
        for node in (ast.walk(owner) if owner else ())
    )


def asks_kind(name, function):
    """Whether the function asks of what kind an argument is."""
    return any(asked_kind(node, name) is not None for node in ast.walk(function))


def is_list(name, function):
    """Whether the function takes an argument for several values: asks how many, takes one out, or goes through them."""

    def named(node):
        return isinstance(node, ast.Name) and node.id == name

    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("len", "enumerate", "zip", "sum", "list", "reversed", "max") and any(map(named, node.args)):
                return node.func.id != "max" or len(node.args) == 1
        if isinstance(node, (ast.For, ast.comprehension)) and named(node.iter):
            return True
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)) and named(node.comparators[0]):
            return True
        if isinstance(node, (ast.Subscript, ast.Starred)) and named(node.value):
            return True
    return False


def is_tuple(name, function, finding, depth=0):
    """Whether a function, or one of the file that it hands the argument on to, asks that an argument is a tuple, and no list."""
    if any(getattr(asked_kind(node, name), "id", None) == "tuple" for node in ast.walk(function)):
        return True
    return depth < 2 and any(is_tuple(to, callee, finding, depth + 1) for callee, to in _handed_to(name, function, finding))


def is_called(name, function):
    """Whether the function makes something of an argument by calling it."""
    return any(isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == name for one in ast.walk(function))


def counts_words(name, function):
    """Whether the function makes a table of embeddings with as many rows."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) in ("Embedding", "EmbeddingBag"):
            rows = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "num_embeddings")]
            if any(isinstance(one, ast.Name) and one.id == name for one in rows):
                return True
    return False


def asked_class(name, function):
    """The name of the class that the function asks whether an argument is of."""
    kinds = (asked_kind(node, name) for node in ast.walk(function))
    return next((kind.id for kind in kinds if isinstance(kind, ast.Name)), None)


def spread_into(name, function, finding):
    """
    The class of the file that the function makes with `**name`, and the names of the arguments that the mapping must hold for
    it; None where it spreads no such argument.
    """
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in finding.classes):
            continue
        if any(one.arg is None and isinstance(one.value, ast.Name) and one.value.id == name for one in node.keywords):
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
    assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]

    def spelled(node, line):
        if isinstance(node, ast.Name) and node.id != name:
            before = [one for one in assigned if one.targets[0].id == node.id and one.lineno < line]
            return spelled(before[-1].value, before[-1].lineno) if before else node
        if not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp)):
            return node
        spell = lambda value: spelled(value, line) if isinstance(value, ast.expr) else value
        fields = {key: [*map(spell, value)] if isinstance(value, list) else spell(value) for key, value in ast.iter_fields(node)}
        return type(node)(**fields)

    for node in ast.walk(function):
        test = spelled(node.test, node.lineno) if isinstance(node, ast.Assert) else None
        if test is None or not all(isinstance(one, sums) for one in ast.walk(test)):
            continue
        if {one.id for one in ast.walk(test) if isinstance(one, ast.Name)} == {name}:
            yield compile(ast.fix_missing_locations(ast.Expression(test)), "<assert>", "eval")


def shape_taken(name, function):
    """How many lengths the function takes out of an argument that is a shape: by names, by places, or as all of a tensor's; None where it takes none."""
    counts = []
    for node in ast.walk(function):
        taken = getattr(node, "value", None)
        if not (isinstance(taken, ast.Name) and taken.id == name):
            continue
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            return len(node.targets[0].elts)
        if isinstance(node, ast.Starred):
            counts.append(4)
        elif isinstance(node, ast.Subscript) and isinstance(getattr(node.slice, "value", None), int):
            counts.append(max(3, node.slice.value + 1))
    return max(counts, default=None)
