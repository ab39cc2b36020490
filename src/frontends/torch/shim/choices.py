"""What distributions are, those of classes, and those of others."""

import torch
from torch._formats import Size
from torch._statistics import gumbel
from torch._tensor import Tensor


def together(*values):
    return torch.broadcast_tensors(*[one if isinstance(one, Tensor) else torch.tensor(float(one)) for one in values])


class Distribution:
    """`parameters` are tensors of the batch's shape; events are single numbers unless a subclass tells otherwise."""

    has_rsample = has_enumerate_support = False
    arg_constraints = {}
    event_shape = Size()

    def _set(self, **parameters):
        for name, tensor in zip(parameters, together(*parameters.values())):
            setattr(self, name, tensor)
        self.batch_shape = getattr(self, next(iter(parameters))).shape

    stddev = property(lambda self: self.variance.sqrt())

    def _extended_shape(self, sample_shape=()):
        return Size((*sample_shape, *self.batch_shape, *self.event_shape))

    def sample(self, sample_shape=()):
        return self.rsample(sample_shape).detach()

    def sample_n(self, n):
        return self.sample((n,))

    def expand(self, batch_shape, _instance=None):
        return self

    def prob(self, value):
        return self.log_prob(value).exp()

    def perplexity(self):
        return self.entropy().exp()


class Bernoulli(Distribution):
    def __init__(self, probs=None, logits=None, validate_args=None):
        self._set(**({"probs": probs} if logits is None else {"logits": logits}))
        if logits is None:
            self.logits = torch.logit(self.probs, eps=torch.finfo(torch.float32).eps)
        else:
            self.probs = torch.sigmoid(self.logits)

    mean = property(lambda self: self.probs)
    mode = property(lambda self: (self.probs >= 0.5).to(self.probs.dtype))
    variance = property(lambda self: self.probs * (1 - self.probs))

    def sample(self, sample_shape=()):
        return torch.bernoulli(self.probs.expand(*self._extended_shape(sample_shape))).detach()

    def log_prob(self, value):
        logits, value = torch.broadcast_tensors(self.logits, value)
        return -torch.nn.functional.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self):
        return torch.nn.functional.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")


class Categorical(Distribution):
    def __init__(self, probs=None, logits=None, validate_args=None):
        if logits is None:
            self.probs = probs / probs.sum(-1, keepdim=True)
            eps = torch.finfo(torch.float32).eps
            self.logits = self.probs.clamp(eps, 1 - eps).log()
        else:
            self.logits = logits - logits.logsumexp(-1, keepdim=True)
            self.probs = self.logits.softmax(-1)
        self.batch_shape, self._num_events = self.logits.shape[:-1], self.logits.shape[-1]

    mode = property(lambda self: self.probs.argmax(-1))

    def sample(self, sample_shape=()):
        shape = [*sample_shape, *self.logits.shape]
        return (self.logits.expand(*shape) + gumbel(shape)).argmax(-1)

    def log_prob(self, value):
        places, logits = torch.broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, places[..., :1]).squeeze(-1)

    def entropy(self):
        return -(self.logits.clamp(min=torch.finfo(torch.float32).min) * self.probs).sum(-1)


class OneHotCategorical(Categorical):
    """Classes as vectors in which one element is 1."""

    event_shape = property(lambda self: Size((self._num_events,)))
    mean = property(lambda self: self.probs)
    mode = property(lambda self: self._vector(self.probs.argmax(-1)))

    def _vector(self, classes):
        return torch.nn.functional.one_hot(classes, self._num_events).to(self.probs.dtype)

    def sample(self, sample_shape=()):
        return self._vector(super().sample(sample_shape))

    def log_prob(self, value):
        return super().log_prob(value.argmax(-1))


class OneHotCategoricalStraightThrough(OneHotCategorical):
    has_rsample = True

    def rsample(self, sample_shape=()):
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class RelaxedOneHotCategorical(Distribution):
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature, self._base = temperature, Categorical(probs, logits)
        self.logits, self.probs = self._base.logits, self._base.probs
        self.batch_shape, self.event_shape = self.logits.shape[:-1], self.logits.shape[-1:]

    def rsample(self, sample_shape=()):
        noisy = self.logits + gumbel(self._extended_shape(sample_shape))
        return (noisy / self.temperature).softmax(-1)


class RelaxedBernoulli(Distribution):
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature, self._base = temperature, Bernoulli(probs, logits)
        self.logits, self.probs, self.batch_shape = self._base.logits, self._base.probs, self._base.batch_shape

    def rsample(self, sample_shape=()):
        noise = torch.rand(*self._extended_shape(sample_shape))
        return ((self.logits + noise.log() - torch.log1p(-noise)) / self.temperature).sigmoid()


class Independent(Distribution):
    """The last axes of a batch taken to be one event."""

    def __init__(self, base_distribution, reinterpreted_batch_ndims, validate_args=None):
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        cut = len(base_distribution.batch_shape) - reinterpreted_batch_ndims
        self.batch_shape = base_distribution.batch_shape[:cut]
        self.event_shape = Size((*base_distribution.batch_shape[cut:], *base_distribution.event_shape))

    mean, mode, variance, has_rsample = (
        property(lambda self, name=name: getattr(self.base_dist, name)) for name in ("mean", "mode", "variance", "has_rsample")
    )

    def _summed(self, value):
        count = self.reinterpreted_batch_ndims
        return value.sum(list(range(-count, 0))) if count else value

    def sample(self, sample_shape=()):
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape=()):
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value):
        return self._summed(self.base_dist.log_prob(value))

    def entropy(self):
        return self._summed(self.base_dist.entropy())


class MixtureSameFamily(Distribution):
    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        self.mixture_distribution, self.component_distribution = mixture_distribution, component_distribution
        self.batch_shape, self.event_shape = component_distribution.batch_shape[:-1], component_distribution.event_shape

    def _axis(self):
        return -1 - len(self.event_shape)

    @property
    def mean(self):
        weights = self.mixture_distribution.probs.reshape(*self.mixture_distribution.probs.shape, *[1] * len(self.event_shape))
        return (weights * self.component_distribution.mean).sum(self._axis())

    def sample(self, sample_shape=()):
        drawn = self.component_distribution.sample(sample_shape)
        chosen = self.mixture_distribution.sample(sample_shape)
        places = chosen.reshape(*chosen.shape, 1, *[1] * len(self.event_shape))
        lengths = [*chosen.shape, 1, *self.event_shape]
        return drawn.gather(len(chosen.shape), places.expand(*lengths)).squeeze(self._axis())

    def log_prob(self, value):
        each = self.component_distribution.log_prob(value.unsqueeze(self._axis()))
        return torch.logsumexp(each + self.mixture_distribution.logits.log_softmax(-1), -1)
