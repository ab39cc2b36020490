"""Types, devices, sizes, and methods of torch.Tensor that are not known."""

import math

from torch import _trace
from torch._contents import cast, truth
from torch._formats import DTYPES, kind_of
from torch._fresh import is_fresh
from torch._functions import both, function, functions, method, opaque, sizes
from torch._shapes import is_copied
from torch._tensor import Tensor, alias, call, copy_leaf, detached, has_history, leaf, read, unknown_tensor, write
from torch._unknown import UnknownInt, UnknownShape


@method("to")
def to(self, *args, **kwargs):
    kwargs.pop("non_blocking", None), kwargs.pop("copy", None), kwargs.pop("memory_format", None)
    kind = kwargs.get("dtype")
    for arg in args:
        if kind_of(arg) is not None:
            kind = arg
        elif isinstance(arg, Tensor):
            kind = arg.dtype
    return _convert(self, kind, "Tensor.to")


def _convert(tensor, kind, origin):
    kind = kind_of(kind)
    if kind is None or kind is tensor.dtype:
        return tensor
    if kind.is_complex:
        return functions["complex"](tensor, functions["zeros_like"](tensor))
    if is_fresh(tensor) and tensor._storage.name is None:
        storage = tensor._storage
        known = None if storage.known is None else [cast(one, kind) for one in storage.known]
        return leaf(tensor._shape, storage.init if known is None else {"kind": "data", "data": known}, kind, known=known)
    return call("cast", [tensor, kind], origin)


def tensor_type(name):
    """The format that the name of a type of tensors stands for, as "torch.cuda.HalfTensor"; None where it is none."""
    name = name.rpartition(".")[2].replace("Tensor", "").lower()
    return DTYPES.get({"float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32"}.get(name, name))


@method("type")
def type_(self, dtype=None, non_blocking=False, **kwargs):
    if dtype is None:
        return "torch.FloatTensor"
    if isinstance(dtype, str):
        dtype = tensor_type(dtype)
    return _convert(self, dtype, "Tensor.type")


Tensor.type_as = lambda self, other: _convert(self, other.dtype, "Tensor.type_as")
for _name, _kind in {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "byte": "uint8",
    "char": "int8",
    "cfloat": "complex64",
    "cdouble": "complex64",
    "bool": "bool",
}.items():
    setattr(Tensor, _name, lambda self, memory_format=None, _kind=_kind, _name=_name: _convert(self, DTYPES[_kind], f"Tensor.{_name}"))


def _same(self, *args, **kwargs):
    return self


for _name in (
    "cpu cuda xpu pin_memory contiguous requires_grad_ retain_grad share_memory_ rename refine_names coalesce "
    "resolve_neg dequantize to_dense to_sparse"
).split():
    setattr(Tensor, _name, _same)


@method("contiguous")
def contiguous(self, memory_format=None):
    """A copy where torch copies: of views whose elements do not lie in order."""
    if not is_copied(self):
        return self
    return call("alias", [self], "Tensor.contiguous")


@method("requires_grad_")
def requires_grad_(self, requires_grad=True):
    self.requires_grad = requires_grad
    return self


@both("detach")
def detach(self):
    return detached(self)


@method("detach_")
def detach_(self):
    if has_history(self):
        write(self, read(detached(self)))
    return self


@both("clone")
def clone(input, *, memory_format=None):
    if is_fresh(input) and input._storage.name is None:
        return copy_leaf(input)
    return call("alias", [input], "Tensor.clone")


@method("size")
def size(self, dim=None):
    return self._shape if dim is None else self._shape[dim]


@both("numel")
def numel(input):
    return input._shape.numel() if not any(isinstance(one, UnknownInt) for one in _iterable(input._shape)) else UnknownInt()


def _iterable(shape):
    return (UnknownInt(),) if isinstance(shape, UnknownShape) else shape


Tensor.nelement = numel
Tensor.dim = lambda self: self.ndim
Tensor.ndimension = lambda self: self.ndim
Tensor.nbytes = property(lambda self: numel(self) * self.itemsize)
Tensor.element_size = lambda self: self.dtype.itemsize
Tensor.is_floating_point = lambda self: self.dtype.is_floating_point
Tensor.is_complex = lambda self: self.dtype.is_complex
Tensor.is_contiguous = lambda self, memory_format=None: not is_copied(self)
Tensor.get_device = lambda self: -1
# Memory is aligned.
Tensor.data_ptr = lambda self: 64 * id(self._storage)
Tensor.storage = Tensor.untyped_storage = lambda self: self._storage
Tensor.backward = lambda self, *args, **kwargs: None
Tensor.register_hook = lambda self, hook: None
Tensor.storage_offset = lambda self: 0
for _name in "is_pinned is_conj is_neg is_inference is_shared is_coalesced is_distributed".split():
    both(_name)(lambda input: False)
