"""The torch package."""
# What it imports is what it offers.
# ruff: noqa: F401, F403

import contextlib
import math

from torch import _functions, _trace
from torch._bookkeeping import tensor_type as _tensor_type
from torch._formats import CPU, DTYPES, Size, device, dtype, kind_of as _kind_of
from torch._functions import default_dtype as get_default_dtype, functions as _all, set_default_dtype
from torch._tensor import Tensor, record as _recorded
from torch._unknown import Unknown

__version__ = "2.9.0"
globals().update(_all)
globals().update(DTYPES)
globals().update(
    float=DTYPES["float32"],
    double=DTYPES["float64"],
    half=DTYPES["float16"],
    long=DTYPES["int64"],
    int=DTYPES["int32"],
    short=DTYPES["int16"],
    cfloat=DTYPES["complex64"],
    cdouble=DTYPES["complex64"],
    complex128=DTYPES["complex64"],
)
pi, e, inf, nan, newaxis = math.pi, math.e, math.inf, math.nan, None
strided, contiguous_format, channels_last, preserve_format = "strided", "contiguous_format", "channels_last", "preserve_format"
channels_last_3d = "channels_last_3d"


class finfo:
    _LIMITS = {"float32": (3.4028234663852886e38, 1.1920928955078125e-07, 1.1754943508222875e-38), "float16": (65504.0, 0.000976562, 6.1e-05),
               "float64": (1.7976931348623157e308, 2.220446049250313e-16, 2.2250738585072014e-308), "bfloat16": (3.38953e38, 0.0078125, 1.17549e-38)}

    def __new__(cls, type=None):
        # Of a number format that is not known, no limit is known either; that decides nothing.
        return type if isinstance(type, Unknown) else object.__new__(cls)

    def __init__(self, type=None):
        kind = type or DTYPES["float32"]
        self.max, self.eps, self.tiny = self._LIMITS[kind.name]
        self.bits, self.dtype, self.resolution = 8 * kind.itemsize, kind.name, 10.0 ** math.ceil(math.log10(self.eps))
        self.min = -self.max
        self.smallest_normal = self.tiny


class iinfo:
    def __init__(self, type):
        self.bits = bits = 8 * type.itemsize
        self.dtype = type.name
        self.max = 2 ** (bits - 1) - 1 if type.name != "uint8" else 255
        self.min = -self.max - 1 if type.name != "uint8" else 0


class _Context(contextlib.ContextDecorator):
    """no_grad and the like: as context, decorator, with or without a call."""

    def __new__(cls, *args, **kwargs):
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]
        return object.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


class _NoGrad(_Context):
    """What is computed below and still in use at the end has no gradient."""

    def __init__(self, mode=True):
        self._applies = not not mode
        self._outer = None

    def __enter__(self):
        self._outer, _trace.watched = _trace.watched, [] if self._applies else None
        return self

    def __exit__(self, *error):
        made, _trace.watched = _trace.watched or [], self._outer
        if _trace.phase != "forward" or error[0] is not None:
            return False
        for storage in {id(each): each for each in (one() for one in made) if each is not None}.values():
            if storage.value is not None and storage.dtype.is_floating_point:
                storage.value = _recorded("detach", [{"t": storage.value}], "torch.no_grad", False)[0]
                storage.version += 1
        return False


class set_grad_enabled(_NoGrad):
    def __init__(self, mode):
        super().__init__(not mode)


class autocast(_Context):
    """
    Below, layers convert what they are given and their weights to one format themselves. There is no other device than the CPU:
    where another is meant, what they give keeps its own, as in PyTorch without one.
    """

    # Whether one is entered, and the format where it is the CPU's.
    _state = False, None

    def __init__(self, device_type="cuda", *given, enabled=True, **kwargs):
        # In order, the format comes first.
        self._enabled = not not (given[1] if len(given) > 1 else enabled)
        self._kind = _kind_of(given[0] if given else kwargs.get("dtype")) or DTYPES["bfloat16"]
        self._is_own = isinstance(device_type, str) and device_type.partition(":")[0] == "cpu"

    def __enter__(self):
        self._outer = _, kind = autocast._state
        if self._is_own:
            kind = self._kind if self._enabled else None
        self._set((self._enabled or kind is not None, kind))
        return self

    def __exit__(self, *error):
        self._set(self._outer)
        return False

    def _set(self, state):
        autocast._state, (enabled, _trace.autocast) = state, state
        _trace.send("autocast", [enabled, _trace.autocast and _trace.autocast.name])


