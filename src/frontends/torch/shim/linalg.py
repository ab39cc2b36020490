"""Linear algebra. What takes a matrix apart is not computed; the shapes of its parts are known."""

import torch
from torch._creation import is_fresh
from torch._functions import both, functions, named_results, opaque, unknown_call
from torch._tensor import is_static, leaf
from torch._unknown import Unknown


def _apart(name, shapes, results=None, dtypes=()):
    """A call that gives tensors of the shapes `shapes(batch, m, n)`, for a matrix of m rows and n columns."""

    def compute(input, *args, **kwargs):
        if not is_static(input._shape) or input.ndim < 2:
            return unknown_call(f"torch.linalg.{name}", [input])
        *batch, m, n = input._shape
        made = [opaque(f"torch.linalg.{name}", [input], shape) for shape in shapes(batch, m, n)]
        return named_results(results, tuple(made)) if results else made[0]

    return compute


def _qr(input, mode="reduced"):
    k = min(input.shape[-2:])
    init = input._storage.init if is_fresh(input) and input.ndim == 2 and input.shape[0] >= k else None
    if init and init["kind"] == "normal" and init["mean"] == 0 and input._storage.known is None:
        # Of numbers drawn from a normal distribution, Q is any orthogonal matrix as likely as any other.
        q = leaf([input.shape[0], k], {"kind": "orthogonal", "gain": 1.0}, input.dtype)
        return named_results(("Q", "R"), (q, leaf([k, input.shape[1]], {"kind": "unknown"}, input.dtype)))
    return _parts_of_qr(input)


_parts_of_qr = _apart("qr", lambda batch, m, n: ([*batch, m, min(m, n)], [*batch, min(m, n), n]), ("Q", "R"))


def _svd(name, last):
    def shapes(batch, m, n):
        k = min(m, n)
        return [*batch, m, k], [*batch, k], [*batch, n, k] if last == "V" else [*batch, k, n]

    return _apart(name, shapes, ("U", "S", last))


def solve(a, b, **kwargs):
    return opaque("torch.linalg.solve", [b, a], b.shape) if is_static(b._shape) else unknown_call("torch.linalg.solve", [b, a])


def lstsq(a, b, rcond=None, *, driver=None):
    shape = [*b._shape[:-2], a._shape[-1], b._shape[-1]]
    solution = opaque("torch.linalg.lstsq", [a, b], shape) if is_static(a._shape) and is_static(b._shape) else unknown_call("torch.linalg.lstsq", [a, b])
    rest = [Unknown(f"torch.linalg.lstsq().{name}", True) for name in ("residuals", "rank", "singular_values")]
    return named_results(("solution", "residuals", "rank", "singular_values"), (solution, *rest))


def norm(input, ord=None, dim=None, keepdim=False, *, dtype=None):
    return torch.norm(input, 2 if ord is None else ord, dim, keepdim)


_same, _turned, _number = (lambda batch, m, n: ([*batch, m, n],)), (lambda batch, m, n: ([*batch, n, m],)), (lambda batch, m, n: (batch,))
_det, _slogdet = _apart("det", _number), _apart("slogdet", lambda batch, m, n: (batch, batch), ("sign", "logabsdet"))
_inv, _pinv, _cholesky = _apart("inv", _same), _apart("pinv", _turned), _apart("cholesky", _same)
names = {
    "norm": norm,
    "vector_norm": norm,
    "matrix_norm": lambda input, ord="fro", dim=(-2, -1), keepdim=False: torch.norm(input, ord, dim, keepdim),
    "multi_dot": lambda tensors: torch.chain_matmul(*tensors),
    "cross": torch.cross,
    "matrix_power": torch.matrix_power,
    "qr": _qr,
    "svd": _svd("svd", "Vh"),
    "svdvals": _apart("svdvals", lambda batch, m, n: ([*batch, min(m, n)],)),
    "eigh": _apart("eigh", lambda batch, m, n: ([*batch, n], [*batch, n, n]), ("eigenvalues", "eigenvectors")),
    "eigvalsh": _apart("eigvalsh", lambda batch, m, n: ([*batch, n],)),
    "det": _det,
    "slogdet": _slogdet,
    "inv": _inv,
    "pinv": _pinv,
    "cholesky": _cholesky,
    "solve": solve,
    "lstsq": lstsq,
}
for _name, _fn in {
    "qr": lambda input, some=True: _qr(input),
    "svd": _svd("svd", "V"),
    "det": _det,
    "slogdet": _slogdet,
    "logdet": _apart("logdet", _number),
    "inverse": _inv,
    "pinverse": _pinv,
    "cholesky": _cholesky,
}.items():
    both(_name)(_fn)
vars(torch).update({name: functions[name] for name in ("qr", "svd", "det", "slogdet", "logdet", "inverse", "pinverse", "cholesky")})
