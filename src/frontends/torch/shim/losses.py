"""The losses of torch.nn.functional."""

import functools
import math

from torch import _trace
from torch._derived import pick_losses
from torch._elementwise import where
from torch._functions import functions
from torch._tensor import Tensor
from torch.nn._ctc import ctc_loss
from torch.nn import functional as F


def _loss(fn):
    """Adds a loss to torch.nn.functional; what older versions of torch call `reduction` is understood too."""
    names = fn.__code__.co_varnames[: fn.__code__.co_argcount + fn.__code__.co_kwonlyargcount]

    @functools.wraps(fn)
    def apply(*args, **kwargs):
        given = {**dict(zip(names, args)), **kwargs}
        if given.get("reduce") is False:
            given["reduction"] = "none"
        elif given.get("size_average") is False:
            given["reduction"] = "sum"
        return fn(**{name: _widened(value) for name, value in given.items()} if _trace.autocast else given)

    setattr(F, fn.__name__, apply)
    return apply


def _widened(value):
    """Losses work in float32 where formats are chosen for them."""
    return value.float() if isinstance(value, Tensor) and value.dtype.itemsize == 2 and value.dtype.is_floating_point else value


def _reduced(value, reduction):
    if reduction == "none":
        return value
    return value.mean() if reduction in ("mean", "elementwise_mean") else value.sum()


def _hinge(value):
    return value.clamp(min=0)


@_loss
def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    axis = 0 if input.ndim == 1 else 1
    if target.dtype.is_floating_point:
        return _soft_cross_entropy(F.log_softmax(input, axis), target, weight, axis, reduction, label_smoothing)
    return pick_losses(F.log_softmax(input, axis), target, weight, ignore_index, label_smoothing, reduction)


def _soft_cross_entropy(logs, chances, weight, axis, reduction, smoothing):
    """Of probabilities of the classes in place of their numbers."""
    classes = logs.shape[axis]
    if smoothing:
        chances = chances * (1 - smoothing) + smoothing / classes
    if weight is not None:
        chances = chances * weight.view(*[-1 if at == axis else 1 for at in range(logs.ndim)])
    losses = -(logs * chances).sum(axis)
    return _reduced(losses, reduction)


@_loss
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    return pick_losses(input, target, weight, ignore_index, 0, reduction)


@_loss
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    return _reduced((input - target) ** 2, reduction)


@_loss
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    return _reduced((input - target).abs(), reduction)


@_loss
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    error = (input - target).abs()
    if beta == 0:
        return _reduced(error, reduction)
    return _reduced(where(error < beta, error**2 * (0.5 / beta), error - 0.5 * beta), reduction)


@_loss
def huber_loss(input, target, reduction="mean", delta=1.0):
    error = (input - target).abs()
    return _reduced(where(error < delta, error**2 * 0.5, (error - 0.5 * delta) * delta), reduction)


@_loss
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    value = -(target * input.log() + (1 - target) * (1 - input).log())
    return _reduced(value if weight is None else value * weight, reduction)


@_loss
def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    if pos_weight is None:
        value = F.relu(input) - input * target + F.softplus(-input.abs())
    else:
        value = (1 - target) * input + (1 + (pos_weight - 1) * target) * F.softplus(-input)
    return _reduced(value if weight is None else value * weight, reduction)


@_loss
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    value = target.exp() * (target - input) if log_target else functions["xlogy"](target, target) - target * input
    return value.sum() / input.shape[0] if reduction == "batchmean" else _reduced(value, reduction)


@_loss
def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction="mean"):
    value = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        many = where(target > 1, target, 1.0)
        stirling = many * many.log() - many + 0.5 * (many * (2 * math.pi)).log()
        value = value + where(target > 1, stirling, 0.0)
    return _reduced(value, reduction)


@_loss
def gaussian_nll_loss(input, target, var, full=False, eps=1e-06, reduction="mean"):
    if isinstance(var, Tensor) and var.ndim + 1 == input.ndim:
        var = var.unsqueeze(-1)
    variance = var + (var.clamp(min=eps) - var).detach() if isinstance(var, Tensor) else functions["tensor"](float(max(var, eps)))
    value = 0.5 * (variance.log() + (input - target) ** 2 / variance)
    return _reduced(value + 0.5 * math.log(2 * math.pi) if full else value, reduction)


@_loss
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    return _reduced(F.softplus(-target * input), reduction)


@_loss
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    return _reduced(where(target != -1, input, 0.0) + where(target != 1, _hinge(margin - input), 0.0), reduction)


@_loss
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    return _reduced(_hinge(-target * (input1 - input2) + margin), reduction)


@_loss
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    length = lambda rows: (rows * rows).sum(-1) + 1e-12
    cosine = (input1 * input2).sum(-1) / (length(input1) * length(input2)).sqrt()
    value = where(target == 1, 1 - cosine, 0.0) + where(target == -1, _hinge(cosine - margin), 0.0)
    return _reduced(value, reduction)


@_loss
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-06, swap=False, size_average=None, reduce=None, reduction="mean"):
    distance = lambda one, other: F.pairwise_distance(one, other, p, eps)
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


@_loss
def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
    distance = distance_function or F.pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = functions["minimum"](far, distance(positive, negative))
    return _reduced(_hinge(near - far + margin), reduction)


@_loss
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    rows, classes = (input, target) if input.ndim == 2 else (input.unsqueeze(0), target.reshape(1))
    others = rows.shape[1]
    value = _hinge(margin - rows.gather(1, classes.unsqueeze(1)) + rows) ** p
    if weight is not None:
        value = value * weight[classes].unsqueeze(1)
    value = value * (classes.unsqueeze(1) != functions["arange"](others))
    value = value.sum(1) / others
    return _reduced(value if input.ndim == 2 else value[0], reduction)


@_loss
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """The classes of each row stand before its first negative number."""
    is_given = (target >= 0).to(input.dtype).cumprod(-1)
    classes = where(is_given != 0, target, 0)
    is_class = functions["scatter_reduce"](functions["zeros_like"](input), -1, classes, is_given, "amax")
    margins = _hinge(1 - input.gather(-1, classes).unsqueeze(-1) + input.unsqueeze(-2))
    counted = margins * is_given.unsqueeze(-1) * (1 - is_class).unsqueeze(-2)
    return _reduced(counted.sum((-2, -1)) / input.shape[-1], reduction)


@_loss
def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    value = -(target * F.logsigmoid(input) + (1 - target) * F.logsigmoid(-input))
    value = value if weight is None else value * weight
    return _reduced(value.mean(-1), reduction)


ctc_loss = _loss(ctc_loss)
