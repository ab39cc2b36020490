"""What a function asks of an argument: how it uses it, as its source tells."""

import ast

from torch._finding import asked_kind, needed_arguments


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
        if isinstance(node, (ast.Subscript, ast.Starred)) and named(node.value):
            return True
    return False


def is_tuple(name, function, finding, depth=0):
    """Whether a function, or one of the file that it hands the argument on to, asks that an argument is a tuple, and no list."""
    if any(getattr(asked_kind(node, name), "id", None) == "tuple" for node in ast.walk(function)):
        return True
    for node in ast.walk(function):
        callee = finding.functions.get(node.func.id) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
        for to, one in zip(callee.args.args, node.args) if callee and depth < 2 else ():
            if isinstance(one, ast.Name) and one.id == name and is_tuple(to.arg, callee, finding, depth + 1):
                return True
    return False


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
    """A number's text, made a multiple of what the function asserts that the argument is one of."""
    if not text or not text.isdigit():
        return text
    for node in ast.walk(function):
        if not (isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare) and isinstance(node.test.left, ast.BinOp)):
            continue
        left, right = node.test.left, node.test.comparators[0]
        if isinstance(left.op, ast.Mod) and getattr(left.left, "id", None) == name and getattr(right, "value", None) == 0:
            of = getattr(left.right, "value", None)
            if isinstance(of, int) and of > 0:
                return str(-(-int(text) // of) * of)
    return text
