"""torch.distributions: what models draw from. Those that are not here are only missed where a model computes with them."""

import math
import sys

import torch
from torch import _choices, _trace
from torch._choices import Bernoulli, Categorical, Distribution, Independent
from torch._statistics import gumbel
from torch._functions import opaque
from torch._tensor import Tensor
from torch._unknown import Pending, Unknown


class _Undrawn(Distribution):
    """Of which nobody knows here how to draw; the shapes of its samples are known."""

    has_rsample = True

    def rsample(self, sample_shape=()):
        tensors = [one for one in vars(self).values() if isinstance(one, Tensor)]
        return opaque(f"torch.distributions.{type(self).__name__}.sample", tensors, list(self._extended_shape(sample_shape)))


class Normal(Distribution):
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self._set(loc=loc, scale=scale)

    mean = mode = property(lambda self: self.loc)
    stddev = property(lambda self: self.scale)
    variance = property(lambda self: self.scale**2)

    def rsample(self, sample_shape=()):
        return self.loc + torch.randn(*self._extended_shape(sample_shape)) * self.scale

    def log_prob(self, value):
        return -((value - self.loc) ** 2) / (2 * self.variance) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def entropy(self):
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()

    def cdf(self, value):
        return 0.5 * (1 + torch.erf((value - self.loc) / self.scale / math.sqrt(2)))

    def icdf(self, value):
        return self.loc + self.scale * torch.erfinv(2 * value - 1) * math.sqrt(2)


class LogNormal(Normal):
    mean = property(lambda self: (self.loc + self.scale**2 / 2).exp())
    mode = property(lambda self: (self.loc - self.scale**2).exp())
    variance = property(lambda self: ((self.scale**2).exp() - 1) * (2 * self.loc + self.scale**2).exp())
    stddev = Distribution.stddev

    def rsample(self, sample_shape=()):
        return super().rsample(sample_shape).exp()

    def log_prob(self, value):
        return Normal(self.loc, self.scale).log_prob(value.log()) - value.log()

    def entropy(self):
        return super().entropy() + self.loc


class Laplace(Distribution):
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self._set(loc=loc, scale=scale)

    mean = mode = property(lambda self: self.loc)
    variance = property(lambda self: 2 * self.scale**2)

    def rsample(self, sample_shape=()):
        side = torch.rand(*self._extended_shape(sample_shape)) - 0.5
        return self.loc - self.scale * side.sign() * torch.log1p(-2 * side.abs())

    def log_prob(self, value):
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def entropy(self):
        return 1 + (2 * self.scale).log()


class Gumbel(Distribution):
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self._set(loc=loc, scale=scale)

    mode = property(lambda self: self.loc)
    mean = property(lambda self: self.loc + self.scale * 0.5772156649015329)
    variance = property(lambda self: self.scale**2 * (math.pi**2 / 6))

    def rsample(self, sample_shape=()):
        return self.loc + self.scale * gumbel(self._extended_shape(sample_shape))

    def log_prob(self, value):
        distance = (self.loc - value) / self.scale
        return distance - distance.exp() - self.scale.log()


class Uniform(Distribution):
    has_rsample = True

    def __init__(self, low, high, validate_args=None):
        self._set(low=low, high=high)

    mean = property(lambda self: (self.high + self.low) / 2)
    variance = property(lambda self: (self.high - self.low) ** 2 / 12)

    def rsample(self, sample_shape=()):
        return self.low + torch.rand(*self._extended_shape(sample_shape)) * (self.high - self.low)

    def log_prob(self, value):
        inside = (self.low <= value) & (self.high > value)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def entropy(self):
        return (self.high - self.low).log()


class Exponential(Distribution):
    has_rsample = True

    def __init__(self, rate, validate_args=None):
        self._set(rate=rate)

    mean = stddev = property(lambda self: 1 / self.rate)
    variance = property(lambda self: self.rate**-2)

    def rsample(self, sample_shape=()):
        return -torch.rand(*self._extended_shape(sample_shape)).log() / self.rate

    def log_prob(self, value):
        return self.rate.log() - self.rate * value

    def entropy(self):
        return 1 - self.rate.log()


