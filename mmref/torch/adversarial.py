"""Losses of the two players of a GAN, on logits (contract: ``mmref.contract.adversarial``).

Every loss is a mean over the batch, to be minimized by the player it is named after; real and
fake logits are float tensors of one shape and dtype. log D = logsigmoid(s) and log(1 - D) =
logsigmoid(-s) stay finite for every finite logit. ``softplus`` would do, but PyTorch's is cut off
at 20, where it is still 2e-9 too small.

Errors, in all of them: TypeError if the logits are no tensors. ShapeError if there are none, if
they are no floats, or of two shapes or dtypes. A logit of NaN makes the loss NaN.
"""

import torch
from torch.nn.functional import logsigmoid

from mmref.contract.adversarial import check_logits
from mmref.contract.settings import check_number


def minimax_discriminator_loss(
    real_logits: torch.Tensor, fake_logits: torch.Tensor, smoothing: float = 0.0
) -> torch.Tensor:
    """Cross-entropy of telling real from fake: -mean log D(real) - mean log(1 - D(fake)).

    ``smoothing`` a in [0, 1) makes the target of real examples 1 - a; that of fakes stays 0.
    Source: Goodfellow et al. 2014, arXiv 1406.2661, equation 1; smoothing: Salimans et al. 2016,
    arXiv 1606.03498, section 3.4.

    >>> minimax_discriminator_loss(torch.zeros(2), torch.zeros(2))  # log 4
    tensor(1.3863)
    """
    check_logits(torch.Tensor, real_logits=real_logits, fake_logits=fake_logits)
    check_number("smoothing", smoothing, 0, 1)
    real = logsigmoid(real_logits)
    if smoothing:  # 0 times an infinite logarithm would be NaN
        real = (1 - smoothing) * real + smoothing * logsigmoid(-real_logits)
    return -real.mean() - logsigmoid(-fake_logits).mean()


def matching_aware_discriminator_loss(
    real_logits: torch.Tensor, mismatched_logits: torch.Tensor, fake_logits: torch.Tensor
) -> torch.Tensor:
    """The minimax loss where a real example with another's caption counts as fake, too.

    -mean log D(real) - 1/2 (mean log(1 - D(mismatched)) + mean log(1 - D(fake)))
    Source: Reed, Akata, Yan, Logeswaran, Schiele and Lee, ICML 2016, arXiv 1605.05396, algorithm 1.

    >>> matching_aware_discriminator_loss(*torch.zeros(3, 2))  # log 4
    tensor(1.3863)
    """
    sides = {"real_logits": real_logits, "mismatched_logits": mismatched_logits}
    check_logits(torch.Tensor, **sides, fake_logits=fake_logits)
    false = logsigmoid(-mismatched_logits).mean() + logsigmoid(-fake_logits).mean()
    return -logsigmoid(real_logits).mean() - false / 2


def minimax_generator_loss(fake_logits: torch.Tensor) -> torch.Tensor:
    """The generator's side of the minimax game: mean log(1 - D(fake)), which saturates.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, equation 1.

    >>> minimax_generator_loss(torch.zeros(2))
    tensor(-0.6931)
    """
    check_logits(torch.Tensor, fake_logits=fake_logits)
    return logsigmoid(-fake_logits).mean()


def non_saturating_generator_loss(fake_logits: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the fakes against the label "real": -mean log D(fake).

    Source: Goodfellow et al. 2014, arXiv 1406.2661, section 3.

    >>> non_saturating_generator_loss(torch.zeros(2))
    tensor(0.6931)
    """
    check_logits(torch.Tensor, fake_logits=fake_logits)
    return -logsigmoid(fake_logits).mean()


def least_squares_discriminator_loss(
    real_logits: torch.Tensor,
    fake_logits: torch.Tensor,
    real_target: float = 1.0,
    fake_target: float = 0.0,
) -> torch.Tensor:
    """1/2 mean (r - t_r)^2 + 1/2 mean (f - t_f)^2, with a target for real and for fake.

    Source: Mao et al. 2017, arXiv 1611.04076, equation 2.

    >>> least_squares_discriminator_loss(torch.tensor([1.0, 0.0]), torch.zeros(2))
    tensor(0.2500)
    """
    check_logits(torch.Tensor, real_logits=real_logits, fake_logits=fake_logits)
    check_number("real_target", real_target)
    check_number("fake_target", fake_target)
    real = (real_logits - real_target).square().mean()
    return real / 2 + (fake_logits - fake_target).square().mean() / 2


def least_squares_generator_loss(fake_logits: torch.Tensor, target: float = 1.0) -> torch.Tensor:
    """1/2 mean (f - t_g)^2, t_g what the generator wants its samples to score.

    Source: Mao et al. 2017, arXiv 1611.04076, equation 2.

    >>> least_squares_generator_loss(torch.tensor([0.0, 1.0]))
    tensor(0.2500)
    """
    check_logits(torch.Tensor, fake_logits=fake_logits)
    check_number("target", target)
    return (fake_logits - target).square().mean() / 2


def hinge_discriminator_loss(real_logits: torch.Tensor, fake_logits: torch.Tensor) -> torch.Tensor:
    """mean max(0, 1 - r) + mean max(0, 1 + f); its generator's is the Wasserstein one.

    Source: Lim and Ye 2017, arXiv 1705.02894; Miyato et al. 2018, arXiv 1802.05957, equation 16.

    >>> hinge_discriminator_loss(torch.tensor([2.0, 0.5]), torch.tensor([-3.0, 0.0]))
    tensor(0.7500)
    """
    check_logits(torch.Tensor, real_logits=real_logits, fake_logits=fake_logits)
    return torch.relu(1 - real_logits).mean() + torch.relu(1 + fake_logits).mean()


def wasserstein_critic_loss(real_logits: torch.Tensor, fake_logits: torch.Tensor) -> torch.Tensor:
    """mean f - mean r, to be minimized over critics whose slope is at most 1.

    Source: Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, equation 2.

    >>> wasserstein_critic_loss(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 0.0]))
    tensor(-2.5000)
    """
    check_logits(torch.Tensor, real_logits=real_logits, fake_logits=fake_logits)
    return fake_logits.mean() - real_logits.mean()


def wasserstein_generator_loss(fake_logits: torch.Tensor) -> torch.Tensor:
    """-mean f: the generator's loss beside a Wasserstein critic, and beside the hinge loss.

    Source: Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, theorem 3; Lim and Ye 2017, arXiv
    1705.02894.

    >>> wasserstein_generator_loss(torch.tensor([1.0, 2.0]))
    tensor(-1.5000)
    """
    check_logits(torch.Tensor, fake_logits=fake_logits)
    return -fake_logits.mean()