class _DeviceAutocast(autocast):
    """torch.cuda.amp.autocast and the like, whose device is said."""

    def __init__(self, enabled=True, *given, **kwargs):
        super().__init__(enabled=enabled)


enable_grad = _Context
no_grad = inference_mode = _NoGrad


def is_grad_enabled():
    return True


def is_autocast_enabled(device_type="cuda"):
    return device_type == "cpu" and _trace.autocast is not None


def is_autocast_cpu_enabled():
    return is_autocast_enabled("cpu")


def _is_off(*args):
    return False


is_autocast_cache_enabled = is_inference_mode_enabled = is_autocast_ipu_enabled = is_autocast_xla_enabled = _is_off
is_anomaly_enabled = is_anomaly_check_nan_enabled = is_warn_always_enabled = is_vulkan_available = _is_off
compiled_with_cxx11_abi = are_deterministic_algorithms_enabled = is_deterministic_algorithms_warn_only_enabled = _is_off


def get_num_threads():
    return 1


get_num_interop_threads = get_num_threads


def get_float32_matmul_precision():
    return "highest"


def get_autocast_dtype(device_type="cpu"):
    return _trace.autocast or DTYPES["bfloat16"] if device_type == "cpu" else DTYPES["float16"]


def get_autocast_gpu_dtype():
    return get_autocast_dtype("cuda")


get_autocast_cpu_dtype = get_autocast_xla_dtype = get_autocast_dtype


def _assert(condition, message):
    if isinstance(condition, Tensor):
        return
    assert condition, message


def _check_with(error, condition, message):
    """A condition on contents holds: only a real run knows better."""
    if not isinstance(condition, (Tensor, Unknown)) and not condition:
        raise error(message() if callable(message) else message or "Expected condition to be True")


_check_tensor_all_with = _check_with


def _checking(error):
    def check(condition, message=None):
        _check_with(error, condition, message)

    return check


_check = _check_tensor_all = _checking(RuntimeError)
_check_value, _check_index, _check_type = map(_checking, (ValueError, IndexError, TypeError))
_check_not_implemented = _checking(NotImplementedError)


def _check_is_size(number, message=None, *, max=None):
    _check_with(RuntimeError, isinstance(number, Unknown) or number >= 0, message)


def manual_seed(seed):
    return None


seed = initial_seed = set_rng_state = set_num_threads = set_num_interop_threads = init_num_threads = manual_seed
set_anomaly_enabled = set_flush_denormal = set_warn_always = set_deterministic_debug_mode = clear_autocast_cache = lambda *args: None
set_autocast_enabled = set_autocast_dtype = set_autocast_cache_enabled = set_autocast_cpu_enabled = set_autocast_cpu_dtype = clear_autocast_cache
set_autocast_gpu_dtype = set_autocast_xla_enabled = set_autocast_xla_dtype = set_autocast_ipu_enabled = set_autocast_ipu_dtype = clear_autocast_cache


def get_rng_state():
    return _all["empty"](0, dtype=DTYPES["uint8"])


def get_deterministic_debug_mode():
    return 0


use_deterministic_algorithms = set_float32_matmul_precision = set_default_device = set_printoptions = lambda *a, **k: None


def set_default_tensor_type(type):
    set_default_dtype(_tensor_type(type) if isinstance(type, str) else type.kind)


def get_default_device():
    return CPU


def compile(model=None, **kwargs):
    return model if model is not None else lambda fn: fn


def load(*args, **kwargs):
    return Unknown("torch.load", True)


def save(*args, **kwargs):
    pass


def is_storage(value):
    return False


def typename(value):
    return type(value).__name__


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    import sys

    return sys.modules.get(f"torch.{name}") or Unknown(f"torch.{name}")
