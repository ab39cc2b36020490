"""
Modules of installed packages. Their text is asked for when they are imported, and their own imports wait until something
needs what they give: of a library of a thousand modules, those run that the traced model is made of.
"""

import ast
import builtins
import dis
import importlib
import importlib.util
import re
import sys
import types

from torch import _data, _trace
from torch._counting import own_builtins
from torch._files import find, ran, slashed, state, tree, user
from torch._pretrained import intercept
from torch._script import failed_statement, names_of
from torch._unknown import Unknown

_IMPORT = builtins.__import__
_NAMES = {name: value for name, value in own_builtins().items() if not name.startswith("__")}

_STAND_INS = {"einops", "timm", "easydict", "addict", "munch", "ml_collections", "yacs", "omegaconf", "hydra"}


def dismiss(own):
    """Libraries that are there themselves need no stand-in."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _STAND_INS & own]:
        del sys.modules[name]


class Waiting:
    """What an import statement gives, before the import has been carried out."""

    __slots__ = ("load", "path", "before")

    def __init__(self, load, path=()):
        self.load, self.path, self.before = load, path, None

    def __getattr__(self, name):
        if name in ("__spec__", "__path__"):
            raise AttributeError(name)
        return Waiting(self.load, (*self.path, name))

    def resolve(self):
        if self.before is not None:
            self.before.resolve()
        return self.load(self.path)


class Namespace(dict):
    """The names of an installed module. Those that it imports are there once they are asked for."""

    def __init__(self):
        super().__init__(_NAMES)
        self.waiting, self.resolving = {}, set()
        self["__builtins__"] = _Builtins(self)

    def __missing__(self, key):
        waiting = self.waiting.get(key)
        if waiting is None or key in self.resolving:
            raise KeyError(key)
        self.resolving.add(key)
        try:
            value = waiting.resolve()
        finally:
            self.resolving.discard(key)
        if self.waiting.pop(key, None) is not None:
            dict.__setitem__(self, key, value)
        return value

    def __setitem__(self, key, value):
        earlier = self.waiting.pop(key, None)
        if type(value) is Waiting:
            # `import a.b` and `import a.c` both name `a`, and both are to be carried out.
            if not value.path:
                value.before = earlier
            self.pop(key, None)
            self.waiting[key] = value
        else:
            dict.__setitem__(self, key, value)

    def has(self, key):
        """Whether the module itself gives the name a meaning."""
        return key in self.waiting or dict.__contains__(self, key) and (key not in _NAMES or self[key] is not _NAMES[key])

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key):
        return dict.__contains__(self, key) or key in self.waiting

    def keys(self):
        return [key for key in [*dict.keys(self), *self.waiting] if self.has(key)]


class _Builtins(dict):
    """Where Python looks at last, for the bodies of classes see a namespace's own names only."""

    def __init__(self, space):
        super().__init__(own_builtins())
        self["__import__"], self.space = _import, space

    def __missing__(self, key):
        return self.space[key]


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    """`__import__` for installed modules: at their top level, an import waits."""
    top = name.partition(".")[0]
    if not level and top in _STAND_INS and not isinstance(sys.modules.get(top), Installed) and find(top):
        dismiss({top})
    eager = locals is not globals or not isinstance(globals, Namespace) or fromlist and fromlist[0] == "*"
    if eager or is_guarded(sys._getframe(1)):
        return _IMPORT(name, globals, locals, fromlist, level)
    full = importlib.util.resolve_name("." * level + name, globals["__package__"]) if level else name
    if full in sys.modules and not isinstance(sys.modules[full], Installed):
        # `import a.b` after an `import a.c` that waits: `a` waits for both.
        if fromlist or name.partition(".")[0] not in globals.waiting:
            return _IMPORT(name, globals, locals, fromlist, level)
    if not fromlist:
        return Waiting(lambda path: _follow(_IMPORT(full), path, full))
    return Waiting(lambda path: _member(full, path[0]))


def _follow(value, path, name):
    for one in path:
        value = getattr(value, one, None) or Unknown(name, True)
    return value


def _member(module, name):
    """What `from module import name` gives; unknown where it cannot be had."""
    if not find(module):
        # The module may be a folder without a file of its own.
        find(f"{module}.{name}")
    try:
        owner = importlib.import_module(module)
        try:
            return getattr(owner, name)
        except AttributeError:
            return importlib.import_module(f"{module}.{name}")
    except Exception:
        return Unknown(f"{module}.{name}", True)


def is_guarded(frame):
    """Whether an exception that is raised where this frame is now would be caught, or at least looked at, by its own code."""
    code = frame.f_code
    if not code.co_exceptiontable:
        return False
    return any(entry.start <= frame.f_lasti < entry.end for entry in dis._parse_exception_table(code))


