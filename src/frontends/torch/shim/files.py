"""The files of a trace: their text, what of them was executed, and what went wrong on the way."""

import ast
import linecache
import sys
import types

from torch import _trace

user = {}  # dotted name -> [file, source] of every source file that was given
kept = []  # what `user` is filled from when the host says that the files are those it prepared
compiled = {}  # dotted name -> code of some of them
ran = []  # dotted names of the given files that this trace executed
parents = set()  # packages that the traced file lies in
# The traced module, file and source, how many of its statements were executed ahead, the model that was built, examples of
# inputs that the file gives, and the numbers among those of this model.
# `declarations` tells by file what installed packages say of their names.
state = types.SimpleNamespace(
    main=None, file=None, source="", begun=0, model=None, trees={}, broken=[], compiled={}, examples={}, given={}, declarations={}
)

# Names that nothing of that name could be found for, in this trace.
_absent = set()


def forget():
    _absent.clear()


def find(name):
    """
    Whether there is a source file for a module, or a configuration for a path that ends in config.json, given already or asked
    for now; then it is among the given ones.
    """
    if name in user or f"{name}.__init__" in user:
        return True
    top = name.partition(".")[0]
    if name in _absent or top == "torch" or top in sys.stdlib_module_names:
        return False
    found = _trace.send("find", name)
    if found is None:
        _absent.add(name)
        return False
    key, file, source = found
    user[key] = (file, source)
    _trace.files.add(file)
    show(file, source)
    return True


def show(file, source):
    """Makes a file's text known to `inspect`, with which packages look at their own classes: there is no disk to read it from."""
    linecache.cache[file] = (lambda: source,)


def tree(file):
    tree = state.trees.get(file)
    if tree is None:
        source = state.source if file == state.file else next(entry[1] for entry in user.values() if entry[0] == file)
        tree = state.trees[file] = ast.parse(source, file)
    return tree


def files_of_trace():
    """The traced file, then the given files that it executed."""
    known = {name: file for name, (file, _) in user.items()}
    return [state.file, *(known[one] for name in ran for one in (name, f"{name}.__init__") if one in known)]


def slashed(path):
    """A path of the user's machine, whichever it is, as Python takes it here."""
    return path.replace("\\", "/")


def file_of(cls):
    """The file that a class stands in, as the user's machine names it; None for the shim and the standard library."""
    named = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if named in _trace.files:
        return named
    return next((one for one in _trace.files if "\\" in one and slashed(one) == named), None)


def node_of(cls):
    """The statement of a file that defines a class; None for classes of the shim and of the standard library."""
    file = file_of(cls)
    if file is None or file not in files_of_trace():
        return None
    return next((one for one in tree(file).body if isinstance(one, ast.ClassDef) and one.name == cls.__name__), None)


def init_of(cls):
    """The definition of a class's constructor, the inherited one too, where a file gives it."""
    for base in cls.__mro__:
        if "__init__" in vars(base):
            node = node_of(base)
            return node and next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    return None
