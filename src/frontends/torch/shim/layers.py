"""Activations, pools, paddings and other layers of torch.nn that have few parameters or none."""

from torch._functions import functions as _t
from torch.nn import functional as F
from torch.nn.modules._arguments import _empty, _tuple
from torch.nn.modules.module import Module


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
        names = [one[0] for one in defaults]
        _layer(
            f"Adaptive{kind}Pool{rank}d",
            lambda self, x, fn=fn, names=names: fn(x, *[getattr(self, one) for one in names]),
            *defaults,
        )
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


def _unpool_layer(rank):
    unpool = getattr(F, f"max_unpool{rank}d")

    class Unpool(Module):
        def __init__(self, kernel_size, stride=None, padding=0):
            super().__init__()
            self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

        def forward(self, input, indices, output_size=None):
            return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    Unpool.__name__ = Unpool.__qualname__ = f"MaxUnpool{rank}d"
    globals()[Unpool.__name__] = Unpool


for _rank in (1, 2, 3):
    _unpool_layer(_rank)
    _layer(
        f"LPPool{_rank}d",
        lambda self, x, fn=getattr(F, f"lp_pool{_rank}d"): fn(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode),
        ("norm_type",),
        ("kernel_size",),
        ("stride", None),
        ("ceil_mode", False),
    )
for _rank in (2, 3):
    _layer(
        f"FractionalMaxPool{_rank}d",
        lambda self, x, fn=getattr(F, f"fractional_max_pool{_rank}d"): fn(
            x, self.kernel_size, self.output_size, self.output_ratio, self.return_indices
        ),
        ("kernel_size",),
        ("output_size", None),
        ("output_ratio", None),
        ("return_indices", False),
        ("_random_samples", None),
    )
_layer(
    "CrossMapLRN2d",
    lambda self, x: F.local_response_norm(x, self.size, self.alpha, self.beta, self.k),
    ("size",),
    ("alpha", 0.0001),
    ("beta", 0.75),
    ("k", 1),
)


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


class PairwiseDistance(Module):
    def __init__(self, p=2.0, eps=1e-06, keepdim=False):
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1, x2):
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
