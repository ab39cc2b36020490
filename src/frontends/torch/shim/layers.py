"""The module classes of torch.nn, with torch's parameters, names and default initialisation."""

import math
import operator
from collections import OrderedDict
from itertools import chain, islice

from torch._functions import functions as _t
from torch._tensor import Tensor, call, call_in_place, is_static
from torch._unknown import Unknown
from torch.nn import functional as F
from torch.nn import init
from torch.nn.modules.module import Module, Parameter


def _empty(*shape):
    return Parameter(_t["empty"](list(shape)))


def _divides(part, whole):
    """Whether a number divides another, as far as both are known."""
    return not (isinstance(part, int) and isinstance(whole, int)) or whole % part == 0


def _sizes(value):
    """The axes that a normalisation is said to go over: one number, or several; one that is not known is taken for a number."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _integer(value, name):
    if isinstance(value, Tensor):
        value = value.item()
    if isinstance(value, float):
        raise TypeError(
            f"empty(): argument 'size' failed to unpack the object with error \"type must be tuple of ints,but got float\" ({name}={value})"
        )
    return value


# ---- containers ----------------------------------------------------------------------------------------------------


class Sequential(Module):
    def __init__(self, *args):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for key, module in args[0].items():
                self.add_module(key, module)
        else:
            for index, module in enumerate(args):
                self.add_module(str(index), module)

    def _at(self, index):
        size = len(self._modules)
        index = operator.index(index)
        if not -size <= index < size:
            raise IndexError(f"index {index} is out of range")
        return next(islice(self._modules, index % size, None))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._at(index)]

    def __setitem__(self, index, module):
        setattr(self, self._at(index), module)

    def __delitem__(self, index):
        keys = list(self._modules)
        for key in keys[index] if isinstance(index, slice) else [self._at(index)]:
            del self._modules[key]
        rest = list(self._modules.values())
        self._modules.clear()
        self._modules.update((str(at), module) for at, module in enumerate(rest))

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __add__(self, other):
        return Sequential(*self, *other)

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index, module):
        order = list(self)
        order.insert(index, module)
        self._modules.clear()
        self._modules.update((str(at), one) for at, one in enumerate(order))
        return self

    def extend(self, sequential):
        for module in sequential:
            self.append(module)
        return self

    def pop(self, key):
        module = self[key]
        del self[key]
        return module

    def forward(self, input):
        for module in self._modules.values():
            input = module(input)
        return input


class ModuleList(Module):
    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    _at = Sequential._at

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self._modules.values())[index])
        return self._modules[self._at(index)]

    __setitem__ = Sequential.__setitem__
    __delitem__ = Sequential.__delitem__
    __len__ = Sequential.__len__
    __iter__ = Sequential.__iter__
    append = Sequential.append
    insert = Sequential.insert
    pop = Sequential.pop

    def __add__(self, other):
        return ModuleList(chain(self, other))

    def __iadd__(self, modules):
        return self.extend(modules)

    def extend(self, modules):
        if not hasattr(modules, "__iter__"):
            raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
        for module in modules:
            self.add_module(str(len(self)), module)
        return self


class ModuleDict(Module):
    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def clear(self):
        self._modules.clear()

    def pop(self, key):
        return self._modules.pop(key)

    def keys(self):
        return self._modules.keys()

    def items(self):
        return self._modules.items()

    def values(self):
        return self._modules.values()

    def update(self, modules):
        for key, module in modules.items() if hasattr(modules, "items") else modules:
            self.add_module(key, module)


class ParameterList(Module):
    def __init__(self, values=None):
        super().__init__()
        self._size = 0
        for value in values or ():
            self.append(value)

    def append(self, value):
        setattr(self, str(self._size), Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value)
        self._size += 1
        return self

    def extend(self, values):
        for value in values:
            self.append(value)
        return self

    def __len__(self):
        return self._size

    def __iter__(self):
        return iter([self[index] for index in range(self._size)])

    def __getitem__(self, index):
        if isinstance(index, slice):
            return ParameterList([self[at] for at in range(*index.indices(self._size))])
        if not -self._size <= index < self._size:
            raise IndexError(f"index {index} is out of range")
        return getattr(self, str(index % self._size))

    def __setitem__(self, index, value):
        setattr(self, str(index), value)


class ParameterDict(Module):
    def __init__(self, parameters=None):
        super().__init__()
        self.update(parameters or {})

    def update(self, parameters):
        for key, value in parameters.items() if hasattr(parameters, "items") else parameters:
            self[key] = value

    def __getitem__(self, key):
        return self._parameters[key]

    def __setitem__(self, key, value):
        self._parameters[key] = value if isinstance(value, Parameter) else Parameter(value)

    def __len__(self):
        return len(self._parameters)

    def __iter__(self):
        return iter(self._parameters)

    def __contains__(self, key):
        return key in self._parameters

    def keys(self):
        return self._parameters.keys()

    def items(self):
        return self._parameters.items()

    def values(self):
        return self._parameters.values()


# ---- convolutions and linear layers --------------------------------------------------------------------------------


def _fan_in_uniform(weight, bias):
    if not is_static(weight.shape):
        return
    fan_in, _ = init._calculate_fan_in_and_fan_out(weight)
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None and fan_in > 0:
        bound = 1 / math.sqrt(fan_in)
        init.uniform_(bias, -bound, bound)


class _ConvNd(Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride,
        padding,
        dilation,
        transposed,
        output_padding,
        groups,
        bias,
        padding_mode,
        device=None,
        dtype=None,
    ):
        super().__init__()
        in_channels, out_channels = _integer(in_channels, "in_channels"), _integer(out_channels, "out_channels")
        if isinstance(groups, int) and groups <= 0:
            raise ValueError("groups must be a positive integer")
        if not _divides(groups, in_channels):
            raise ValueError("in_channels must be divisible by groups")
        if not _divides(groups, out_channels):
            raise ValueError("out_channels must be divisible by groups")
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ValueError(f"padding_mode must be one of zeros, reflect, replicate, circular, but got '{padding_mode}'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._both_paddings()
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = _empty(first, second // groups, *kernel_size)
        if bias:
            self.bias = _empty(out_channels)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _both_paddings(self):
        """Before and after each axis, last axis first, as `F.pad` takes it."""
        if self.padding == "same":
            extents = [d * (k - 1) for k, d in zip(reversed(self.kernel_size), reversed(self.dilation))]
            return [part for extent in extents for part in (extent // 2, extent - extent // 2)]
        spread = (0,) * len(self.kernel_size) if self.padding == "valid" else self.padding
        return [part for part in reversed(spread) for _ in (0, 1)]

    def reset_parameters(self):
        _fan_in_uniform(self.weight, self.bias)


def _tuple(value, rank):
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * rank


def _conv_class(rank):
    functional = getattr(F, f"conv{rank}d")

    class Conv(_ConvNd):
        def __init__(
            self,
            in_channels,
            out_channels,
            kernel_size,
            stride=1,
            padding=0,
            dilation=1,
            groups=1,
            bias=True,
            padding_mode="zeros",
            device=None,
            dtype=None,
        ):
            super().__init__(
                in_channels,
                out_channels,
                _tuple(kernel_size, rank),
                _tuple(stride, rank),
                padding if isinstance(padding, str) else _tuple(padding, rank),
                _tuple(dilation, rank),
                False,
                (0,) * rank,
                groups,
                bias,
                padding_mode,
            )

        def _conv_forward(self, input, weight, bias):
            if self.padding_mode != "zeros":
                input = F.pad(input, self._reversed_padding_repeated_twice, self.padding_mode)
                return functional(input, weight, bias, self.stride, 0, self.dilation, self.groups)
            return functional(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)

        def forward(self, input):
            return self._conv_forward(input, self.weight, self.bias)

    Conv.__name__ = Conv.__qualname__ = f"Conv{rank}d"
    return Conv


class _ConvTransposeNd(_ConvNd):
    pass


def _conv_transpose_class(rank):
    functional = getattr(F, f"conv_transpose{rank}d")

    class ConvTranspose(_ConvTransposeNd):
        def __init__(
            self,
            in_channels,
            out_channels,
            kernel_size,
            stride=1,
            padding=0,
            output_padding=0,
            groups=1,
            bias=True,
            dilation=1,
            padding_mode="zeros",
            device=None,
            dtype=None,
        ):
            super().__init__(
                in_channels,
                out_channels,
                _tuple(kernel_size, rank),
                _tuple(stride, rank),
                _tuple(padding, rank),
                _tuple(dilation, rank),
                True,
                _tuple(output_padding, rank),
                groups,
                bias,
                padding_mode,
            )

        def forward(self, input, output_size=None):
            extra = self.output_padding
            if output_size is not None:
                least = [
                    (n - 1) * s - 2 * p + d * (k - 1) + 1
                    for n, s, p, d, k in zip(input.shape[-rank:], self.stride, self.padding, self.dilation, self.kernel_size)
                ]
                extra = tuple(want - low for want, low in zip(list(output_size)[-rank:], least))
            return functional(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    ConvTranspose.__name__ = ConvTranspose.__qualname__ = f"ConvTranspose{rank}d"
    return ConvTranspose


Conv1d, Conv2d, Conv3d = (_conv_class(rank) for rank in (1, 2, 3))
ConvTranspose1d, ConvTranspose2d, ConvTranspose3d = (_conv_transpose_class(rank) for rank in (1, 2, 3))


class Linear(Module):
    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in_features = _integer(in_features, "in_features")
        self.out_features = _integer(out_features, "out_features")
        self.weight = _empty(out_features, in_features)
        if bias:
            self.bias = _empty(out_features)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        _fan_in_uniform(self.weight, self.bias)

    def forward(self, input):
        return F.linear(input, self.weight, self.bias)


class NonDynamicallyQuantizableLinear(Linear):
    pass


class Bilinear(Module):
    def __init__(self, in1_features, in2_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = _empty(out_features, in1_features, in2_features)
        self.bias = _empty(out_features) if bias else None
        bound = 1 / math.sqrt(in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1, input2):
        return F.bilinear(input1, input2, self.weight, self.bias)


class Embedding(Module):
    def __init__(
        self,
        num_embeddings,
        embedding_dim,
        padding_idx=None,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        sparse=False,
        _weight=None,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_idx
        if _weight is None:
            self.weight = _empty(num_embeddings, embedding_dim)
            self.reset_parameters()
        else:
            self.weight = Parameter(_weight)

    def reset_parameters(self):
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight[self.padding_idx].fill_(0)

    def forward(self, input):
        return F.embedding(input, self.weight, self.padding_idx)

    @classmethod
    def from_pretrained(cls, embeddings, freeze=True, padding_idx=None, **kwargs):
        made = cls(*embeddings.shape, padding_idx, _weight=embeddings)
        made.weight.requires_grad = not freeze
        return made


# ---- normalisation -------------------------------------------------------------------------------------------------


class _NormBase(Module):
    def __init__(self, num_features, eps, momentum, affine, track_running_stats):
        super().__init__()
        num_features = _integer(num_features, "num_features")
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = _empty(num_features)
            self.bias = _empty(num_features)
        else:
            self.register_parameter("weight", None)
            self.register_parameter("bias", None)
        if track_running_stats:
            self.register_buffer("running_mean", _t["zeros"]([num_features]))
            self.register_buffer("running_var", _t["ones"]([num_features]))
            self.register_buffer("num_batches_tracked", _t["tensor"](0))
        else:
            self.register_buffer("running_mean", None)
            self.register_buffer("running_var", None)
            self.register_buffer("num_batches_tracked", None)
        self.reset_parameters()

    def reset_running_stats(self):
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)

    def reset_parameters(self):
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            init.zeros_(self.bias)


class _BatchNorm(_NormBase):
    def __init__(self, num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None):
        super().__init__(num_features, eps, momentum, affine, track_running_stats)

    def forward(self, input):
        momentum = 0.0 if self.momentum is None else self.momentum
        training = self.training or self.running_mean is None
        return F.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, training, momentum, self.eps
        )


class BatchNorm1d(_BatchNorm):
    pass


class BatchNorm2d(_BatchNorm):
    pass


class BatchNorm3d(_BatchNorm):
    pass


class SyncBatchNorm(_BatchNorm):
    @classmethod
    def convert_sync_batchnorm(cls, module, process_group=None):
        return module


class _InstanceNorm(_NormBase):
    def __init__(self, num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None):
        super().__init__(num_features, eps, momentum, affine, track_running_stats)

    def forward(self, input):
        return F.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum,
            self.eps,
        )


class InstanceNorm1d(_InstanceNorm):
    pass


class InstanceNorm2d(_InstanceNorm):
    pass


class InstanceNorm3d(_InstanceNorm):
    pass


class LayerNorm(Module):
    def __init__(self, normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = _sizes(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        if elementwise_affine:
            self.weight = _empty(*self.normalized_shape)
        else:
            self.register_parameter("weight", None)
        if elementwise_affine and bias:
            self.bias = _empty(*self.normalized_shape)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input):
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = _sizes(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        if elementwise_affine:
            self.weight = init.ones_(_empty(*self.normalized_shape))
        else:
            self.register_parameter("weight", None)

    def forward(self, input):
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    def __init__(self, num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None):
        super().__init__()
        if not _divides(num_groups, num_channels):
            raise ValueError("num_channels must be divisible by num_groups")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        if affine:
            self.weight = _empty(num_channels)
            self.bias = _empty(num_channels)
        else:
            self.register_parameter("weight", None)
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        if self.affine:
            init.ones_(self.weight)
            init.zeros_(self.bias)

    def forward(self, input):
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


# ---- layers that only call a function ------------------------------------------------------------------------------


def _layer(name, fn, *defaults, origin=None):
    """A module class without parameters: stores its arguments under their names and hands them to `fn`."""
    names = [each[0] for each in defaults]

    class Layer(Module):
        def __init__(self, *args, **kwargs):
            super().__init__()
            if len(args) > len(names):
                raise TypeError(f"{name}.__init__() takes {len(names) + 1} positional arguments but {len(args) + 1} were given")
            given = dict(zip(names, args))
            for key, value in kwargs.items():
                if key not in names:
                    raise TypeError(f"{name}.__init__() got an unexpected keyword argument '{key}'")
                given[key] = value
            for each in defaults:
                if each[0] not in given and len(each) == 1:
                    raise TypeError(f"{name}.__init__() missing 1 required positional argument: '{each[0]}'")
                setattr(self, each[0], given.get(each[0], each[1] if len(each) > 1 else None))

        def forward(self, input):
            return fn(self, input)

    Layer.__name__ = Layer.__qualname__ = name
    globals()[name] = Layer


def _activation_layer(name, functional, *defaults):
    names = [each[0] for each in defaults]
    fn = getattr(F, functional)

    def forward(self, input):
        return fn(input, *[getattr(self, each) for each in names], inplace=self.inplace)

    _layer(name, forward, *defaults, ("inplace", False))


for _spec in (
    ("ReLU", "relu"),
    ("ReLU6", "relu6"),
    ("ELU", "elu", ("alpha", 1.0)),
    ("SELU", "selu"),
    ("CELU", "celu", ("alpha", 1.0)),
    ("LeakyReLU", "leaky_relu", ("negative_slope", 0.01)),
    ("SiLU", "silu"),
    ("Mish", "mish"),
    ("Hardswish", "hardswish"),
    ("Hardsigmoid", "hardsigmoid"),
    ("Hardtanh", "hardtanh", ("min_val", -1.0), ("max_val", 1.0)),
    ("Threshold", "threshold", ("threshold",), ("value",)),
):
    _activation_layer(*_spec)

_layer("GELU", lambda self, x: F.gelu(x, self.approximate), ("approximate", "none"))
_layer("Sigmoid", lambda self, x: _t["sigmoid"](x))
_layer("Tanh", lambda self, x: _t["tanh"](x))
_layer("LogSigmoid", lambda self, x: F.logsigmoid(x))
_layer("Softsign", lambda self, x: F.softsign(x))
_layer("Tanhshrink", lambda self, x: F.tanhshrink(x))
_layer("Softplus", lambda self, x: F.softplus(x, self.beta, self.threshold), ("beta", 1), ("threshold", 20))
_layer("Softshrink", lambda self, x: F.softshrink(x, self.lambd), ("lambd", 0.5))
_layer("Hardshrink", lambda self, x: F.hardshrink(x, self.lambd), ("lambd", 0.5))
_layer("GLU", lambda self, x: F.glu(x, self.dim), ("dim", -1))
_layer("Softmax", lambda self, x: F.softmax(x, self.dim), ("dim", None))
_layer("Softmin", lambda self, x: F.softmin(x, self.dim), ("dim", None))
_layer("LogSoftmax", lambda self, x: F.log_softmax(x, self.dim), ("dim", None))
_layer("Softmax2d", lambda self, x: F.softmax(x, -3))
_layer("RReLU", lambda self, x: F.rrelu(x, self.lower, self.upper), ("lower", 1 / 8), ("upper", 1 / 3), ("inplace", False))
_layer("Flatten", lambda self, x: x.flatten(self.start_dim, self.end_dim), ("start_dim", 1), ("end_dim", -1))
_layer("Unflatten", lambda self, x: x.unflatten(self.dim, self.unflattened_size), ("dim",), ("unflattened_size",))
_layer("PixelShuffle", lambda self, x: F.pixel_shuffle(x, self.upscale_factor), ("upscale_factor",))
_layer("PixelUnshuffle", lambda self, x: F.pixel_unshuffle(x, self.downscale_factor), ("downscale_factor",))
_layer("ChannelShuffle", lambda self, x: F.channel_shuffle(x, self.groups), ("groups",))
_layer(
    "LocalResponseNorm",
    lambda self, x: F.local_response_norm(x, self.size, self.alpha, self.beta, self.k),
    ("size",),
    ("alpha", 0.0001),
    ("beta", 0.75),
    ("k", 1.0),
)
_layer(
    "Unfold",
    lambda self, x: F.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride),
    ("kernel_size",),
    ("dilation", 1),
    ("padding", 0),
    ("stride", 1),
)
_layer(
    "Fold",
    lambda self, x: F.fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride),
    ("output_size",),
    ("kernel_size",),
    ("dilation", 1),
    ("padding", 0),
    ("stride", 1),
)
_layer(
    "Upsample",
    lambda self, x: F.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners),
    ("size", None),
    ("scale_factor", None),
    ("mode", "nearest"),
    ("align_corners", None),
    ("recompute_scale_factor", None),
)
_layer("UpsamplingNearest2d", lambda self, x: F.interpolate(x, self.size, self.scale_factor), ("size", None), ("scale_factor", None))
_layer(
    "UpsamplingBilinear2d",
    lambda self, x: F.interpolate(x, self.size, self.scale_factor, "bilinear", True),
    ("size", None),
    ("scale_factor", None),
)
for _name, _fn in (
    ("Dropout", "dropout"),
    ("Dropout1d", "dropout1d"),
    ("Dropout2d", "dropout2d"),
    ("Dropout3d", "dropout3d"),
    ("AlphaDropout", "alpha_dropout"),
    ("FeatureAlphaDropout", "feature_alpha_dropout"),
):
    _layer(
        _name,
        lambda self, x, _fn=getattr(F, _fn): _fn(x, self.p, self.training, self.inplace),
        ("p", 0.5),
        ("inplace", False),
    )


def _pool_layers(rank):
    max_pool, avg_pool = getattr(F, f"max_pool{rank}d"), getattr(F, f"avg_pool{rank}d")
    _layer(
        f"MaxPool{rank}d",
        lambda self, x: max_pool(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        ),
        ("kernel_size",),
        ("stride", None),
        ("padding", 0),
        ("dilation", 1),
        ("return_indices", False),
        ("ceil_mode", False),
    )
    _layer(
        f"AvgPool{rank}d",
        lambda self, x: avg_pool(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        ),
        ("kernel_size",),
        ("stride", None),
        ("padding", 0),
        ("ceil_mode", False),
        ("count_include_pad", True),
        ("divisor_override", None),
    )
    for kind in ("Avg", "Max"):
        fn = getattr(F, f"adaptive_{kind.lower()}_pool{rank}d")
        defaults = (("output_size",),) if kind == "Avg" else (("output_size",), ("return_indices", False))
        _layer(f"Adaptive{kind}Pool{rank}d", lambda self, x, fn=fn: fn(x, self.output_size), *defaults)
    for mode, kind in (("constant", "Constant"), ("reflect", "Reflection"), ("replicate", "Replication"), ("circular", "Circular")):
        defaults = (("padding",), ("value",)) if kind == "Constant" else (("padding",),)
        _layer(
            f"{kind}Pad{rank}d",
            lambda self, x, mode=mode: F.pad(x, _tuple(self.padding, 2 * rank), mode, getattr(self, "value", 0)),
            *defaults,
        )
    _layer(f"ZeroPad{rank}d", lambda self, x: F.pad(x, _tuple(self.padding, 2 * rank)), ("padding",))


for _rank in (1, 2, 3):
    _pool_layers(_rank)
_layer("LPPool2d", lambda self, x: F.lp_pool2d(x, self.norm_type, self.kernel_size, self.stride), ("norm_type",), ("kernel_size",), ("stride", None), ("ceil_mode", False))


class MaxUnpool2d(Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, input, indices, output_size=None):
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class Identity(Module):
    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, input):
        return input


class PReLU(Module):
    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = _empty(num_parameters)
        self.weight.data.fill_(init)

    def forward(self, input):
        return F.prelu(input, self.weight)


class CosineSimilarity(Module):
    def __init__(self, dim=1, eps=1e-08):
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1, x2):
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class _Loss(Module):
    pass


def _loss(name, fn, *defaults):
    class Loss(_Loss):
        def __init__(self, *args, **kwargs):
            super().__init__()
            self.args = {**dict(defaults), **dict(zip([each[0] for each in defaults], args)), **kwargs}

        def forward(self, input, target):
            return fn(input, target, **self.args)

    Loss.__name__ = Loss.__qualname__ = name
    globals()[name] = Loss


for _name, _fn in {
    "CrossEntropyLoss": F.cross_entropy,
    "NLLLoss": F.nll_loss,
    "MSELoss": F.mse_loss,
    "L1Loss": F.l1_loss,
    "SmoothL1Loss": F.smooth_l1_loss,
    "HuberLoss": F.huber_loss,
    "BCELoss": F.binary_cross_entropy,
    "BCEWithLogitsLoss": F.binary_cross_entropy_with_logits,
    "KLDivLoss": F.kl_div,
}.items():
    _loss(_name, _fn, *((("weight", None),) if _name in ("CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss") else ()))
