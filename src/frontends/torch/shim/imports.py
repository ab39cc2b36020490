"""How a model file imports: given files first, the shim, and unknown modules for what cannot be had."""

import ast
import builtins
import importlib.util
import sys
import types
from importlib.machinery import ExtensionFileLoader, FileFinder, ModuleSpec
from importlib.resources.readers import FileReader

from torch import _trace
from torch._counting import own_builtins
from torch._errors import describe
from torch._files import find, parents, ran, slashed, state, tree, user
from torch._installed import Installed, Namespace, dismiss, is_guarded
from torch._unknown import Pending, Unknown, missing


_IN_PERSON = ("torch", "numpy", "einops")
# Compiled packages that others ask for before they bring a model whose computations do not need them: they read pictures.
_TAKEN_TO_BE_THERE = ("PIL",)
# A module of Python that isolation leaves out, and that files which go beyond torch import.
_LEFT_OUT = "ctypes"
contents = vars(types.ModuleType)["__dict__"].__get__


class Package(types.ModuleType):
    """A package whose `__init__` runs when somebody asks for all that it holds: `models.__dict__['resnet18']`."""

    @property
    def __dict__(self):
        if sys._getframe(1).f_code.co_filename in (*_trace.files, "<expression>"):
            getattr(self, "…", None)
        return contents(self)

    def __setattr__(self, name, value):
        # What `__init__` makes of the name of one of its modules is what the package shows: `from .small import small`.
        if not (isinstance(value, types.ModuleType) and name in _bound(self.__spec__.loader.entry[0])):
            super().__setattr__(name, value)


class Loader:
    """Executes a given source file as a module. Packages run their __init__ only when one of its names is needed."""

    def __init__(self, name, entry):
        self.name, self.entry = name, entry

    def create_module(self, spec):
        return None if self.entry is None or spec.submodule_search_locations is None else Package(spec.name)

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
            bound = attribute in _bound(self.entry[0])
            if not bound and (f"{name}.{attribute}" in user or f"{name}.{attribute}.__init__" in user):
                __import__(f"{name}.{attribute}")
                return sys.modules[f"{name}.{attribute}"]
            source = _imported_from(name, attribute, self.entry[0])
            if source is not None:
                __import__(source[0])
                value = getattr(sys.modules[source[0]], source[1])
                setattr(module, attribute, value)
                return value
            own = contents(module)
            if own.get("__getattr__") is lazily:
                del own["__getattr__"]
                self._run(module)
                if attribute in own:
                    return own[attribute]
                if "__getattr__" in own:
                    return own["__getattr__"](attribute)
            raise AttributeError(f"module '{name}' has no attribute '{attribute}'")

        module.__getattr__ = lazily

    def _run(self, module):
        file, source = self.entry
        module.__file__ = file
        try:
            code = state.compiled.get(module.__name__) or compile(source, file, "exec", dont_inherit=True)
            ran.append(module.__name__)
            module.__builtins__ = own_builtins()
            exec(code, contents(module))
        except Exception as error:
            # What such a module did not get to define is unknown; the file that is traced may not need it.
            module.__getattr__ = missing(module.__name__, True)
            state.broken.append(describe(error))


class _InstalledLoader:
    """Makes the module of an installed package's file; a package without a file of its own has none."""

    def __init__(self, name, entry):
        self.name, self.entry = name, entry

    def create_module(self, spec):
        return Installed(self.name, self.entry)

    def exec_module(self, module):
        if module.__spec__.submodule_search_locations is None:
            module._run_()

    def get_resource_reader(self, name):
        """For `importlib.resources`."""
        return FileReader(types.SimpleNamespace(path=slashed(self.entry[0]))) if self.entry else None

    def get_data(self, path):
        """For `pkgutil.get_data`."""
        with open(path, "rb") as file:
            return file.read()


def _bound(file):
    """The names that a package's `__init__` gives a meaning of its own: of definitions, and of what its modules define."""
    found = set()
    try:
        body = tree(file).body
    except SyntaxError:
        return found
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {one.asname or one.name for one in node.names}
    return found


def _imported_from(package, attribute, file):
    """
    Where a package's `__init__` gets a name from, for packages that the traced file lies in: their `__init__` would ask for that
    file, which is only half executed. Module and name; None where no import statement tells.
    """
    if package not in parents:
        return None
    for node in tree(file).body:
        if not isinstance(node, ast.ImportFrom):
            continue
        for one in node.names:
            if (one.asname or one.name) != attribute:
                continue
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            if source in user or f"{source}.__init__" in user:
                return None if source == package else (source, one.name)
    return None


