"""The loss of connectionist temporal classification: all ways to read a text off the steps, added up by the forward algorithm."""

import math

from torch._contents import is_known, tolist
from torch._elementwise import where
from torch._functions import functions, opaque
from torch._tensor import Tensor
from torch.nn import functional as F

# More steps than this would be a graph of thousands of operations for one loss.
_MOST_STEPS = 128
# The logarithm of nothing: finite, so that sums of nothing have a gradient.
_NEVER = -1e30


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """Of log-probabilities [T, N, C] or [T, C], and the texts in rows, or one behind the other where their lengths are known."""
    is_alone = log_probs.ndim == 2
    probs = log_probs.unsqueeze(1) if is_alone else log_probs
    steps, count = probs.shape[:2]
    texts = _rows(targets, target_lengths, is_alone)
    if texts is None or not (isinstance(steps, int) and isinstance(count, int)) or steps > _MOST_STEPS:
        shape = [count] if reduction == "none" and not is_alone else []
        return opaque("torch.nn.functional.ctc_loss", [log_probs, *(one for one in (targets,) if isinstance(one, Tensor))], shape)
    until, lengths = (_whole(one).reshape(-1) for one in (input_lengths, target_lengths))
    loss = -_log_likelihood(probs, texts.long(), until, lengths, blank)
    loss = where(loss > -_NEVER / 10, 0.0 if zero_infinity else math.inf, loss)
    if reduction == "mean":
        return (loss / lengths.clamp(min=1)).mean()
    return loss.sum() if reduction == "sum" or is_alone else loss


def _whole(lengths):
    return lengths.long() if isinstance(lengths, Tensor) else functions["tensor"]([lengths] if isinstance(lengths, int) else list(lengths))


def _rows(targets, target_lengths, is_alone):
    """The texts [N, S]; None where they stand one behind the other and nobody knows how long they are."""
    if is_alone:
        return targets.reshape(1, -1)
    if targets.ndim == 2:
        return targets
    lengths = _whole(target_lengths)
    if not is_known(lengths) or not max(tolist(lengths), default=0):
        return None
    places = (lengths.cumsum(0) - lengths).unsqueeze(1) + functions["arange"](max(tolist(lengths)))
    return targets[places.clamp(max=targets.shape[0] - 1)]


def _log_likelihood(probs, texts, until, lengths, blank):
    """For each text [N]: log-probability of all ways through its labels and the blanks between them."""
    count, size = texts.shape
    blanks = functions["full_like"](texts, blank)
    labels = F.pad(functions["stack"]([blanks, texts], 2).reshape(count, 2 * size), (0, 1), value=blank)
    # A blank may be left out between labels that differ.
    skips = labels[:, 2:].ne(blank) & labels[:, 2:].ne(labels[:, :-2])
    scores = probs.gather(2, labels.unsqueeze(0).expand(probs.shape[0], count, 2 * size + 1)).unbind(0)
    ways = [where(functions["arange"](2 * size + 1) < 2, scores[0], _NEVER)]
    for score in scores[1:]:
        stays = ways[-1]
        moves = F.pad(stays[:, :-1], (1, 0), value=_NEVER)
        jumps = F.pad(where(skips, stays[:, :-2], _NEVER), (2, 0), value=_NEVER)
        ways.append(functions["stack"]([stays, moves, jumps]).logsumexp(0) + score)
    last = functions["stack"](ways).gather(0, (until - 1).view(1, count, 1).expand(1, count, 2 * size + 1)).squeeze(0)
    end = (2 * lengths).unsqueeze(1)
    in_label = where(end > 0, last.gather(1, (end - 1).clamp(min=0)), _NEVER)
    return functions["cat"]([last.gather(1, end), in_label], 1).logsumexp(1)