class Gamma(_Undrawn):
    def __init__(self, concentration, rate, validate_args=None):
        self._set(concentration=concentration, rate=rate)

    mean = property(lambda self: self.concentration / self.rate)
    variance = property(lambda self: self.concentration / self.rate**2)

    def log_prob(self, value):
        shape, rate = self.concentration, self.rate
        return torch.xlogy(shape, rate) + torch.xlogy(shape - 1, value) - rate * value - torch.lgamma(shape)


class Beta(_Undrawn):
    def __init__(self, concentration1, concentration0, validate_args=None):
        self._set(concentration1=concentration1, concentration0=concentration0)

    mean = property(lambda self: self.concentration1 / (self.concentration1 + self.concentration0))

    def log_prob(self, value):
        a, b = self.concentration1, self.concentration0
        return torch.xlogy(a - 1, value) + torch.xlogy(b - 1, 1 - value) + torch.lgamma(a + b) - torch.lgamma(a) - torch.lgamma(b)


class Dirichlet(_Undrawn):
    def __init__(self, concentration, validate_args=None):
        self.concentration = concentration
        self.batch_shape, self.event_shape = concentration.shape[:-1], concentration.shape[-1:]

    mean = property(lambda self: self.concentration / self.concentration.sum(-1, True))

    def log_prob(self, value):
        shape = self.concentration
        return torch.xlogy(shape - 1, value).sum(-1) + torch.lgamma(shape.sum(-1)) - torch.lgamma(shape).sum(-1)


class MultivariateNormal(Distribution):
    has_rsample = True

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        self._given = covariance_matrix, precision_matrix, scale_tril
        given = next(one for one in self._given if one is not None)
        self.batch_shape, self.event_shape = torch.broadcast_shapes(given.shape[:-2], loc.shape[:-1]), loc.shape[-1:]
        self.loc = loc.expand(*self.batch_shape, *self.event_shape)

    mean = mode = property(lambda self: self.loc)

    @property
    def scale_tril(self):
        covariance, precision, triangle = self._given
        if triangle is not None:
            return triangle
        return torch.linalg.cholesky(covariance if covariance is not None else torch.linalg.inv(precision))

    @property
    def covariance_matrix(self):
        triangle = self.scale_tril
        return triangle @ triangle.mT if self._given[0] is None else self._given[0]

    def rsample(self, sample_shape=()):
        noise = torch.randn(*self._extended_shape(sample_shape))
        return self.loc + (self.scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value):
        tensors = [value, self.loc, *[one for one in self._given if one is not None]]
        shape = torch.broadcast_shapes(value.shape[:-1], self.batch_shape)
        return opaque("torch.distributions.MultivariateNormal.log_prob", tensors, list(shape))

    def entropy(self):
        width = self.event_shape[0]
        return self.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * width * (1 + math.log(2 * math.pi))


def kl_divergence(p, q):
    if type(p) is Normal and type(q) is Normal:
        ratio = (p.scale / q.scale) ** 2
        return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())
    if isinstance(p, Independent) and isinstance(q, Independent):
        return p._summed(kl_divergence(p.base_dist, q.base_dist))
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        return (p.probs * (p.logits - q.logits)).sum(-1)
    if isinstance(p, Bernoulli) and isinstance(q, Bernoulli):
        softplus = torch.nn.functional.softplus
        of_one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
        return of_one + (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    tensors = [one for each in (p, q) for one in vars(each).values() if isinstance(one, Tensor)]
    return opaque("torch.distributions.kl_divergence", tensors, list(torch.broadcast_shapes(p.batch_shape, q.batch_shape)))


names = {name: value for name, value in {**vars(_choices), **globals()}.items() if isinstance(value, type) and issubclass(value, Distribution) and name[0] != "_"}
names["kl_divergence"] = kl_divergence


class _Missing(Unknown):
    """A distribution that may be built for nothing: it is reported where a model makes something of it."""

    def __call__(self, *args, **kwargs):
        message = f"Skipscope does not know {self._name}."
        return Unknown(f"{self._name}()", Pending("unknown-operation", message, _trace.capture(2)))


def other(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return sys.modules.get(f"torch.distributions.{name}") or _Missing(f"torch.distributions.{name}")
