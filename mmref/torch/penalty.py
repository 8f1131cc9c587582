"""Penalties on the slope of a critic, which training differentiates once more."""

from collections.abc import Callable

import torch

from mmref.contract.penalty import check_examples, check_interpolation, check_scores_of_critic
from mmref.contract.settings import check_flags, check_function, check_number
from mmref.torch._dtype import layer_dtype
from mmref.torch._values import values


def gradient_penalty(
    real: torch.Tensor,
    fake: torch.Tensor,
    mix: torch.Tensor,
    critic: Callable[[torch.Tensor], torch.Tensor],
    center: float = 1.0,
    one_sided: bool = False,
) -> torch.Tensor:
    """How far the critic's slope is from 1, between real and generated examples.

    Formula
        x = mix real + (1 - mix) fake,  P = mean_b (|d critic / d x_b| - center)^2,
        or mean_b max(0, |d critic / d x_b| - center)^2 if one_sided

    Args
        real, fake: (B, ...). mix: (B,), drawn from [0, 1), one number for each example.
        critic: function (B, ...) -> (B,) or (B, 1) that treats every example on its own: batch
            norm does not.
        center: the slope that costs nothing. one_sided: smaller ones cost nothing either.

    Returns
        A scalar with a graph of second derivatives; lambda is not in it. Where a slope is exactly
        0, the norm's derivative counts as 0.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no tensors, or no function. ValueError:
        center is not finite, the critic's scores are constants, or mix is not in [0, 1] (compiled
        code and a GPU do not look). ChoiceError: one_sided is neither True nor False.

    Source
        Gulrajani et al. 2017, arXiv 1704.00028, equation 3 and section 4.

    >>> real, fake = torch.zeros(5, 2), torch.ones(5, 2)
    >>> gradient_penalty(real, fake, torch.rand(5), lambda x: x @ torch.tensor([3.0, 4.0]))
    tensor(16.)
    """
    check_interpolation(real, fake, mix, torch.Tensor, layer_dtype, values(mix, wait=False))
    check_function("critic", critic)
    check_number("center", center)
    check_flags(one_sided=one_sided)
    share = mix.reshape(-1, *[1] * (real.ndim - 1))  # (B, 1, ...)
    squares = squared_slopes(share * real + (1 - share) * fake, critic)
    flat = squares == 0  # the root's derivative is infinite there, and 0 times it is NaN
    norms = squares.masked_fill(flat, 1).sqrt().masked_fill(flat, 0)
    excess = norms - center
    return (torch.relu(excess) if one_sided else excess).square().mean()


def r1_penalty(real: torch.Tensor, critic: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """The critic's squared slope where the real examples are: mean_b |d critic / d real_b|^2.

    To be multiplied by gamma / 2. Arguments and errors as in :func:`gradient_penalty`.
    Source: Mescheder, Geiger and Nowozin 2018, arXiv 1801.04406, equation 9.

    >>> r1_penalty(torch.zeros(5, 2), lambda x: x @ torch.tensor([3.0, 4.0]))
    tensor(25.)
    """
    check_examples(real, torch.Tensor)
    check_function("critic", critic)
    return squared_slopes(real, critic).mean()


def squared_slopes(x: torch.Tensor, critic: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """|d critic / d x_b|^2 (B,), which can be differentiated again."""
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        scores = critic(x)
        check_scores_of_critic("critic(x)", scores, len(x), torch.Tensor)
        if not scores.requires_grad:
            raise ValueError("critic(x): expected scores with a graph, got constants")
        # Where each score depends on its own example alone (no batch norm), their sum has all
        # slopes for gradient. A critic that ignores x has the slope 0.
        again = {"create_graph": True, "materialize_grads": True}
        (slopes,) = torch.autograd.grad(scores.sum(), x, **again)
    return slopes.flatten(1).square().sum(dim=1)
