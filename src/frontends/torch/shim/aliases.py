"""Small modules of the torch package whose names models import: each holds names of other modules, or does nothing."""

import collections
import sys
import types
import typing
from itertools import repeat

import torch
from torch import _distributions as distributions, _flex as flex, _transforms as transforms, _vision as vision, nn
from torch._tensor import Tensor, call
from torch._unknown import Unknown, missing
from torch.nn import _parametrising as parametrising, _utilities as utilities
from torch.nn.modules import _norms, _recurrent, quantization


def make(name, **names):
    module = sys.modules.get(name)
    if module is None:
        module = types.ModuleType(name)
        module.__path__ = []
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        setattr(sys.modules[parent], last, module)
        module.__getattr__ = missing(name)
    for key, value in names.items():
        setattr(module, key, value)
    return module


def _identity(fn=None, *args, **kwargs):
    return fn if callable(fn) else lambda inner: inner


def _gather(tensors, tensor, *args, **kwargs):
    """All processes' tensors: there is one process."""
    for one in tensors:
        one.copy_(tensor)


def _nothing(*args, **kwargs):
    return None


def _itself(value, *args, **kwargs):
    return value


def _parallel(module, *args, **kwargs):
    """The module itself, under both names: what runs on several devices is drawn as what runs on each."""
    if "module" not in module._modules:
        module.__dict__["module"] = module
    return module


