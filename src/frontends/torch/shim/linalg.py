"""Linear algebra. What takes a matrix apart is not computed; the shapes of its parts are known."""

import torch
from torch._complex import Complex
from torch._formats import DTYPES, is_static
from torch._fresh import is_fresh
from torch._functions import both, functions, named_results, opaque, unknown_call
from torch._tensor import Tensor, leaf
from torch._unknown import Unknown

COMPLEX, INT32, INT64 = DTYPES["complex64"], DTYPES["int32"], DTYPES["int64"]


def _made(name, input, shape, kind):
    if kind is COMPLEX:
        return Complex(opaque(name, [input], shape), opaque(name, [input], shape))
    return opaque(name, [input], shape, kind)


def _apart(name, shapes, results=None, dtypes=()):
    """
    A call that gives tensors of the shapes `shapes(batch, m, n)`, for a matrix of m rows and n columns, and of the types `dtypes`
    where they are not its own.
    """

    def compute(input, *args, **kwargs):
        if not is_static(input._shape) or input.ndim < 2:
            return unknown_call(f"torch.linalg.{name}", [input])
        *batch, m, n = input._shape
        kinds = [*dtypes, *[None] * 9]
        made = [_made(f"torch.linalg.{name}", input, shape, kind) for shape, kind in zip(shapes(batch, m, n), kinds)]
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


def _solving(name, at=1):
    """A call whose result has the shape of its argument at that place: the right-hand side of what is solved."""

    def compute(*args, **kwargs):
        given = [one for one in args if isinstance(one, Tensor)]
        side = args[at]
        return opaque(name, given, list(side._shape)) if is_static(side._shape) else unknown_call(name, given)

    return compute


solve = _solving("torch.linalg.solve")


def _inverse_of(input, ind=2):
    return opaque("torch.linalg.tensorinv", [input], [*input.shape[ind:], *input.shape[:ind]])


def _tensorsolve(A, B, dims=None):
    return opaque("torch.linalg.tensorsolve", [A, B], list(A.shape[B.ndim :]))


def _with_info(fn, names):
    return lambda *args, **kwargs: named_results(names, (fn(*args, **kwargs), _zero_info(args[0])))


def _zero_info(input):
    """Nothing went wrong."""
    return torch.zeros(*input.shape[:-2], dtype=INT32)


def _vecdot(x, y, *, dim=-1):
    return (x * y).sum(dim)


def _low_rank(name, q):
    def compute(A, q=q, *args, **kwargs):
        *batch, m, n = A.shape
        shapes = [*batch, m, q], [*batch, q], [*batch, n, q]
        return tuple([opaque(f"torch.{name}", [A], shape) for shape in shapes])

    return compute


def _lu(input, *, pivot=True, out=None):
    """As torch.lu gives it: both triangles in one, and the rows in their order."""
    found = _lu_factor(input)
    return found.LU, found.pivots


def _triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):
    found = (opaque("torch.triangular_solve", [b, A], list(b.shape)), opaque("torch.triangular_solve", [A], list(A.shape)))
    return named_results(("solution", "cloned_coefficient"), found)


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
_lu_factor = _apart("lu_factor", lambda batch, m, n: ([*batch, m, n], [*batch, min(m, n)]), ("LU", "pivots"), (None, INT32))
_ldl_factor = _apart("ldl_factor", lambda batch, m, n: ([*batch, n, n], [*batch, n]), ("LD", "pivots"), (None, INT32))
_eig = _apart("eig", lambda batch, m, n: ([*batch, n], [*batch, n, n]), ("eigenvalues", "eigenvectors"), (COMPLEX, COMPLEX))
_parts_of_lu = lambda batch, m, n: ([*batch, m, m], [*batch, m, min(m, n)], [*batch, min(m, n), n])
names = {
    "eig": _eig,
    "eigvals": _apart("eigvals", lambda batch, m, n: ([*batch, n],), None, (COMPLEX,)),
    "lu": _apart("lu", _parts_of_lu, ("P", "L", "U")),
    "lu_factor": _lu_factor,
    "lu_factor_ex": lambda input, **kwargs: named_results(("LU", "pivots", "info"), (*_lu_factor(input), _zero_info(input))),
    "ldl_factor": _ldl_factor,
    "ldl_factor_ex": lambda input, **kwargs: named_results(("LD", "pivots", "info"), (*_ldl_factor(input), _zero_info(input))),
    "lu_solve": _solving("torch.linalg.lu_solve", 2),
    "ldl_solve": _solving("torch.linalg.ldl_solve", 2),
    "solve_triangular": _solving("torch.linalg.solve_triangular"),
    "solve_ex": _with_info(solve, ("result", "info")),
    "inv_ex": _with_info(_inv, ("inverse", "info")),
    "cholesky_ex": _with_info(_cholesky, ("L", "info")),
    "matrix_exp": _apart("matrix_exp", _same),
    "matrix_rank": _apart("matrix_rank", _number, None, (INT64,)),
    "cond": _apart("cond", _number),
    "householder_product": _apart("householder_product", _same),
    "tensorinv": _inverse_of,
    "tensorsolve": _tensorsolve,
    "matmul": torch.matmul,
    "vecdot": _vecdot,
    "vander": lambda x, N=None: torch.vander(x, N, increasing=True),
    "diagonal": lambda A, offset=0, dim1=-2, dim2=-1: torch.diagonal(A, offset, dim1, dim2),
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
    "cholesky_inverse": _apart("cholesky_inverse", _same),
    "cholesky_solve": _solving("torch.cholesky_solve", 0),
    "lu": _lu,
    "lu_solve": _solving("torch.lu_solve", 0),
    "lu_unpack": lambda LU_data, LU_pivots, **kwargs: names["lu"](LU_data),
    "triangular_solve": _triangular_solve,
    "matrix_exp": names["matrix_exp"],
    "orgqr": names["householder_product"],
    "geqrf": _apart("geqrf", lambda batch, m, n: ([*batch, m, n], [*batch, min(m, n)]), ("a", "tau")),
    "svd_lowrank": _low_rank("svd_lowrank", 6),
    "pca_lowrank": _low_rank("pca_lowrank", 6),
    "frobenius_norm": lambda input, dim=None, keepdim=False: torch.norm(input, 2, dim, keepdim),
    "nuclear_norm": _apart("nuclear_norm", _number),
}.items():
    both(_name)(_fn)
    setattr(torch, _name, functions[_name])
