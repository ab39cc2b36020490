"""torch.nn.attention: attention whose scores a function changes, and masks that functions of places describe."""

import math

import torch
from torch._unknown import missing


class BlockMask:
    """Which queries see which keys; blocks that are hidden as a whole are not told apart from others."""

    def __init__(self, mask_mod, shape):
        self.mask_mod, self.shape, self.seq_lengths = mask_mod, shape, tuple(shape[-2:])

    def numel(self):
        return math.prod(self.shape)

    def to(self, device):
        return self

    def __getattr__(self, name):
        return missing("torch.nn.attention.flex_attention.BlockMask")(name)


def noop_mask(batch, head, q_idx, kv_idx):
    return torch.ones((), dtype=torch.bool)


def create_block_mask(mask_mod, B, H, Q_LEN, KV_LEN, device="cuda", BLOCK_SIZE=128, _compile=False, **options):
    return BlockMask(mask_mod, (B or 1, H or 1, Q_LEN, KV_LEN))


def _places(lengths):
    """Numbers along each axis, shaped so that a function of single places computes all of them."""
    return [torch.arange(length).view(*[-1 if at == axis else 1 for at in range(len(lengths))]) for axis, length in enumerate(lengths)]


def create_mask(mod_fn, B, H, Q_LEN, KV_LEN, device="cuda"):
    shape = (B or 1, H or 1, Q_LEN, KV_LEN)
    return mod_fn(*_places(shape)).expand(*shape)


def flex_attention(
    query, key, value, score_mod=None, block_mask=None, scale=None, enable_gqa=False, return_lse=False, kernel_options=None, *, return_aux=None
):
    if score_mod is None and block_mask is None and not return_lse and return_aux is None:
        return torch.nn.functional.scaled_dot_product_attention(query, key, value, scale=scale, enable_gqa=enable_gqa)
    if enable_gqa:
        key, value = (one.repeat_interleave(query.shape[1] // one.shape[1], 1) for one in (key, value))
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    places = _places(scores.shape)
    if score_mod is not None:
        scores = score_mod(scores, *places)
    if block_mask is not None:
        scores = scores.masked_fill(~block_mask.mask_mod(*places), -math.inf)
    result = scores.softmax(-1) @ value
    return (result, scores.logsumexp(-1)) if return_lse else result


def _joined(combine):
    def join(*mask_mods):
        def mask(*places):
            found = [one(*places) for one in mask_mods]
            whole = found[0]
            for one in found[1:]:
                whole = combine(whole, one)
            return whole

        return mask

    return join


def _causal(offset):
    """A mask of queries that see the keys up to their own place, where both end or begin at the same place."""
    return lambda rows, columns: torch.ones(rows, columns, dtype=torch.bool).tril(offset(rows, columns))


names = {
    "BlockMask": BlockMask,
    "flex_attention": flex_attention,
    "create_block_mask": create_block_mask,
    "create_mask": create_mask,
    "noop_mask": noop_mask,
    "and_masks": _joined(lambda a, b: a & b),
    "or_masks": _joined(lambda a, b: a | b),
}
biases = {"causal_upper_left": _causal(lambda rows, columns: 0), "causal_lower_right": _causal(lambda rows, columns: columns - rows)}