class Finder:
    """The user's own modules first; at the end of the line, whatever cannot be had becomes unknown."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == _LEFT_OUT:
            spec = Fallback.find_spec(name)
            if spec is None:
                raise ImportError(f"{name} is not available: Skipscope runs model files in isolation", name=name)
            return spec
        if find(name):
            key, package = (name, False) if name in user else (f"{name}.__init__", True)
            loader = _InstalledLoader if _trace.is_installed(user[key][0]) else Loader
            return _spec(name, loader(name, user[key]), package or _has_children(name))
        if name in parents or _has_children(name) or _is_on_the_way(name):
            return _spec(name, Loader(name, None), True)
        return None


    @staticmethod
    def find_distributions(context):
        """What packages ask of the versions of those that stand here in person."""
        from importlib.metadata import Distribution

        class Given(Distribution):
            def __init__(self, name):
                self.text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {sys.modules[name].__version__}\n"

            def read_text(self, filename):
                return self.text if filename == "METADATA" else None

            def locate_file(self, path):
                return path

        return [Given(name) for name in _IN_PERSON if context.name in (None, name)]


class Fallback:
    @staticmethod
    def find_spec(name, path=None, target=None):
        frame = _importing_frame()
        taken = name.partition(".")[0] in _TAKEN_TO_BE_THERE
        if taken and (frame is None or _is_tried(frame)):
            return _spec(name, _UnknownLoader(True), True)
        if frame is None or name.partition(".")[0] == "torch" and name in sys.modules:
            return None
        parent = name.rpartition(".")[0]
        inherited = sys.modules.get(parent)
        if _is_tried(frame):
            return None
        if isinstance(inherited, UnknownModule):
            return _spec(name, _UnknownLoader(inherited.__reported__), True)
        own = frame.f_code.co_filename == state.file
        return _spec(name, _UnknownLoader(_pending_import(frame, name) if own else True), True)


class UnknownModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(f"{self.__name__}.{name}", self.__reported__)

    # A name that a package does not have may be taken for a module of it.
    def __call__(self, *args, **kwargs):
        return Unknown(self.__name__, self.__reported__)(*args, **kwargs)

    def __mro_entries__(self, bases):
        return Unknown(self.__name__, self.__reported__).__mro_entries__(bases)

    @property
    def __all__(self):
        """What `from module import *` gives: the names that the file uses and nothing in it defines."""
        frame = sys._getframe(1)
        file = frame.f_code.co_filename
        if file not in _trace.files:
            return ()
        return sorted(_undefined(tree(file)) - set(frame.f_globals) - set(dir(builtins)))


class _UnknownLoader:
    def __init__(self, reported):
        self.reported = reported

    def create_module(self, spec):
        module = UnknownModule(spec.name)
        module.__reported__ = self.reported
        return module

    def exec_module(self, module):
        pass


def _undefined(body):
    """Names that a file reads and gives to nothing itself."""
    read, given = set(), set()
    for node in ast.walk(body):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else given).add(node.id)
        elif isinstance(node, ast.arg):
            given.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            given.add(node.name)
        elif isinstance(node, ast.alias):
            given.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            given.add(node.name)
    return {name for name in read - given if not name.startswith("__")}


def _spec(name, loader, package):
    return ModuleSpec(name, loader, is_package=package)


def _has_children(name):
    prefix = f"{name}."
    return any(key.startswith(prefix) for key in user)


def _is_on_the_way(name):
    """Whether a folder without a file of its own, in an installed package, holds a module that is being imported."""
    if not isinstance(sys.modules.get(name.partition(".")[0]), Installed):
        return False
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(("<frozen importlib", "<torch/i")):
        wanted = frame.f_locals.get("name")
        if isinstance(wanted, str) and wanted.startswith(f"{name}.") and find(wanted):
            return True
        frame = frame.f_back
    return False


def _importing_frame():
    """The user's frame whose import is being carried out; None when someone else imports."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file in _trace.files:
            return frame
        # `importlib.util.find_spec` asks whether a module is there; it is not.
        if file == "<frozen importlib.util>" or not file.startswith(("<frozen importlib", "<torch/imports", "<torch/installed")):
            return None
        frame = frame.f_back
    return None


def _is_tried(frame):
    """Whether the import stands in a `try` that catches a missing module."""
    if isinstance(frame.f_globals, Namespace):
        return is_guarded(frame)
    line = frame.f_lineno
    for node in ast.walk(tree(frame.f_code.co_filename)):
        if isinstance(node, ast.Try) and node.body[0].lineno <= line <= node.body[-1].end_lineno:
            for handler in node.handlers:
                text = "" if handler.type is None else ast.unparse(handler.type)
                if handler.type is None or any(one in text for one in ("ImportError", "ModuleNotFoundError", "Exception")):
                    return True
    return False


def _pending_import(frame, name):
    lacks = "runs model files without" if name.partition(".")[0] == _LEFT_OUT else "cannot find"
    return Pending(
        "unresolved-import",
        f"Skipscope {lacks} the module {name}. What comes from it is treated as unknown.",
        _trace.capture_frame(frame),
    )


def forget():
    """Takes the modules of the last trace out of Python's table."""
    for name, module in list(sys.modules.items()):
        if getattr(module, "__skipscope__", False):
            del sys.modules[name]
        elif isinstance(module, UnknownModule) or isinstance(getattr(module, "__loader__", None), (Loader, _InstalledLoader)):
            del sys.modules[name]


def _find_compiled(self, fullname, target=None):
    """
    Compiled code that a package looks for beside its own files is taken to be there: what it brings are operations, each of
    which is known or reported where a model uses it.
    """
    found = _find_file(self, fullname, target)
    name = fullname.rpartition(".")[2]
    if found is not None or not any(loader is ExtensionFileLoader for _, loader in self._loaders):
        return found
    beside = any(file.rpartition("/")[0] == self.path for file, _ in user.values())
    return ModuleSpec(name, None, origin=f"{self.path}/{name}.so") if beside else None


def _find_spec(name, package=None):
    """`importlib.util.find_spec`: whether a library is there that something here stands in for, the library itself tells."""
    top = name.partition(".")[0]
    if top in sys.modules and sys.modules[top].__spec__ is None:
        if not find(top):
            return None
        dismiss({top})
    return _find(name, package)


def install():
    global _find_file, _find

    _find, importlib.util.find_spec = importlib.util.find_spec, _find_spec
    _find_file = FileFinder.find_spec
    FileFinder.find_spec = _find_compiled
    for name in _IN_PERSON:
        sys.modules[name].__spec__ = _spec(name, None, True)
    sys.meta_path.insert(0, Finder)
    sys.meta_path.append(Fallback)
