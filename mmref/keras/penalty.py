"""Penalties on the slope of a critic, which training differentiates once more."""

from collections.abc import Callable

from keras import ops

from mmref.contract.penalty import check_examples, check_interpolation, check_scores_of_critic
from mmref.contract.settings import check_flags, check_function, check_number
from mmref.keras._values import values
from mmref.keras.differentiate import pull_back
from mmref.types import Tensor


def gradient_penalty(
    real: Tensor,
    fake: Tensor,
    mix: Tensor,
    critic: Callable[[Tensor], Tensor],
    center: float = 1.0,
    one_sided: bool = False,
) -> Tensor:
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
        A scalar that can be differentiated again; lambda is not in it. Where a slope is exactly
        0, the norm's derivative counts as 0.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no arrays, or no function. ValueError:
        center is not finite, or mix is not in [0, 1] (compiled code does not look). ChoiceError:
        one_sided is neither True nor False.
        NotImplementedError: as in :func:`mmref.keras.differentiate.pull_back`.

    Source
        Gulrajani et al. 2017, arXiv 1704.00028, equation 3 and section 4.

    >>> real, fake, mix = ops.zeros((5, 2)), ops.ones((5, 2)), ops.ones(5) / 3
    >>> float(gradient_penalty(real, fake, mix, lambda x: ops.sum(x * [3.0, 4.0], axis=1)))
    16.0
    """
    check_interpolation(real, fake, mix, shares=values(mix))
    check_function("critic", critic)
    check_number("center", center)
    check_flags(one_sided=one_sided)
    share = ops.reshape(mix, (-1, *[1] * (len(real.shape) - 1)))  # (B, 1, ...)
    squares = squared_slopes(share * real + (1 - share) * fake, critic)
    flat = squares == 0  # the root's derivative is infinite there, and 0 times it is NaN
    norms = ops.sqrt(ops.where(flat, ops.ones_like(squares), squares))
    excess = ops.where(flat, ops.zeros_like(norms), norms) - center
    return ops.mean(ops.square(ops.relu(excess) if one_sided else excess))


def r1_penalty(real: Tensor, critic: Callable[[Tensor], Tensor]) -> Tensor:
    """The critic's squared slope where the real examples are: mean_b |d critic / d real_b|^2.

    To be multiplied by gamma / 2. Arguments and errors as in :func:`gradient_penalty`.
    Source: Mescheder, Geiger and Nowozin 2018, arXiv 1801.04406, equation 9.

    >>> float(r1_penalty(ops.zeros((5, 2)), lambda x: ops.sum(x * [3.0, 4.0], axis=1)))
    25.0
    """
    check_examples(real)
    check_function("critic", critic)
    return ops.mean(squared_slopes(ops.convert_to_tensor(real), critic))


def squared_slopes(x: Tensor, critic: Callable[[Tensor], Tensor]) -> Tensor:
    """|d critic / d x_b|^2 (B,), which can be differentiated again."""

    def scores_of(leaves):
        scores = critic(leaves[0])
        check_scores_of_critic("critic(x)", scores, x.shape[0])
        return scores

    scores, pull = pull_back(scores_of, [x], again=True)
    # Where each score depends on its own example alone (no batch norm), to pull ones back gives
    # every slope.
    (slopes,) = pull(ops.ones_like(scores))
    return ops.sum(ops.square(slopes), axis=list(range(1, len(x.shape))))