both("is_signed")(lambda input: input.dtype.name not in ("uint8", "bool"))
both("is_same_size")(lambda input, other: tuple(input._shape) == tuple(other._shape))
both("is_nonzero")(lambda input: truth(input))
Tensor.is_set_to = lambda self, other: self._storage is other._storage and tuple(self._shape) == tuple(other._shape)
Tensor.resize_ = lambda self, *shape, memory_format=None: _resized(self, sizes(shape))
Tensor.resize_as_ = lambda self, other, memory_format=None: _resized(self, list(other._shape))


def _resized(self, shape):
    """What is new of a larger tensor may be anything."""
    self.data = self.reshape(shape) if math.prod(shape) == numel(self) else leaf(shape, {"kind": "unknown"}, self.dtype)
    return self


Tensor.hardshrink = lambda self, lambd=0.5: call("hardshrink", [self, lambd], "Tensor.hardshrink")
Tensor.prelu = lambda self, weight: call("prelu", [self, weight], "Tensor.prelu")
both("narrow_copy")(lambda input, dim, start, length: functions["narrow"](input, dim, start, length).clone())
Tensor.as_subclass = lambda self, cls: alias(self, cls)
Tensor.module_load = lambda self, other, assign=False: other
Tensor.storage_type = lambda self: type(self._storage)
Tensor.dim_order = lambda self: tuple(range(self.ndim))
Tensor.new_empty_strided = lambda self, size, stride, **kwargs: functions["empty"](list(size), dtype=kwargs.get("dtype") or self.dtype)
for _name in ("empty_strided", "empty_permuted"):
    function(_name, lambda size, order, **kwargs: functions["empty"](list(size), **kwargs))
function("resize_as_", lambda input, other, memory_format=None: input.resize_as_(other))
function("detach_", lambda input: input.detach_())
function("get_device", lambda input: -1)
both("resolve_neg", "alias_copy")(lambda input: input)
for _name in ("register_post_accumulate_grad_hook", "record_stream", "reinforce"):
    setattr(Tensor, _name, lambda self, *args: None)


@both("nonzero_static")
def nonzero_static(input, *, size, fill_value=-1):
    return opaque("torch.nonzero_static", [input], [size, input.ndim], DTYPES["int64"])


@function("segment_reduce")
def segment_reduce(data, reduce, *, lengths=None, axis=0, unsafe=False, initial=None, **kwargs):
    return opaque("torch.segment_reduce", [data, lengths], [lengths.shape[-1], *data.shape[1:]])


@method("stride")
def stride(self, dim=None):
    steps, step = [], 1
    for length in reversed(self._shape):
        steps.insert(0, step)
        step *= length
    return tuple(steps) if dim is None else steps[dim]


@function("is_tensor")
def is_tensor(value):
    return isinstance(value, Tensor)


@function("is_floating_point")
def is_floating_point(input):
    return input.dtype.is_floating_point


# Of two types the later one is common to both, but for these.
_ORDER = [DTYPES[name] for name in "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64".split()]
_BOTH = {("uint8", "int8"): "int16", ("float16", "bfloat16"): "float32"}


@function("promote_types")
def promote_types(type1, type2):
    first, second = sorted((type1, type2), key=_ORDER.index)
    return DTYPES[_BOTH.get((first.name, second.name), second.name)]


def _category(kind):
    return 3 if kind.is_complex else 2 if kind.is_floating_point else 0 if kind.name == "bool" else 1


function("can_cast", lambda from_, to: _category(from_) <= _category(to))


@function("result_type")
def result_type(a, b):
    return a.dtype if isinstance(a, Tensor) else b.dtype


@function("numel")
def numel_(input):
    return numel(input)


