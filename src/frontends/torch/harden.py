"""Takes from Python what a model file must never reach, and says so when it tries. Runs once, before the checkpoint.

This is the outermost layer, made for clear messages: the border to JavaScript, the Node process and the permission
model behind it hold without it.
"""


def harden():
    import builtins
    import gc
    import importlib
    import os
    import sys
    import types
    from importlib import _bootstrap

    for name in (
        "abc argparse collections collections.abc contextlib copy dataclasses datetime enum functools inspect io "
        "itertools json logging math numbers operator os.path pathlib random re string textwrap time types typing "
        "warnings weakref"
    ).split():
        importlib.import_module(name)

    def denied(name):
        def refuse(*_, **__):
            raise PermissionError(f"{name} is not available: Skipscope runs model files in isolation")

        refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
        return refuse

    # Programs, signals and users.
    import posix

    programs = (
        "system popen fork forkpty execv execve posix_spawn posix_spawnp kill killpg _exit abort setuid setgid seteuid "
        "setegid setreuid setregid setresuid setresgid setsid setpgid chroot ptsname openpty login_tty mkfifo mknod"
    ).split()
    family = [name for name in dir(os) if name.startswith(("exec", "spawn"))]
    for name in [*programs, *family]:
        for module in (posix, os):
            if hasattr(module, name):
                setattr(module, name, denied(f"os.{name}"))

    # Nothing forks, and modules of the standard library ask for this as they are imported.
    for module in (posix, os):
        module.register_at_fork = lambda **hooks: None

    # Modules in C that open sockets, start programs or reach into memory: closed ones and harmless doubles.
    def double(name, classes):
        module = types.ModuleType(name, f"{name} without what it does")
        real = importlib.import_module(name)
        for key, value in vars(real).items():
            if isinstance(value, (int, str, float)) or (isinstance(value, type) and issubclass(value, BaseException)):
                setattr(module, key, value)
            elif key in classes:
                label = f"{name.lstrip('_')}.{key}"
                setattr(module, key, type(key, (), {"__slots__": (), "__new__": denied(label), "close": denied(label)}))
            elif not key.startswith("__"):
                setattr(module, key, denied(f"{name.lstrip('_')}.{key}"))
        sys.modules[name] = module

    double("_socket", {"socket", "SocketType"})
    double("_posixsubprocess", ())
    double("faulthandler", ())
    closed = (
        "_ctypes _testcapi _testinternalcapi _testclinic _testclinic_limited _testlimitedcapi _testbuffer "
        "_remote_debugging _xxtestfuzz js pyodide_js pyodide_js._api _pyodide_core"
    ).split()

    for name in ("get_objects", "get_referrers", "get_referents"):
        setattr(gc, name, denied(f"gc.{name}"))
    sys._debugmallocstats = denied("sys._debugmallocstats")
    sys.remote_exec = denied("sys.remote_exec")
    builtins.input = denied("input")
    builtins.breakpoint = denied("breakpoint")

    # Waiting changes nothing in a graph, and Pyodide's version of it asks JavaScript.
    import time

    time.sleep = lambda seconds: None

    import _imp

    away = "is not available: Skipscope runs model files in isolation"

    def guarded(create):
        def create_builtin(spec, shut=frozenset([*closed, "_socket", "_posixsubprocess", "faulthandler"])):
            if spec.name in shut:
                raise ImportError(f"{spec.name} {away}", name=spec.name)
            return create(spec)

        return create_builtin

    _imp.create_builtin = _bootstrap._imp.create_builtin = guarded(_imp.create_builtin)
    _imp.create_dynamic = denied("_imp.create_dynamic")

    class Closed:
        """Finder of what must not be found: an import of it fails with the reason."""

        # What of ctypes is Python needs _ctypes; that it is missing is said where other missing modules are.
        shut = frozenset([*closed, "pyodide", "pyodide_js", "micropip", "_pyodide", "js"])

        @classmethod
        def find_spec(cls, name, path=None, target=None):
            if name.partition(".")[0] in cls.shut:
                raise ImportError(f"{name} {away}", name=name)

    # Pyodide's own way to JavaScript.
    hooks = [finder for finder in sys.meta_path if "_pyodide" in (getattr(finder, "__module__", None) or type(finder).__module__)]
    for finder in hooks:
        sys.meta_path.remove(finder)
        getattr(finder, "jsproxies", {}).clear()
    bridges = [
        name
        for name in sys.modules
        if name in ("js", "_pyodide_core") or name.partition(".")[0] in ("pyodide", "pyodide_js", "_pyodide")
    ]
    for name in bridges:
        module = sys.modules.pop(name)
        if not isinstance(module, types.ModuleType):
            continue
        # The evaluator of runPython lives in _pyodide._base and looks its helpers up there; it knows no JavaScript.
        if name in ("_pyodide", "_pyodide._base"):
            continue
        for key in [key for key in vars(module) if not key.startswith("__")]:
            delattr(module, key)
    for name in list(sys.modules):
        # These hold what the doubles replace, or Pyodide's event loop; who imports them gets them anew.
        if name in closed or name.partition(".")[0] in (
            "asyncio concurrent ctypes _ssl ssl selectors select socket subprocess http urllib _asyncio".split()
        ):
            del sys.modules[name]
    sys.meta_path.insert(0, Closed)

    class Discard:
        """Where print goes."""

        encoding = "utf-8"
        errors = "replace"
        closed = False

        def write(self, text):
            return len(text)

        def writelines(self, lines):
            pass

        def flush(self):
            pass

        def isatty(self):
            return False

        def fileno(self):
            raise OSError("there is no console where model files run")

    sys.stdout = sys.__stdout__ = Discard()
    sys.stderr = sys.__stderr__ = Discard()
    sys.stdin = sys.__stdin__ = None
    sys.argv = ["model.py"]
    os.environ.clear()
    sys.dont_write_bytecode = True
    gc.collect()
    gc.freeze()


harden()
del harden
