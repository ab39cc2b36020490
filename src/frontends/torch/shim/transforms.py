"""torch.func and control flow as calls: functions of functions."""

import torch
from torch._contents import truth
from torch._functions import opaque
from torch._tensor import Tensor

# A function of more examples than these is not traced for each.
_MOST = 64


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """Calls a module with these tensors in place of its own."""
    given = [parameter_and_buffer_dicts] if isinstance(parameter_and_buffer_dicts, dict) else parameter_and_buffer_dicts
    before = []
    for path, tensor in (entry for one in given for entry in one.items()):
        owner, _, name = path.rpartition(".")
        inside = module.get_submodule(owner)
        kind = inside._buffers if name in inside._buffers else inside._parameters
        before.append((kind, name, kind.get(name)))
        kind[name] = tensor
    try:
        return module(*(args if isinstance(args, tuple) else () if args is None else (args,)), **(kwargs or {}))
    finally:
        for kind, name, tensor in reversed(before):
            kind[name] = tensor


def stack_module_state(models):
    models = list(models)
    parts = [{name: [dict(getattr(one, kind)())[name] for one in models] for name, _ in getattr(models[0], kind)()} for kind in ("named_parameters", "named_buffers")]
    return tuple({name: torch.stack(tensors) for name, tensors in part.items()} for part in parts)


def _pairs(value, dim):
    """The tensors of nested arguments, each with the axis of its examples."""
    if isinstance(value, Tensor):
        yield value, dim
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _pairs(one, dim[key] if isinstance(dim, dict) else dim)
    elif isinstance(value, (list, tuple)):
        for at, one in enumerate(value):
            yield from _pairs(one, dim[at] if isinstance(dim, (list, tuple)) else dim)


def _example(value, dim, index):
    if isinstance(value, Tensor):
        return value if dim is None else value.select(dim, index)
    if isinstance(value, dict):
        return {key: _example(one, dim[key] if isinstance(dim, dict) else dim, index) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [_example(one, dim[at] if isinstance(dim, (list, tuple)) else dim, index) for at, one in enumerate(value)]
        return type(value)(parts)
    return value


def _together(results, dim, count):
    """The examples' results as one; of those that were not traced, the shape is known."""
    first = results[0]
    if isinstance(first, dict):
        return {key: _together([one[key] for one in results], dim, count) for key in first}
    if isinstance(first, (list, tuple)):
        dims = dim if isinstance(dim, (list, tuple)) else [dim] * len(first)
        return type(first)(_together([one[at] for one in results], dims[at], count) for at in range(len(first)))
    if dim is None or not isinstance(first, Tensor):
        return first
    if len(results) == count:
        return torch.stack(results, dim)
    shape = list(first.shape)
    shape.insert(dim % (len(shape) + 1), count)
    return opaque(f"torch.vmap of {count} examples", [first], shape)


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    def mapped(*args, **kwargs):
        dims = in_dims if isinstance(in_dims, (list, tuple)) else [in_dims] * len(args)
        pairs = [pair for arg, dim in zip(args, dims) for pair in _pairs(arg, dim)] + list(_pairs(kwargs, 0))
        count = next(tensor.shape[dim] for tensor, dim in pairs if dim is not None)
        traced = count if isinstance(count, int) and count <= _MOST else 1
        results = [
            func(*[_example(arg, dim, at) for arg, dim in zip(args, dims)], **_example(kwargs, 0, at)) for at in range(traced)
        ]
        return _together(results, out_dims, count)

    return mapped


def grad(func, argnums=0, has_aux=False):
    def derivative(*args, **kwargs):
        values = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (values[0], values[1][1]) if has_aux else values[0]

    return derivative


def grad_and_value(func, argnums=0, has_aux=False):
    """The value, and gradients of which the shapes are known."""

    def both(*args, **kwargs):
        value = func(*args, **kwargs)
        of = lambda one: {key: of(part) for key, part in one.items()} if isinstance(one, dict) else opaque("torch.func.grad", [one], list(one.shape))
        wanted = of(args[argnums]) if isinstance(argnums, int) else tuple(of(args[at]) for at in argnums)
        return wanted, value

    return both


def cond(pred, true_fn, false_fn, operands=()):
    holds = truth(pred) if isinstance(pred, Tensor) else pred
    return (true_fn if holds else false_fn)(*operands)


def while_loop(cond_fn, body_fn, carried_inputs):
    while True:
        go_on = cond_fn(*carried_inputs)
        if not (truth(go_on) if isinstance(go_on, Tensor) else go_on):
            return carried_inputs
        found = body_fn(*carried_inputs)
        carried_inputs = found if isinstance(found, (list, tuple)) else (found,)


torch.vmap, torch.cond, torch.while_loop = vmap, cond, while_loop
names = {one.__name__: one for one in (functional_call, stack_module_state, vmap, grad, grad_and_value)}
