"""Attention in torch.nn.functional, and products of rows with the matrices of their groups."""

import math

from torch._formats import is_static
from torch._functions import functions, unknown_call
from torch._tensor import call, several
from torch._unknown import UnknownShape
from torch.nn import functional as F

_P = "torch.nn.functional."


def grouped_mm(mat_a, mat_b, *, offs=None, bias=None, out_dtype=None):
    """
    Rows by the matrix of their group, where groups end at `offs`. Which group a row is in is known at run time only, so each row
    picks its matrix: as many products as torch computes.
    """
    if offs is None and mat_a.ndim == mat_b.ndim == 3:
        return mat_a @ mat_b
    if mat_a.ndim != 2 or mat_b.ndim != 3 or bias is not None:
        return unknown_call(f"{_P}grouped_mm", [mat_a, mat_b])
    rows = functions["arange"](mat_a._shape[0])
    group = (rows.unsqueeze(1) >= offs.unsqueeze(0)).sum(1).clamp(max=mat_b._shape[0] - 1)
    return (mat_a.unsqueeze(1) @ mat_b[group]).squeeze(1)


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    return call(
        "scaled_dot_product_attention",
        [query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa],
        f"{_P}scaled_dot_product_attention",
    )


def _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads):
    """Whether the query is a batch of sequences; refuses one that is neither that nor a sequence by itself."""
    if not isinstance(query._shape, UnknownShape) and query.ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {query.ndim}-D query tensor")
    return query.ndim == 3


def multi_head_attention_forward(
    query,
    key,
    value,
    embed_dim_to_check,
    num_heads,
    in_proj_weight,
    in_proj_bias,
    bias_k,
    bias_v,
    add_zero_attn,
    dropout_p,
    out_proj_weight,
    out_proj_bias,
    training=True,
    key_padding_mask=None,
    need_weights=True,
    attn_mask=None,
    use_separate_proj_weight=False,
    q_proj_weight=None,
    k_proj_weight=None,
    v_proj_weight=None,
    static_k=None,
    static_v=None,
    average_attn_weights=True,
    is_causal=False,
):
    """Attention over [length, batch, width], as torch's own function composes it."""
    width = embed_dim_to_check
    if not use_separate_proj_weight:
        if query is key and key is value:
            q, k, v = F.linear(query, in_proj_weight, in_proj_bias).chunk(3, -1)
        else:
            weights = several(in_proj_weight.chunk(3), 3)
            biases = (None,) * 3 if in_proj_bias is None else several(in_proj_bias.chunk(3), 3)
            q, k, v = (F.linear(one, w, b) for one, w, b in zip((query, key, value), weights, biases))
    else:
        biases = (None,) * 3 if in_proj_bias is None else several(in_proj_bias.chunk(3), 3)
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = (F.linear(one, w, b) for one, w, b in zip((query, key, value), weights, biases))
    length, batch = query.shape[0], query.shape[1]
    head = width // num_heads
    if bias_k is not None:
        k = functions["cat"]([k, bias_k.expand(1, batch, width)])
        v = functions["cat"]([v, bias_v.expand(1, batch, width)])
    source = k.shape[0]
    q = q.reshape(length, batch * num_heads, head).transpose(0, 1)
    k = k.reshape(source, batch * num_heads, head).transpose(0, 1)
    v = v.reshape(source, batch * num_heads, head).transpose(0, 1)
    scores = (q / math.sqrt(head)) @ k.transpose(-2, -1)
    if attn_mask is not None:
        if is_static(attn_mask.shape) and is_static(scores.shape):
            wanted = scores.shape if attn_mask.ndim == 3 else scores.shape[1:]
            if tuple(attn_mask.shape) != tuple(wanted):
                raise RuntimeError(f"The shape of the attn_mask is {tuple(attn_mask.shape)}, but should be {tuple(wanted)}.")
        if attn_mask.dtype.name == "bool":
            scores = scores.masked_fill(attn_mask, -math.inf)
        else:
            scores = scores + attn_mask
    if key_padding_mask is not None:
        mask = key_padding_mask.view(batch, 1, 1, source).expand(-1, num_heads, -1, -1).reshape(batch * num_heads, 1, source)
        scores = scores.masked_fill(mask, -math.inf) if mask.dtype.name == "bool" else scores + mask
    weights = F.softmax(scores, -1)
    if dropout_p > 0.0 and training:
        weights = F.dropout(weights, dropout_p)
    mixed = (weights @ v).transpose(0, 1).reshape(length, batch, width)
    out = F.linear(mixed, out_proj_weight, out_proj_bias)
    if not need_weights:
        return out, None
    weights = weights.view(batch, num_heads, length, source)
    return out, weights.mean(1) if average_attn_weights else weights


for _fn in (grouped_mm, scaled_dot_product_attention, _mha_shape_check, multi_head_attention_forward):
    setattr(F, _fn.__name__, _fn)
