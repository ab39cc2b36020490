"""torch.nn.AdaptiveLogSoftmaxWithLoss: classes in groups, the rare ones behind narrower layers."""

import collections

from torch._functions import functions as _t, opaque
from torch.nn import functional as F
from torch.nn.modules._containers import ModuleList, Sequential
from torch.nn.modules._convolutions import Linear
from torch.nn.modules.module import Module

_Result = collections.namedtuple("_ASMoutput", ("output", "loss"))


class AdaptiveLogSoftmaxWithLoss(Module):
    def __init__(self, in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None):
        super().__init__()
        self.in_features, self.n_classes, self.div_value, self.head_bias = in_features, n_classes, div_value, head_bias
        self.cutoffs = [*cutoffs, n_classes]
        self.shortlist_size, self.n_clusters = self.cutoffs[0], len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias)
        self.tail = ModuleList()
        for at, (start, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:])):
            width = int(in_features // (div_value ** (at + 1)))
            self.tail.append(Sequential(Linear(in_features, width, bias=False), Linear(width, end - start, bias=False)))

    def forward(self, input, target):
        """Which rows go through which layer depends on their classes: of the result, the shape is known."""
        output = opaque("torch.nn.AdaptiveLogSoftmaxWithLoss", [self.head(input), target], list(target.shape), input.dtype)
        return _Result(output, (-output).mean())

    def log_prob(self, input):
        head = F.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for at, layer in enumerate(self.tail):
            group = head[:, self.shortlist_size + at]
            parts.append(F.log_softmax(layer(input), 1) + group.unsqueeze(1))
        return _t["cat"](parts, 1)

    def predict(self, input):
        return self.log_prob(input).argmax(1)
