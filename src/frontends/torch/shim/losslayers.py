"""The losses of torch.nn: those of torch.nn.functional with their settings."""

from torch.nn import functional as F
from torch.nn.modules.module import Module


class _Loss(Module):
    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        self.reduction = "none" if reduce is False else "sum" if size_average is False else reduction


class _WeightedLoss(_Loss):
    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


def _layer(name, fn, tensors, base):
    """A module class whose settings are the function's arguments behind its tensors."""
    code = fn.__wrapped__.__code__
    names = code.co_varnames[tensors : code.co_argcount + code.co_kwonlyargcount]
    defaults = dict(zip(reversed(code.co_varnames[: code.co_argcount]), reversed(fn.__wrapped__.__defaults__ or ())))
    defaults |= fn.__wrapped__.__kwdefaults__ or {}
    settings = [one for one in names if one not in ("size_average", "reduce")]

    class Loss(base):
        def __init__(self, *args, **kwargs):
            given = {**defaults, **dict(zip(names, args)), **kwargs}
            _Loss.__init__(self, given.pop("size_average", None), given.pop("reduce", None), given.pop("reduction"))
            for key, value in given.items():
                if key in ("weight", "pos_weight"):
                    self.register_buffer(key, value)
                else:
                    setattr(self, key, value)

        def forward(self, *tensors):
            return fn(*tensors, **{key: getattr(self, key) for key in settings})

    Loss.__name__ = Loss.__qualname__ = name
    globals()[name] = Loss


for _name, _fn, _tensors, _base in (
    ("MSELoss", F.mse_loss, 2, _Loss),
    ("L1Loss", F.l1_loss, 2, _Loss),
    ("SmoothL1Loss", F.smooth_l1_loss, 2, _Loss),
    ("HuberLoss", F.huber_loss, 2, _Loss),
    ("KLDivLoss", F.kl_div, 2, _Loss),
    ("PoissonNLLLoss", F.poisson_nll_loss, 2, _Loss),
    ("SoftMarginLoss", F.soft_margin_loss, 2, _Loss),
    ("HingeEmbeddingLoss", F.hinge_embedding_loss, 2, _Loss),
    ("MultiLabelMarginLoss", F.multilabel_margin_loss, 2, _Loss),
    ("CrossEntropyLoss", F.cross_entropy, 2, _WeightedLoss),
    ("NLLLoss", F.nll_loss, 2, _WeightedLoss),
    ("NLLLoss2d", F.nll_loss, 2, _WeightedLoss),
    ("BCELoss", F.binary_cross_entropy, 2, _WeightedLoss),
    ("BCEWithLogitsLoss", F.binary_cross_entropy_with_logits, 2, _WeightedLoss),
    ("MultiMarginLoss", F.multi_margin_loss, 2, _WeightedLoss),
    ("MultiLabelSoftMarginLoss", F.multilabel_soft_margin_loss, 2, _WeightedLoss),
    ("GaussianNLLLoss", F.gaussian_nll_loss, 3, _Loss),
    ("MarginRankingLoss", F.margin_ranking_loss, 3, _Loss),
    ("CosineEmbeddingLoss", F.cosine_embedding_loss, 3, _Loss),
    ("TripletMarginLoss", F.triplet_margin_loss, 3, _Loss),
    ("TripletMarginWithDistanceLoss", F.triplet_margin_with_distance_loss, 3, _Loss),
    ("CTCLoss", F.ctc_loss, 4, _Loss),
):
    _layer(_name, _fn, _tensors, _base)
