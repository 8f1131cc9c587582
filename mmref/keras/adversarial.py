"""Losses of the two players of a GAN, on logits (contract: ``mmref.contract.adversarial``).

Every loss is a mean over the batch, to be minimized by the player it is named after; real and
fake logits are float arrays of one shape and dtype. log D = log_sigmoid(s) and log(1 - D) =
log_sigmoid(-s) stay finite for every finite logit.

Errors, in all of them: TypeError if the logits are no arrays. ShapeError if there are none, if
they are no floats, or of two shapes or dtypes. A logit of NaN makes the loss NaN.
"""

from keras import ops

from mmref.contract.adversarial import check_logits
from mmref.contract.settings import check_number
from mmref.types import Tensor


def minimax_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Cross-entropy of telling real from fake: -mean log D(real) - mean log(1 - D(fake)).

    ``smoothing`` a in [0, 1) makes the target of real examples 1 - a; that of fakes stays 0.
    Source: Goodfellow et al. 2014, arXiv 1406.2661, equation 1; smoothing: Salimans et al. 2016,
    arXiv 1606.03498, section 3.4.

    >>> round(float(minimax_discriminator_loss(ops.zeros(2), ops.zeros(2))), 4)  # log 4
    1.3863
    """
    check_logits(real_logits=real_logits, fake_logits=fake_logits)
    check_number("smoothing", smoothing, 0, 1)
    real = ops.log_sigmoid(real_logits)
    if smoothing:  # 0 times an infinite logarithm would be NaN
        real = (1 - smoothing) * real + smoothing * ops.log_sigmoid(-real_logits)
    return -ops.mean(real) - ops.mean(ops.log_sigmoid(-fake_logits))


def matching_aware_discriminator_loss(
    real_logits: Tensor, mismatched_logits: Tensor, fake_logits: Tensor
) -> Tensor:
    """The minimax loss where a real example with another's caption counts as fake, too.

    -mean log D(real) - 1/2 (mean log(1 - D(mismatched)) + mean log(1 - D(fake)))
    Source: Reed, Akata, Yan, Logeswaran, Schiele and Lee, ICML 2016, arXiv 1605.05396, algorithm 1.

    >>> round(float(matching_aware_discriminator_loss(*[ops.zeros(2)] * 3)), 4)  # log 4
    1.3863
    """
    sides = {"real_logits": real_logits, "mismatched_logits": mismatched_logits}
    check_logits(**sides, fake_logits=fake_logits)
    false = [ops.mean(ops.log_sigmoid(-s)) for s in (mismatched_logits, fake_logits)]
    return -ops.mean(ops.log_sigmoid(real_logits)) - sum(false) / 2


def minimax_generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator's side of the minimax game: mean log(1 - D(fake)), which saturates.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, equation 1.

    >>> round(float(minimax_generator_loss(ops.zeros(2))), 4)
    -0.6931
    """
    check_logits(fake_logits=fake_logits)
    return ops.mean(ops.log_sigmoid(-fake_logits))


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """Cross-entropy of the fakes against the label "real": -mean log D(fake).

    Source: Goodfellow et al. 2014, arXiv 1406.2661, section 3.

    >>> round(float(non_saturating_generator_loss(ops.zeros(2))), 4)
    0.6931
    """
    check_logits(fake_logits=fake_logits)
    return -ops.mean(ops.log_sigmoid(fake_logits))


def least_squares_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, real_target: float = 1.0, fake_target: float = 0.0
) -> Tensor:
    """1/2 mean (r - t_r)^2 + 1/2 mean (f - t_f)^2, with a target for real and for fake.

    Source: Mao et al. 2017, arXiv 1611.04076, equation 2.

    >>> round(float(least_squares_discriminator_loss(ops.array([1.0, 0.0]), ops.zeros(2))), 4)
    0.25
    """
    check_logits(real_logits=real_logits, fake_logits=fake_logits)
    check_number("real_target", real_target)
    check_number("fake_target", fake_target)
    real = ops.mean(ops.square(real_logits - real_target))
    return real / 2 + ops.mean(ops.square(fake_logits - fake_target)) / 2


def least_squares_generator_loss(fake_logits: Tensor, target: float = 1.0) -> Tensor:
    """1/2 mean (f - t_g)^2, t_g what the generator wants its samples to score.

    Source: Mao et al. 2017, arXiv 1611.04076, equation 2.

    >>> round(float(least_squares_generator_loss(ops.array([0.0, 1.0]))), 4)
    0.25
    """
    check_logits(fake_logits=fake_logits)
    check_number("target", target)
    return ops.mean(ops.square(fake_logits - target)) / 2


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """mean max(0, 1 - r) + mean max(0, 1 + f); its generator's is the Wasserstein one.

    Source: Lim and Ye 2017, arXiv 1705.02894; Miyato et al. 2018, arXiv 1802.05957, equation 16.

    >>> round(float(hinge_discriminator_loss(ops.array([2.0, 0.5]), ops.array([-3.0, 0.0]))), 4)
    0.75
    """
    check_logits(real_logits=real_logits, fake_logits=fake_logits)
    return ops.mean(ops.relu(1 - real_logits)) + ops.mean(ops.relu(1 + fake_logits))


def wasserstein_critic_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """mean f - mean r, to be minimized over critics whose slope is at most 1.

    Source: Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, equation 2.

    >>> round(float(wasserstein_critic_loss(ops.array([2.0, 4.0]), ops.array([1.0, 0.0]))), 4)
    -2.5
    """
    check_logits(real_logits=real_logits, fake_logits=fake_logits)
    return ops.mean(fake_logits) - ops.mean(real_logits)


def wasserstein_generator_loss(fake_logits: Tensor) -> Tensor:
    """-mean f: the generator's loss beside a Wasserstein critic, and beside the hinge loss.

    Source: Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, theorem 3; Lim and Ye 2017, arXiv
    1705.02894.

    >>> round(float(wasserstein_generator_loss(ops.array([1.0, 2.0]))), 4)
    -1.5
    """
    check_logits(fake_logits=fake_logits)
    return -ops.mean(fake_logits)
