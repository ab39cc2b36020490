"""Stand-ins for what cannot be had: they absorb every use, so that the rest of the model still traces."""

import string
import sys

from torch import _trace


class Pending:
    """A report about something unknown that only matters once a model uses it; made once for each time one is built."""

    built = 0

    def __init__(self, code, message, frames):
        self.report = (code, message, "warning", frames)
        self.said = -1

    def say(self):
        if self.said != Pending.built:
            self.said = Pending.built
            _trace.report(*self.report)


class Unknown:
    """A name whose meaning is not known. Attribute access, calls, subclassing and decorating all work."""

    def __init__(self, name, reported=False, text=False):
        self.__dict__["_name"] = name
        self.__dict__["_text"] = text
        # True, or what is still to be said; a missing torch function is reported where a model calls it.
        self.__dict__["_reported"] = reported

    def _use(self):
        """Says what is still to be said, now that a model depends on it."""
        if isinstance(self._reported, Pending) and _trace.phase in ("build", "forward"):
            self._reported.say()

    def _decide(self):
        """As `_use`, where Python needs a definite answer: whichever it gets decides how the program goes on."""
        self._use()
        _trace.steer()

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Unknown(f"{self._name}.{name}", self._reported)

    def __setattr__(self, name, value):
        self.__dict__[name] = value

    def __call__(self, *args, **kwargs):
        from torch._tensor import Tensor, unknown_tensor

        if len(args) == 1 and not kwargs and is_definition(args[0]):
            return args[0]
        if args == (None,) and not kwargs and self._reported and not self._name.rpartition(".")[2][:1].isupper():
            # What turns nothing into something is rare, but for classes; `Weights.verify(None)` and the like are not.
            return None
        tensors = list(find_tensors((args, kwargs), Tensor))
        if not tensors and self._name.startswith("torch.") and self._name.rpartition(".")[2].startswith("is_"):
            # Other devices, compilers, exporters: none is there.
            return False
        self._use()
        if not self._reported and _trace.phase == "idle":
            message = f"Skipscope does not know {self._name}."
            return Unknown(f"{self._name}()", Pending("unknown-operation", message, _trace.capture(2)))
        if not self._reported:
            _trace.report("unknown-operation", f"Skipscope does not know {self._name}.")
        elif _trace.phase == "build" and any(isinstance(one, (dict, list)) for one in args):
            # It may write to what it is given, as helpers that fill in arguments do.
            _trace.report(
                "unknown-operation",
                f"Skipscope does not know {self._name}. If it changes its arguments, the model is another one than shown.",
            )
        if tensors and _trace.phase != "idle":
            return unknown_tensor(self._name, tensors)
        return Unknown(f"{self._name}()", self._reported or True)

    def __mro_entries__(self, bases):
        from torch.nn.modules.module import UnknownModule

        if isinstance(self._reported, Pending):
            self._reported.say()
        others = [base for base in bases if isinstance(base, type)]
        first = next(base for base in bases if isinstance(base, Unknown))
        return () if others or first is not self else (UnknownModule,)

    def __iter__(self):
        count = unpack_count(sys._getframe(1))
        if count is None and self._text:
            # Whatever a text says, it is of these characters: a model of them has about as many words.
            return iter(string.printable)
        if count is None:
            # One stands for all, where a model is made of them; a script's loops over data do not run.
            self._decide()
            count = 0 if _trace.phase == "idle" else 1
        self._use()
        return iter([Unknown(f"{self._name}[{index}]", self._reported) for index in range(count)])

    def keys(self):
        """For `**self`: no argument of a known name."""
        return ()

    def __getitem__(self, key):
        return Unknown(f"{self._name}[…]", self._reported)

    def __instancecheck__(self, instance):
        return False

    def __subclasscheck__(self, cls):
        return False

    def __setitem__(self, key, value):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def __bool__(self):
        if _is_asserted():
            return True
        self._decide()
        return False

    def __eq__(self, other):
        return other is self or Unknown(self._name, self._reported)

    def __ne__(self, other):
        return other is not self and Unknown(self._name, self._reported)

    def __contains__(self, item):
        return bool(self)

    def __int__(self):
        self._decide()
        return 0 if _trace.phase == "idle" else 1

    __index__ = __len__ = __int__

    def __float__(self):
        self._use()
        return 1.0

    def __round__(self, digits=None):
        return self

    def __ceil__(self):
        return self

    __floor__ = __trunc__ = __ceil__

    def __divmod__(self, other):
        return self // other, self % other

    def __format__(self, spec):
        return repr(self)

    def __fspath__(self):
        return self._name

    def __hash__(self):
        return id(self)

    def __repr__(self):
        return f"<unknown {self._name}>"

    # Registered in a module tree like a module; it has no parameters that anyone knows of.
    training = False

    def parameters(self, recurse=True):
        return iter(())

    modules = children = buffers = named_parameters = named_modules = named_buffers = parameters

    def train(self, mode=True):
        return self

    def eval(self):
        return self

    def apply(self, fn):
        return self


