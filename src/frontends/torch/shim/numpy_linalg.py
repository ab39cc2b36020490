"""numpy's linear algebra, as far as model code computes constants with it."""

import math

import numpy
from numpy._ndarray import _absorb, array
from torch._unknown import missing


def norm(value, ord=None, axis=None, keepdims=False):
    value = array(value)
    if ord in (None, 2, "fro") and (ord != 2 or value.ndim == 1 or axis is not None):
        return numpy.sqrt(numpy.sum(value * value, axis, keepdims))
    if ord in (1, math.inf) and (value.ndim == 1 or axis is not None):
        return (numpy.sum if ord == 1 else numpy.max)(numpy.abs(value), axis, keepdims)
    return missing("numpy.linalg")("norm")()


def _eliminated(value, other):
    """The determinant, and the solution for each column of `other`, by Gauss' elimination with the largest pivots."""
    rows = [[*a, *b] for a, b in zip(value.tolist(), other.tolist())]
    size, determinant = len(rows), 1.0
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        if not rows[pivot][at]:
            return 0.0, None
        if pivot != at:
            rows[at], rows[pivot], determinant = rows[pivot], rows[at], -determinant
        determinant *= rows[at][at]
        rows[at] = [one / rows[at][at] for one in rows[at]]
        for row in range(size):
            factor = rows[row][at]
            if row != at and factor:
                rows[row] = [one - factor * own for one, own in zip(rows[row], rows[at])]
    return determinant, array([row[size:] for row in rows])


class LinAlgError(ValueError):
    """What numpy raises of a matrix that has no inverse."""


def det(value):
    value = array(value)
    return _eliminated(value, value)[0]


def solve(value, other):
    other = array(other)
    found = _eliminated(array(value), other.reshape(other.shape[0], -1))[1]
    if found is None:
        raise LinAlgError("Singular matrix")
    return found.reshape(other.shape)


def inv(value):
    return solve(value, numpy.eye(array(value).shape[0]))


def qr(value):
    """Q, whose columns are orthonormal, and R, by Gram and Schmidt: up to the signs that LAPACK chooses."""
    columns = []
    for column in array(value).transpose():
        for own in columns:
            column = column - own * numpy.sum(own * column)
        length = norm(column)
        columns.append(column / length if length else column)
    q = numpy.stack(columns, 1)
    return q, numpy.matmul(q.transpose(), value)


def multi_dot(values):
    first, *rest = values
    for one in rest:
        first = numpy.matmul(first, one)
    return first


_absorb(globals())
__getattr__ = missing("numpy.linalg")
