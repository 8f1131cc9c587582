"""Spectral normalization: a weight divided by its largest singular value."""

import torch

from mmref.contract.spectral import check_matrix
from mmref.torch._dtype import layer_dtype


@torch.no_grad()
def power_iteration(
    weight: torch.Tensor, start: torch.Tensor, steps: int = 1, axis: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Approximate singular vectors of the largest singular value, as constants.

    Formula
        repeat: v = W^T u / |W^T u|,  u = W v / |W v|; a vector of zeros stays one

    Args
        weight: W, (O, ...), a matrix (O, I) once all axes but ``axis``, the outputs, are
            flattened. start: the first u, (O,). steps: how often to repeat.

    Returns
        u (O,) and v (I,), of unit length, without a gradient. All of u and v is NaN where an
        entry of the weight is.

    Errors
        ShapeError: a weight with fewer than two axes, a start of another length or dtype.
        ValueError: no step, or no such axis. TypeError: no tensors.

    Source
        Miyato et al. 2018, arXiv 1802.05957, algorithm 1.

    >>> u, v = power_iteration(torch.diag(torch.tensor([2.0, 4.0])), torch.ones(2), steps=50)
    >>> u.round(decimals=3), v.round(decimals=3)
    (tensor([0., 1.]), tensor([0., 1.]))
    """
    check_matrix(weight, axis, steps, torch.Tensor, layer_dtype, start=start)
    w, u = _matrix(weight, axis), start  # (O, I)
    for _ in range(steps):
        v = _unit(w.T @ u)
        u = _unit(w @ v)
    return u, v


def spectral_normalization(
    weight: torch.Tensor, left: torch.Tensor, right: torch.Tensor, axis: int = 0
) -> torch.Tensor:
    """The weight divided by an estimate of its largest singular value.

    Formula
        W / sigma,  sigma = u^T W v; W itself where sigma is 0

    Args
        weight: W, (O, ...). left, right: u (O,) and v (I,), from :func:`power_iteration`. That
            their length is 1 is the caller's to see to: one of length 2 halves the result.
        axis: that of the outputs; 1 in a transposed convolution.

    Errors
        ShapeError: a weight with fewer than two axes, vectors of another size or dtype.
        TypeError: no tensors.

    Source
        Miyato et al. 2018, arXiv 1802.05957, equation 8; the estimate: algorithm 1.

    >>> w = torch.diag(torch.tensor([2.0, 4.0]))
    >>> spectral_normalization(w, *power_iteration(w, torch.ones(2), steps=50))
    tensor([[0.5000, 0.0000],
            [0.0000, 1.0000]])
    """
    check_matrix(weight, axis, 1, torch.Tensor, layer_dtype, left=left, right=right)
    sigma = left @ _matrix(weight, axis) @ right
    return weight / sigma.masked_fill(sigma == 0, 1)


def _matrix(weight, axis):
    return weight.movedim(axis, 0).flatten(1)


def _unit(vector):
    length = vector.norm()
    return vector / length.masked_fill(length == 0, 1)