def _is_of(value, kind):
    """`isinstance`, for types of what containers hold too: `List[Tensor]`, `Tuple[int, int]`, `Optional[str]`."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, Unknown):
        return False
    if isinstance(kind, tuple) or origin in (typing.Union, types.UnionType):
        return any(_is_of(value, one) for one in inner or kind)
    if origin is None:
        return kind is typing.Any or isinstance(value, kind)
    if not isinstance(value, origin):
        return False
    if origin is dict:
        return all(_is_of(key, inner[0]) and _is_of(one, inner[1]) for key, one in value.items())
    if origin is tuple and inner[-1] is not Ellipsis:
        return len(value) == len(inner) and all(map(_is_of, value, inner))
    return all(_is_of(one, inner[0]) for one in value)


def _false(*args, **kwargs):
    return False


def _ntuple(count):
    def parse(value):
        return tuple(value) if isinstance(value, collections.abc.Iterable) else tuple(repeat(value, count))

    return parse


def checkpoint(function, *args, use_reentrant=None, preserve_rng_state=True, **kwargs):
    return function(*args, **kwargs)


def checkpoint_sequential(functions, segments, input, **kwargs):
    for function in functions.children() if isinstance(functions, nn.Module) else functions:
        input = function(input)
    return input


class _Final:
    def __class_getitem__(cls, item):
        return item


class Function:
    """A custom gradient: only its forward pass is traced."""

    @classmethod
    def apply(cls, *args):
        return cls.forward(types.SimpleNamespace(save_for_backward=_nothing, mark_dirty=_nothing, needs_input_grad=(True,) * len(args)), *args)


def stochastic_depth(input, p, mode, training=True):
    if not training or p == 0.0:
        return input
    return call("stochastic_depth", [input, p, mode], "torchvision.ops.stochastic_depth")


def install():
    here = {**{key: value for key, value in vars(nn).items() if not key.startswith("__")}}
    for name in "conv linear batchnorm instancenorm normalization activation pooling dropout container padding upsampling sparse loss rnn transformer flatten fold pixelshuffle distance adaptive".split():
        make(f"torch.nn.modules.{name}", **here)
    make("torch.nn.modules.utils", _single=_ntuple(1), _pair=_ntuple(2), _triple=_ntuple(3), _quadruple=_ntuple(4), _ntuple=_ntuple)
    sys.modules["torch.nn.modules.batchnorm"]._BatchNorm = _norms._BatchNorm
    make("torch.nn.utils", **utilities.names)
    make(
        "torch.nn.utils.rnn",
        PackedSequence=_recurrent.PackedSequence,
        pack_padded_sequence=_recurrent.pack_padded_sequence,
        pad_packed_sequence=_recurrent.pad_packed_sequence,
        pad_sequence=_recurrent.pad_sequence,
    )
    make("torch.nn.utils.parametrize", **parametrising.parametrize)
    make("torch.nn.utils.parametrizations", **parametrising.parametrizations)
    make("torch.nn.utils.stateless", functional_call=transforms.functional_call)
    make("torch.nn.attention", SDPBackend=Unknown("torch.nn.attention.SDPBackend", True), sdpa_kernel=torch._Context)
    make("torch.nn.attention.flex_attention", **flex.names)
    make("torch.nn.attention.bias", **flex.biases)
    make("torch.func", **transforms.names)
    make("torch.nn.parallel", DataParallel=_parallel, DistributedDataParallel=_parallel)
    nn.DataParallel = _parallel
    make("torch.utils")
    make("torch.utils.checkpoint", checkpoint=checkpoint, checkpoint_sequential=checkpoint_sequential)
    state = lambda *args, **kwargs: Unknown("the downloaded weights", True)
    make("torch.utils.model_zoo", load_url=state)
    make("torch.utils.data", DataLoader=Unknown("torch.utils.data.DataLoader", True), Dataset=object)
    make("torch.utils.tensorboard", SummaryWriter=Unknown("SummaryWriter", True))
    make("torch.hub", _get_torch_home=lambda: "", get_dir=lambda: "", load_state_dict_from_url=state, load=Unknown("torch.hub.load", True))
    make(
        "torch.jit",
        script=_identity,
        ignore=_identity,
        unused=_identity,
        export=_identity,
        script_method=_identity,
        script_if_tracing=_identity,
        interface=_identity,
        _overload_method=_identity,
        _overload=_identity,
        is_scripting=_false,
        isinstance=_is_of,
        is_tracing=_false,
        annotate=lambda kind, value: value,
        trace=_identity,
        fork=lambda function, *args, **kwargs: function(*args, **kwargs),
        wait=_itself,
        freeze=_itself,
        optimize_for_inference=_itself,
        Final=_Final,
        ScriptModule=nn.Module,
    )
    make("torch.jit.annotations")
    sys.modules["torch._fxmodule"].install()
    make("torch.cuda", is_available=_false, device_count=lambda: 0, manual_seed=_nothing, manual_seed_all=_nothing, empty_cache=_nothing, synchronize=_nothing, current_device=lambda: 0)
    make("torch.cuda.amp", autocast=torch._DeviceAutocast, GradScaler=Unknown("torch.cuda.amp.GradScaler", True), custom_fwd=_identity, custom_bwd=_identity)
    make(
        "torch.amp",
        autocast=torch.autocast,
        GradScaler=Unknown("torch.amp.GradScaler", True),
        custom_fwd=_identity,
        custom_bwd=_identity,
        is_autocast_available=_false,
    )
    make("torch.autograd", Function=Function, Variable=lambda tensor, *args, **kwargs: tensor, no_grad=torch._Context, grad=_nothing)
    make("torch.autograd.function", Function=Function, once_differentiable=_identity)
    make("torch.backends")
    make("torch.backends.cudnn", benchmark=False, deterministic=False, is_available=_false, enabled=False)
    make("torch.backends.cuda", matmul=types.SimpleNamespace(allow_tf32=False), enable_flash_sdp=_nothing, sdp_kernel=torch._Context)
    make("torch.backends.mps", is_available=_false, is_built=_false)
    make("torch.mps", is_available=_false)
    # What trains a model is not looked at.
    for name in ("torch.optim", "torch.optim.lr_scheduler"):
        make(name).__getattr__ = missing(name, True)
    make(
        "torch.distributed",
        is_available=_false,
        is_initialized=_false,
        get_rank=lambda *a, **k: 0,
        get_world_size=lambda *a, **k: 1,
        all_gather=_gather,
        all_gather_into_tensor=lambda output, tensor, *args, **kwargs: _gather([output], tensor),
        **{name: _nothing for name in ("init_process_group", "broadcast", "all_reduce", "reduce", "barrier")},
    )
    make("torch.onnx", is_in_onnx_export=_false, register_custom_op_symbolic=_nothing)
    make("torch.compiler", disable=_identity, allow_in_graph=_identity, is_compiling=_false)
    make("torch._dynamo", disable=_identity, allow_in_graph=_identity, mark_static_address=_nothing, mark_dynamic=_nothing, reset=_nothing)
    make("torch.overrides", has_torch_function=_false, handle_torch_function=_nothing)
    make("torch.types", Device=torch.device, Number=float)
    make("torch.version", cuda=None, hip=None)
    make("torch.random", manual_seed=_nothing)
    make("torch.special", **sys.modules["torch._special"].special())
    make("torch.linalg", **sys.modules["torch._linalg"].names)
    make("torch.sparse", **sys.modules["torch._sparse"].names)
    make("torch.fft", **sys.modules["torch._fft"].names)
    for name in ("", ".distribution", ".normal", ".categorical", ".independent", ".kl", ".bernoulli", ".multivariate_normal", ".uniform"):
        make(f"torch.distributions{name}", **distributions.names).__getattr__ = distributions.other
    sys.modules["torch._operators"].install(torchvision=vision.operators)
    # What a package tells torch's compiled inside when it is imported computes nothing.
    make("torch._C", _log_api_usage_once=_nothing, _get_tracing_state=_nothing).__getattr__ = missing("torch._C", True)
    make("torch._VF", **sys.modules["torch._compiled"].names)
    make("torch.tensor_", Tensor=Tensor)
    make("torch._utils")
    make("torch.ao")
    for name in ("torch.quantization", "torch.ao.quantization"):
        make(name, **quantization.names)
    make("torch.ao.nn")
    for name in ("torch.nn.quantized", "torch.ao.nn.quantized"):
        make(name, FloatFunctional=quantization.FloatFunctional)
    for name in ("functional", "init"):
        setattr(nn, name, sys.modules[f"torch.nn.{name}"])
    # Functions that torch has under its own name too, with the same first arguments.
    functional = vars(sys.modules["torch.nn.functional"])
    for name in (
        "softmax log_softmax dropout alpha_dropout feature_dropout relu relu_ selu selu_ celu celu_ rrelu prelu threshold hardshrink "
        "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d layer_norm group_norm max_pool1d max_pool2d "
        "max_pool3d avg_pool1d adaptive_avg_pool1d adaptive_max_pool1d pixel_shuffle pixel_unshuffle channel_shuffle "
        "cosine_similarity pairwise_distance bilinear pdist conv_tbc dropout_ alpha_dropout_ feature_alpha_dropout feature_alpha_dropout_ "
        "feature_dropout_ rrelu_ threshold_ native_channel_shuffle max_pool1d_with_indices rms_norm "
        "binary_cross_entropy_with_logits kl_div ctc_loss poisson_nll_loss cosine_embedding_loss hinge_embedding_loss "
        "margin_ranking_loss triplet_margin_loss"
    ).split():
        if name in functional and name not in vars(torch):
            setattr(torch, name, functional[name])
    torch.Tensor = Tensor
    torch.nn = nn
