"""torch.nn.utils: parameters as one vector, layers folded into one another, and what only training needs."""

import copy

import torch
from torch.nn import _parametrising
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter


def parameters_to_vector(parameters):
    return torch.cat([one.reshape(-1) for one in parameters])


def vector_to_parameters(vec, parameters):
    start = 0
    for one in parameters:
        count = one.numel()
        one.data = vec[start : start + count].reshape(list(one.shape))
        start += count


def skip_init(module_cls, *args, **kwargs):
    return module_cls(*args, **{key: value for key, value in kwargs.items() if key != "device"})


def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    return torch.stack([one.norm(norm_type) for one in tensors]).norm(norm_type)


def _scale(bn_rv, bn_eps, bn_w):
    return torch.rsqrt(bn_rv + bn_eps) * (1.0 if bn_w is None else bn_w)


def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose=False):
    """Weight and bias of a convolution that does what it and the normalisation behind it did."""
    scale = _scale(bn_rv, bn_eps, bn_w)
    shape = [1] * conv_w.ndim
    shape[1 if transpose else 0] = -1
    return Parameter(conv_w * scale.reshape(shape)), Parameter(_shifted(conv_b, bn_rm, scale, bn_b))


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    scale = _scale(bn_rv, bn_eps, bn_w)
    return Parameter(linear_w * scale.unsqueeze(-1)), Parameter(_shifted(linear_b, bn_rm, scale, bn_b))


def _shifted(bias, mean, scale, shift):
    shifted = (-mean if bias is None else bias - mean) * scale
    return shifted if shift is None else shifted + shift


def _folded(fuse):
    def fold(layer, bn, *args):
        fused = copy.deepcopy(layer)
        statistics = bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
        fused.weight, fused.bias = fuse(fused.weight, fused.bias, *statistics, *args)
        return fused

    return fold


def _unchanged(module: Module, *args, **kwargs):
    return module


names = {
    "parameters_to_vector": parameters_to_vector,
    "vector_to_parameters": vector_to_parameters,
    "skip_init": skip_init,
    "get_total_norm": get_total_norm,
    "fuse_conv_bn_weights": fuse_conv_bn_weights,
    "fuse_linear_bn_weights": fuse_linear_bn_weights,
    "fuse_conv_bn_eval": _folded(fuse_conv_bn_weights),
    "fuse_linear_bn_eval": _folded(fuse_linear_bn_weights),
    "convert_conv2d_weight_memory_format": _unchanged,
    "convert_conv3d_weight_memory_format": _unchanged,
    **{name: getattr(_parametrising, name) for name in "weight_norm remove_weight_norm spectral_norm remove_spectral_norm".split()},
    # Gradients are not computed in Python.
    **{name: lambda *args, **kwargs: None for name in "clip_grad_norm clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_".split()},
}
