"""Penalties on the slope of a critic, which training differentiates once more.

A derivative inside a computation is the one thing that ``keras.ops`` has no name for. It is
asked of the backend here, and this file knows two of them: TensorFlow and PyTorch.
"""

import sys

import keras
from keras import ops

from mmref.contract.adversarial import check_interpolation, check_number, check_scores_of_critic
from mmref.contract.sequences import check_flags


def gradient_penalty(critic, real, fake, mix, center=1.0, one_sided=False):
    """How far the critic's slope is from 1, between real and generated examples.

    Formula
        x = mix real + (1 - mix) fake,  P = mean_b (|d critic / d x_b| - center)^2,
        or mean_b max(0, |d critic / d x_b| - center)^2 if one_sided

    Args
        critic: function (B, ...) -> (B,) or (B, 1) that treats every example on its own: batch
            norm does not.
        real, fake: (B, ...). mix: (B,), drawn from [0, 1), one number for each example.
        center: the slope that costs nothing. one_sided: smaller ones cost nothing either.

    Returns
        A scalar that can be differentiated again; lambda is not in it. Where a slope is exactly
        0, the norm's derivative counts as 0.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no arrays. ValueError: center is not
        finite. ChoiceError: one_sided is neither True nor False.
        NotImplementedError: a backend other than TensorFlow and PyTorch.

    Source
        Gulrajani et al. 2017, arXiv 1704.00028, equation 3 and section 4.

    >>> real, fake, mix = ops.zeros((5, 2)), ops.ones((5, 2)), keras.random.uniform((5,))
    >>> float(gradient_penalty(lambda x: ops.sum(x * [3.0, 4.0], axis=1), real, fake, mix))
    16.0
    """
    check_interpolation(real, fake, mix)
    check_number("center", center)
    check_flags(one_sided=one_sided)
    share = ops.reshape(mix, (-1, *[1] * (len(real.shape) - 1)))  # (B, 1, ...)
    squares = squared_slopes(critic, share * real + (1 - share) * fake)
    flat = squares == 0  # the root's derivative is infinite there, and 0 times it is NaN
    norms = ops.sqrt(ops.where(flat, ops.ones_like(squares), squares))
    excess = ops.where(flat, ops.zeros_like(norms), norms) - center
    return ops.mean(ops.square(ops.relu(excess) if one_sided else excess))


def r1_penalty(critic, real):
    """The critic's squared slope where the real examples are: mean_b |d critic / d real_b|^2.

    To be multiplied by gamma / 2. Arguments and errors as in :func:`gradient_penalty`.
    Source: Mescheder, Geiger and Nowozin 2018, arXiv 1801.04406, equation 9.

    >>> float(r1_penalty(lambda x: ops.sum(x * [3.0, 4.0], axis=1), ops.zeros((5, 2))))
    25.0
    """
    check_interpolation(real)
    return ops.mean(squared_slopes(critic, ops.convert_to_tensor(real)))


def squared_slopes(critic, x):
    """|d critic / d x_b|^2 (B,), which can be differentiated again."""
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "torch"):
        raise NotImplementedError(
            f"gradient penalty: expected the Keras backend tensorflow or torch, got {backend}"
        )
    framework = sys.modules[backend]  # imported by Keras; this package imports none itself
    # Each score depends on its own example alone: the gradient of their sum holds all slopes. A
    # critic that ignores x has the slope 0.
    if backend == "tensorflow":
        with framework.GradientTape() as tape:
            tape.watch(x)
            total = _total(critic, x)
        slopes = tape.gradient(total, x, unconnected_gradients="zero")
    else:
        with framework.enable_grad():
            x = x if x.requires_grad else x.detach().requires_grad_()
            total = _total(critic, x)
            again = {"create_graph": True, "materialize_grads": True}
            (slopes,) = framework.autograd.grad(total, x, **again)
    return ops.sum(ops.square(slopes), axis=list(range(1, len(x.shape))))


def _total(critic, x):
    scores = critic(x)
    check_scores_of_critic(scores, x.shape[0])
    return ops.sum(scores)
