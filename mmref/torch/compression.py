"""Making a network smaller: fewer bits, fewer weights, a smaller student, thinner matrices
(contract: ``mmref.contract.compression``)."""

import torch

from mmref.contract.compression import (
    check_distilled,
    check_grid,
    check_low_rank,
    check_quantized,
    check_weights,
    grid_of,
)


def quantization_grid(x: torch.Tensor, bits: int = 8, symmetric: bool = False) -> tuple[float, int]:
    """The scale and the zero point of the grid that spans some numbers.

    Formula
        l = -2^(bits-1),  h = 2^(bits-1) - 1,  a = min(0, min x),  b = max(0, max x)
        s = (b - a) / (h - l),  z = l - round(a / s);  symmetric: s = max(-a, b) / h,  z = 0

    Args
        x: floats of any shape, at least one. bits: of the integers, from 2 to 16.
        symmetric: whether 0 is to be the middle of the grid, as is usual for weights.

    Returns
        s, a number, and z, an integer from l to h, as Python's numbers: it waits for an
        accelerator, and is nothing for compiled code. For zeros alone the scale is 1.

    Errors
        ShapeError: no floats, or none at all. TypeError: no tensor. ValueError: NaN or infinity,
        other bits.

    Source
        Jacob et al., CVPR 2018, arXiv 1712.05877, section 2.1; their integers begin with 0.

    >>> quantization_grid(torch.tensor([0.0, 10.0, 25.5]))
    (0.1, -128)
    """
    check_grid(x, bits, symmetric, torch.Tensor)
    return grid_of(x.min().item(), x.max().item(), bits, symmetric)


def quantized(x: torch.Tensor, scale: float, zero_point: int = 0, bits: int = 8) -> torch.Tensor:
    """Numbers moved to the nearest point of a grid: fake quantization, as they stay floats.

    Formula
        q = clip(round(x / s) + z, -2^(bits-1), 2^(bits-1) - 1),  value = s (q - z)
        A half is rounded to the even neighbor. As its gradient counts the straight-through
        estimator: 1 where nothing is clipped, else 0.

    Args
        x: floats of any shape. scale: s, a positive number. zero_point: z, the integer that stands
        for 0. bits: of the integers, from 2 to 16.

    Returns
        As x: what a computer that keeps the integers q would compute with.

    Errors
        ShapeError: no floats. TypeError, ValueError: no tensor, a scale that is not positive, a
        zero point that is no integer of the grid, other bits.

    Source
        Jacob et al., CVPR 2018, arXiv 1712.05877, equation 1 and section 3; the gradient: Bengio,
        Leonard and Courville 2013, arXiv 1308.3432, section 2.3.

    >>> quantized(torch.tensor([0.24, 0.26, 0.75, -9.0]), 0.5, bits=4)
    tensor([ 0.0000,  0.5000,  1.0000, -4.0000])
    """
    low, high = check_quantized(x, scale, zero_point, bits, torch.Tensor)
    steps = (x.detach() / scale).round() + zero_point
    value = scale * (steps.clamp(low, high) - zero_point)
    inside = torch.where((steps >= low) & (steps <= high), x, 0)
    return value + (inside - inside.detach())  # adds 0, which has x's gradient


def magnitude_mask(weights: torch.Tensor, share: float) -> torch.Tensor:
    """Which weights stay when a share of them is pruned: those that are largest, sign aside.

    Formula
        False for the round(share N) of N weights with the smallest |w|, else True; a half is
        rounded to even. Of equal ones those that come first go first.

    Args
        weights: floats of any shape. share: from 0, nothing goes, to 1, everything goes.

    Returns
        As weights, boolean, True = keep.

    Errors
        ShapeError: no floats. TypeError: no tensor. ValueError: another share.

    Source
        Han, Pool, Tran and Dally, NeurIPS 2015, arXiv 1506.02626, section 3.

    >>> magnitude_mask(torch.tensor([[3.0, -1.0], [0.5, -2.0]]), 0.5)
    tensor([[ True, False],
            [False,  True]])
    """
    check_weights(weights, share, torch.Tensor)
    flat = weights.detach().abs().flatten()
    keep = torch.ones_like(flat, dtype=torch.bool)
    keep[flat.argsort(stable=True)[: round(share * flat.numel())]] = False
    return keep.reshape(weights.shape)


def pruned(weights: torch.Tensor, share: float) -> torch.Tensor:
    """Weights with the smallest share of them set to 0.

    Formula
        w_i where :func:`magnitude_mask` keeps it, else 0; the mask counts as a constant

    Args, errors, source: as for :func:`magnitude_mask`.

    >>> pruned(torch.tensor([[3.0, -1.0], [0.5, -2.0]]), 0.5)
    tensor([[ 3.,  0.],
            [ 0., -2.]])
    """
    return torch.where(magnitude_mask(weights, share), weights, 0)


def distillation_loss(
    logits: torch.Tensor, teacher: torch.Tensor, temperature: float = 1.0
) -> torch.Tensor:
    """How far a student's softened probabilities are from its teacher's.

    Formula
        p = softmax(logits / T),  q = softmax(teacher / T)
        L = T^2 / B sum_i sum_k q_ik (log q_ik - log p_ik)

    Args
        logits: the student's, (B, K), floats, B and K at least 1. teacher: the teacher's (B, K),
            which is not detached here.
        temperature: T, a positive number; 1 leaves probabilities as they are.

    Returns
        L, a number, at least 0.

    Errors
        ShapeError: other shapes or kinds. TypeError, ValueError: no tensors, a temperature that is
        no positive number.

    Source
        Hinton, Vinyals and Dean 2015, arXiv 1503.02531, section 2.

    >>> distillation_loss(torch.zeros(1, 2), torch.tensor([[2.0, 0.0]]), 2.0)
    tensor(0.4438)
    """
    check_distilled(logits, teacher, temperature, torch.Tensor)
    log_p, log_q = ((z / temperature).log_softmax(dim=1) for z in (logits, teacher))
    return temperature**2 * (log_q.exp() * (log_q - log_p)).sum() / len(logits)


@torch.no_grad()
def low_rank_factors(weight: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two thin matrices whose product is nearest to a matrix, of all that have the rank.

    Formula
        W = U diag(s) V^T,  s_1 >= s_2 >= ... >= 0
        A = diag(s_1, ..., s_R)^(1/2) V_R^T,  B = U_R diag(s_1, ..., s_R)^(1/2)

    Args
        weight: W (O, D), floats. rank: R, from 1 to the shorter of O and D.

    Returns
        A (R, D) and B (O, R), as constants, in the order of :func:`low_rank_adapter`. Row r of A
        and column r of B may both have the other sign.

    Errors
        ShapeError: no floats (O, D). TypeError, ValueError: no tensor, another rank. NaN or
        infinity in W gives NaN throughout.

    Source
        Eckart and Young, Psychometrika 1936.

    >>> down, up = low_rank_factors(torch.diag(torch.tensor([4.0, 1.0])), 1)
    >>> up @ down
    tensor([[4., 0.],
            [0., 0.]])
    """
    check_low_rank(weight, rank, torch.Tensor)
    if not weight.isfinite().all():
        o, d = weight.shape
        return weight.new_full((rank, d), torch.nan), weight.new_full((o, rank), torch.nan)
    u, s, v = torch.linalg.svd(weight, full_matrices=False)
    root = s[:rank].sqrt()
    return root[:, None] * v[:rank], u[:, :rank] * root
