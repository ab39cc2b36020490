"""Convolutions, linear layers and embeddings of torch.nn, with torch's parameters and initialisation."""

import math

from torch._formats import is_static
from torch.nn import functional as F
from torch.nn import init
from torch.nn.modules._arguments import _divides, _empty, _integer, _tuple
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter


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
        _freeze=False,
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
        if _freeze:
            self.weight.requires_grad_(False)

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


class EmbeddingBag(Module):
    def __init__(
        self,
        num_embeddings,
        embedding_dim,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        mode="mean",
        sparse=False,
        _weight=None,
        include_last_offset=False,
        padding_idx=None,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.num_embeddings, self.embedding_dim, self.mode = num_embeddings, embedding_dim, mode
        self.include_last_offset, self.padding_idx = include_last_offset, padding_idx
        self.weight = _empty(num_embeddings, embedding_dim) if _weight is None else Parameter(_weight)
        if _weight is None:
            self.reset_parameters()

    reset_parameters = Embedding.reset_parameters

    def forward(self, input, offsets=None, per_sample_weights=None):
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            mode=self.mode,
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )

    @classmethod
    def from_pretrained(cls, embeddings, freeze=True, **kwargs):
        made = cls(*embeddings.shape, _weight=embeddings, **kwargs)
        made.weight.requires_grad = not freeze
        return made