_EXISTING = frozenset(
    """
    H abs abs_ absolute absolute_ acos acos_ acosh acosh_ add add_ addbmm_ addcdiv_ addmv addmv_ addr addr_ adjoint
    align_as align_to all amax amin aminmax angle any apply_ arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh
    arcsinh_ arctan arctan2 arctan2_ arctan_ arctanh arctanh_ argmax argmin argwhere as_strided as_strided_
    as_strided_scatter as_subclass asin asin_ asinh asinh_ atan atan2 atan2_ atan_ atanh atanh_ baddbmm_ bfloat16
    bitwise_and bitwise_and_ bitwise_left_shift bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_
    bitwise_right_shift bitwise_right_shift_ bitwise_xor bitwise_xor_ bmm bool byte cauchy_ ccol_indices cdouble ceil
    ceil_ cfloat chalf char cholesky cholesky_inverse cholesky_solve clip coalesce col_indices conj conj_physical
    conj_physical_ copysign copysign_ corrcoef cos cos_ cosh cosh_ count_nonzero cov cpu cross crow_indices cuda
    cummax cummin cumprod cumprod_ cumsum_ data deg2rad deg2rad_ dense_dim dequantize det device diag_embed diagflat
    diagonal_scatter diff digamma digamma_ div div_ divide divide_ dot double dsplit dtype eig eq eq_ erf erf_ erfc
    erfc_ erfinv erfinv_ exp exp2 exp2_ exp_ expm1 expm1_ fix fix_ fliplr flipud float float_power float_power_ floor
    floor_ floor_divide floor_divide_ fmax fmin fmod fmod_ frac frac_ frexp gcd gcd_ ge ge_ geometric_ geqrf ger grad
    grad_fn greater greater_ greater_equal greater_equal_ gt gt_ half hardshrink has_names heaviside heaviside_ histc
    histogram hsplit hypot hypot_ i0 i0_ igamma igamma_ igammac igammac_ imag index_add index_add_ index_copy
    index_copy_ index_fill index_fill_ index_put index_put_ index_reduce index_reduce_ indices int int_repr inverse
    ipu is_coalesced is_conj is_cpu is_cuda is_distributed is_inference is_ipu is_leaf is_meta is_mkldnn is_mps is_neg
    is_nested is_nonzero is_ort is_quantized is_same_size is_set_to is_shared is_signed is_sparse is_sparse_csr
    is_vulkan is_xpu isfinite isinf isnan isneginf isposinf isreal istft kron kthvalue layout lcm lcm_ ldexp ldexp_ le
    le_ less less_ less_equal less_equal_ lgamma lgamma_ log log10 log10_ log1p log1p_ log2 log2_ log_ log_normal_
    logaddexp logaddexp2 logcumsumexp logdet logical_and logical_and_ logical_not logical_not_ logical_or logical_or_
    logical_xor logical_xor_ logit logit_ logsumexp long lstsq lt lt_ lu lu_solve mH map2_ map_ masked_scatter matmul
    matrix_exp matrix_power max maximum mean median min minimum mm mode moveaxis msort mul mul_ multinomial multiply
    multiply_ mv mvlgamma mvlgamma_ name names nan_to_num_ nanmean nanmedian nanquantile nansum narrow_copy ndim ne
    ne_ neg neg_ negative negative_ new_empty_strided new_ones new_tensor new_zeros nextafter nextafter_ not_equal
    not_equal_ orgqr ormqr output_nr pin_memory pinverse polygamma polygamma_ positive pow pow_ prelu prod put put_
    q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qr qscheme quantile rad2deg
    rad2deg_ real reciprocal reciprocal_ record_stream refine_names reinforce relu relu_ remainder remainder_ rename
    rename_ renorm renorm_ requires_grad resize resize_ resize_as resize_as_ resize_as_sparse_ resolve_conj
    resolve_neg retain_grad retains_grad round_ row_indices rsqrt rsqrt_ scatter_reduce scatter_reduce_ select_scatter
    sgn sgn_ shape share_memory_ short sigmoid sigmoid_ sign sign_ signbit sin sin_ sinc sinc_ sinh sinh_
    slice_scatter slogdet smm solve sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ sqrt sqrt_ square
    square_ sspaddmm std stft storage_type sub sub_ subtract subtract_ sum sum_to_size svd swapaxes swapaxes_ swapdims
    swapdims_ symeig t_ take tan tan_ tanh tanh_ to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc
    to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr trace triangular_solve true_divide true_divide_ trunc
    trunc_ uniform_ unique unique_consecutive unsafe_chunk unsafe_split unsafe_split_with_sizes values var vdot
    volatile vsplit xlogy xlogy_ xpu
    """.split()
)


def _missing(self, name):
    """A method of torch.Tensor that the shim does not have: reported where it is called."""
    if name in _EXISTING:

        def absent(*args, **kwargs):
            _trace.report("unknown-operation", f"Skipscope does not know Tensor.{name}.")
            return unknown_tensor(f"Tensor.{name}", [self, *[one for one in args if isinstance(one, Tensor)]])

        return absent
    raise AttributeError(f"'Tensor' object has no attribute '{name}'")


Tensor.__getattr__ = _missing