class Installed(types.ModuleType):
    """An installed module. A package's `__init__` runs when one of its names is needed."""

    def __init__(self, name, entry):
        super().__init__(name)
        about = {"space": Namespace(), "entry": entry, "due": True, "broken": False}
        for key, value in about.items():
            object.__setattr__(self, f"_{key}_", value)
        self._space_["__name__"] = name

    @property
    def __dict__(self):
        # `models.__dict__['resnet18']`: who asks for all that there is gets what `__init__` makes.
        asking = sys._getframe(1).f_code.co_filename
        if self._due_ and (asking == "<expression>" or asking in _trace.files and not _trace.is_installed(asking)):
            self._run_()
        return self._space_

    def __dir__(self):
        if self._due_:
            self._run_()
        return self._space_.keys()

    def __setattr__(self, name, value):
        if name.startswith("__"):
            object.__setattr__(self, name, value)
        # What `__init__` makes of the name of one of its modules stays.
        if not (isinstance(value, types.ModuleType) and self._space_.has(name)):
            self._space_[name] = value

    def __delattr__(self, name):
        self._space_.pop(name, None)

    def __getattr__(self, name):
        space = self._space_
        # `from package import part` in the package's own `__init__` waits for the package itself: the module is meant.
        if space.has(name) and name not in space.resolving:
            return space[name]
        if name.startswith("__") and name not in ("__all__", "__version__"):
            raise AttributeError(name)
        known, value = self._declared(name)
        if known:
            space[name] = value
            return value
        if self._due_:
            self._run_()
            if space.has(name):
                return space[name]
        if not name.startswith("__") and hasattr(self, "__path__") and find(f"{self.__name__}.{name}"):
            return importlib.import_module(f"{self.__name__}.{name}")
        if "__getattr__" in space and not name.startswith("__"):
            return space["__getattr__"](name)
        if self._broken_ and not name.startswith("__"):
            return Unknown(f"{self.__name__}.{name}", True)
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")

    def _declared(self, name):
        """What a package says to type checkers only: such a package finds its names by other means when it runs."""
        if self._entry_ is None or not hasattr(self, "__path__") or "if TYPE_CHECKING" not in self._entry_[1]:
            return False, None
        source = declarations(self._entry_[0]).source_of(name, self.__name__)
        if source is None:
            return False, None
        if source[0] == self.__name__:
            return True, importlib.import_module(f"{self.__name__}.{source[1]}")
        return True, _member(*source)

    def _run_(self):
        object.__setattr__(self, "_due_", False)
        if self._entry_ is None:
            return
        file, source = self._entry_
        self.__file__ = slashed(file)
        name = self.__name__
        ran.append(name)
        _data.bring(name if hasattr(self, "__path__") else name.rpartition(".")[0], source)
        try:
            code = state.compiled.get(name) or compile(_without_lookup(file, source), file, "exec", dont_inherit=True)
        except Exception:
            object.__setattr__(self, "_broken_", True)
            return
        try:
            exec(code, self._space_)
        except Exception as error:
            _go_on(self, file, error)
        intercept(self)


def _without_lookup(file, source):
    """A module without what it does in place of the imports that it shows to type checkers: those are followed instead."""
    if "if TYPE_CHECKING" not in source or not file.endswith("__init__.py"):
        return source
    whole = tree(file)
    return ast.Module(_without_choices(whole), whole.type_ignores)


def _without_choices(whole):
    return [node for node in whole.body if not (_is_for_checkers(node) and node.orelse)]


def _is_for_checkers(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _go_on(module, file, error):
    """After a statement that failed: what it defines is unknown, or is taken without its decorators, and the rest runs."""
    body = _without_choices(tree(file))
    while True:
        at = failed_statement(error, body, file)
        if at is None:
            object.__setattr__(module, "_broken_", True)
            return
        failed, body = body[at], body[at + 1 :]
        if getattr(failed, "decorator_list", None):
            failed.decorator_list = []
            body = [failed, *body]
        else:
            for name in names_of(failed):
                module._space_[name] = Unknown(f"{module.__name__}.{name}", True)
        try:
            exec(compile(ast.Module(body, []), file, "exec", dont_inherit=True), module._space_)
            return
        except Exception as next_error:
            error = next_error


class Declarations:
    """The imports below `if TYPE_CHECKING:` of a package's `__init__`: where its names come from."""

    def __init__(self, body):
        self.named, self.stars = {}, []
        for node in body:
            if not _is_for_checkers(node):
                continue
            for one in node.body:
                for inner in ast.walk(one):
                    if isinstance(inner, ast.ImportFrom):
                        self._take(inner)

    def _take(self, node):
        module = "." * node.level + (node.module or "")
        for one in node.names:
            if one.name == "*":
                self.stars.append(module)
            else:
                self.named[one.asname or one.name] = (module, one.name)

    def source_of(self, name, package):
        """The module that gives a name, and the name there; None where no statement tells."""
        if name in self.named:
            module, there = self.named[name]
            return importlib.util.resolve_name(module, package) if module.startswith(".") else module, there
        if name.startswith("__"):
            return None
        stars = [importlib.util.resolve_name(one, package) for one in self.stars]
        if len(stars) > _MOST:
            # A library of many models names each module after what it defines.
            alike = [(_likeness(one.rpartition(".")[2], name), one) for one in stars]
            stars = [one for most, one in sorted(alike, reverse=True)[:_MOST] if most > _LEAST]
        for module in stars:
            if find(module) and _exports(module, name):
                return module, name
        return None


# So many modules are looked through for a name.
_MOST, _LEAST = 16, 6


def _likeness(module, name):
    """
    How much of a name a module's name says: the length of what both begin with, once spelled alike; all of it counts more. Or
    its words' initials are what the name begins with.
    """
    other = name.replace("_", "").lower()
    initials = "".join(word[:1] for word in module.split("_"))
    if len(initials) > 2 and other.startswith(initials):
        return 3 * len(initials)
    one = module.replace("_", "").lower()
    common = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return 2 * common + 4 * (common == len(one)) - len(one) / 100


def _exports(module, name):
    key = module if module in user else f"{module}.__init__"
    file, source = user[key]
    if "if TYPE_CHECKING" in source and key.endswith(".__init__"):
        return declarations(file).source_of(name, module) is not None
    listed = re.search(r"^__all__\s*(?::[^=]*)?=\s*[\[(]([^\])]*)", source, re.MULTILINE)
    if listed:
        return re.search(rf"[\"']{re.escape(name)}[\"']", listed[1]) is not None
    return re.search(rf"^(?:def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*[:=]", source, re.MULTILINE) is not None


def declarations(file):
    known = state.declarations.get(file)
    if known is None:
        known = state.declarations[file] = Declarations(tree(file).body)
    return known