def _absorb(name):
    def method(self, *others):
        from torch._tensor import Tensor, unknown_tensor

        self._use()
        tensors = list(find_tensors(others, Tensor))
        return unknown_tensor(self._name, tensors) if tensors else Unknown(self._name, self._reported)

    method.__name__ = name
    return method


for _name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split():
    setattr(Unknown, f"__{_name}__", _absorb(_name))
    setattr(Unknown, f"__r{_name}__", _absorb(_name))
for _name in "neg pos abs invert lt le gt ge".split():
    setattr(Unknown, f"__{_name}__", _absorb(_name))


def is_definition(value):
    """A function or class, as a decorator receives it."""
    return isinstance(value, type) or type(value).__name__ in ("function", "staticmethod", "classmethod", "property")


def find_tensors(value, cls):
    if isinstance(value, cls):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from find_tensors(item, cls)
    elif isinstance(value, dict):
        for item in value.values():
            yield from find_tensors(item, cls)


_UNPACK = None


def unpack_count(frame):
    """How many names the frame's current instruction unpacks into; None when it does something else."""
    global _UNPACK
    if _UNPACK is None:
        import opcode

        _UNPACK = opcode.opmap["UNPACK_SEQUENCE"]
    code = frame.f_code.co_code
    at = frame.f_lasti
    return code[at + 1] if code[at] == _UNPACK else None


def _is_asserted():
    """Whether an `assert` asks: it is taken to hold."""
    return bool(_trace.send("asserts", _trace.capture(2, 1)))


class UnknownInt:
    """A length that is not known."""

    def __repr__(self):
        return "?"

    def __bool__(self):
        return True

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return isinstance(other, UnknownInt) or self._compare(other)

    def __int__(self):
        raise _trace.DataDependent("The length of this axis is not known here.")

    def __index__(self):
        # Loops over an unknown length run once.
        self._decide(sys._getframe(1))
        return 1

    def __float__(self):
        return 1.0

    def __round__(self, digits=None):
        return self

    def __ceil__(self):
        return self

    __floor__ = __trunc__ = __ceil__

    def __divmod__(self, other):
        return self, self

    __rdivmod__ = __divmod__

    def _decide(self, frame):
        # What the shim itself asks changes no more than the call it is asked for.
        if frame.f_code.co_filename in _trace.files:
            _trace.steer()

    def _compare(self, other, holds=False):
        asserted = _is_asserted()
        if not asserted:
            frame = sys._getframe(1)
            self._decide(frame.f_back if frame.f_code.co_name in ("__eq__", "__gt__", "__ge__") else frame)
        return asserted or holds

    __lt__ = __le__ = _compare

    # There is at least one, whatever the length is.
    def __gt__(self, other):
        return self._compare(other, isinstance(other, int) and other < 1)

    def __ge__(self, other):
        return self._compare(other, isinstance(other, int) and other < 2)

    def _arithmetic(self, *others):
        return self

    def _times(self, other):
        if not isinstance(other, (list, tuple, str)):
            return self
        # One stands for as many as there are.
        self._decide(sys._getframe(1))
        return other

    __mul__ = __rmul__ = _times
    __add__ = __radd__ = __sub__ = __rsub__ = _arithmetic
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _arithmetic
    __pow__ = __rpow__ = __neg__ = __abs__ = _arithmetic


UNKNOWN_INT = UnknownInt()


class UnknownShape:
    """The shape of a tensor whose rank is not known."""

    def __iter__(self):
        return iter([UNKNOWN_INT] * (unpack_count(sys._getframe(1)) or len(self)))

    def __getitem__(self, index):
        return self if isinstance(index, slice) else UNKNOWN_INT

    def __len__(self):
        return 4

    def numel(self):
        return UNKNOWN_INT

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __add__(self, other):
        return self

    __radd__ = __add__

    def __repr__(self):
        return "torch.Size(?)"


def missing(module, reported=False):
    """A module's `__getattr__`: names that it has not are its submodules, or unknown."""

    def look(name):
        if name.startswith("__"):
            raise AttributeError(name)
        return sys.modules.get(f"{module}.{name}") or Unknown(f"{module}.{name}", reported)

    return look
