"""Losses of the two players of a GAN, on logits.

The discriminator gives a logit s for each example; D = sigmoid(s) is its probability that the
example is real. A critic's score is any number. Every loss is a mean over the batch, to be
minimized by the player it is named after. log D = -softplus(-s) and log(1 - D) = -softplus(s),
with softplus(s) = log(1 + e^s), are finite for every finite s, where the logarithm of a rounded
probability is not.

Common to all: logits are floats of any shape, real and fake of one shape and dtype; a logit of NaN
makes the loss NaN. ShapeError: no logits, logits that are no floats, or of two shapes or dtypes.
"""

import numpy as np

from mmref.contract.adversarial import check_densities, check_logits
from mmref.contract.settings import check_number, check_scale
from mmref.reference._shared import expect, sigmoid, softplus
from mmref.types import Array

TRUNCATED = 0.01  # what of a density may lie outside of a grid


def minimax_discriminator_loss(
    real_logits: Array, fake_logits: Array, smoothing: float = 0.0
) -> np.floating:
    """Cross-entropy of telling real from fake.

    Formula
        L = mean[(1 - a) softplus(-r) + a softplus(r)] + mean softplus(f)
        With a = 0 it is -mean log D(real) - mean log(1 - D(fake)), the game's value negated.

    Args
        real_logits, fake_logits: r and f, (B, ...).
        smoothing: a in [0, 1); the target of real examples is 1 - a, that of fake ones stays 0.

    Returns
        A number. For D = 1/2 everywhere and a = 0 it is log 4.

    Source
        Goodfellow et al. 2014, arXiv 1406.2661, equation 1; smoothing: Salimans et al. 2016,
        arXiv 1606.03498, section 3.4.

    >>> float(minimax_discriminator_loss(np.zeros(2), np.zeros(2)).round(4))  # log 4
    1.3863
    """
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    check_number("smoothing", smoothing, 0, 1)
    real = softplus(-r)
    if smoothing:  # 0 times an infinite softplus would be NaN
        real = (1 - smoothing) * real + smoothing * softplus(r)
    return np.mean(real) + np.mean(softplus(f))


def minimax_discriminator_loss_gradient(
    grad: float, real_logits: Array, fake_logits: Array, smoothing: float = 0.0
) -> tuple[Array, Array]:
    """Gradients with respect to the logits: g (D(r) - (1 - a)) / N and g D(f) / N."""
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    expect("grad", grad, ())
    check_number("smoothing", smoothing, 0, 1)
    return grad * (sigmoid(r) - (1 - smoothing)) / r.size, grad * sigmoid(f) / f.size


def matching_aware_discriminator_loss(
    real_logits: Array, mismatched_logits: Array, fake_logits: Array
) -> np.floating:
    """The minimax loss of a discriminator that sees captions, too: wrong ones count as fake.

    Formula
        L = mean softplus(-r) + 1/2 (mean softplus(w) + mean softplus(f))
          = -mean log D(real, its caption) - 1/2 mean log(1 - D(real, another's caption))
            - 1/2 mean log(1 - D(fake, its caption))

    Args
        real_logits, mismatched_logits, fake_logits: r, w and f, (B, ...).

    Returns
        A number. For D = 1/2 everywhere it is log 4.

    Source
        Reed, Akata, Yan, Logeswaran, Schiele and Lee, ICML 2016, arXiv 1605.05396, algorithm 1,
        with the sign of a loss.

    >>> float(matching_aware_discriminator_loss(*np.zeros((3, 2))).round(4))  # log 4
    1.3863
    """
    sides = {"real_logits": real_logits, "mismatched_logits": mismatched_logits}
    r, w, f = _sides(**sides, fake_logits=fake_logits)
    return np.mean(softplus(-r)) + (np.mean(softplus(w)) + np.mean(softplus(f))) / 2


def matching_aware_discriminator_loss_gradient(
    grad: float, real_logits: Array, mismatched_logits: Array, fake_logits: Array
) -> tuple[Array, Array, Array]:
    """Gradients with respect to the logits: g (D(r) - 1) / N, g D(w) / 2 N and g D(f) / 2 N."""
    sides = {"real_logits": real_logits, "mismatched_logits": mismatched_logits}
    r, w, f = _sides(**sides, fake_logits=fake_logits)
    expect("grad", grad, ())
    halves = (grad * sigmoid(s) / (2 * s.size) for s in (w, f))
    return -grad * sigmoid(-r) / r.size, *halves


def minimax_generator_loss(fake_logits: Array) -> np.floating:
    """The generator's side of the minimax game, which saturates.

    Formula
        L = mean log(1 - D(fake)) = -mean softplus(f), so dL/df = -D(fake) / N: where the
        discriminator is sure (D near 0), the generator learns nothing.

    Source
        Goodfellow et al. 2014, arXiv 1406.2661, equation 1.

    >>> float(minimax_generator_loss(np.zeros(2)).round(4))
    -0.6931
    """
    return -np.mean(softplus(_one(fake_logits)))


def minimax_generator_loss_gradient(grad: float, fake_logits: Array) -> tuple[Array]:
    """Gradient with respect to the logits: -g D(f) / N."""
    f = _one(fake_logits)
    expect("grad", grad, ())
    return (-grad * sigmoid(f) / f.size,)


def non_saturating_generator_loss(fake_logits: Array) -> np.floating:
    """Cross-entropy of the fakes against the label "real".

    Formula
        L = -mean log D(fake) = mean softplus(-f), so dL/df = -(1 - D(fake)) / N: strongest where
        the discriminator is sure. The game's fixed point stays; its objective does not.

    Source
        Goodfellow et al. 2014, arXiv 1406.2661, section 3.

    >>> float(non_saturating_generator_loss(np.zeros(2)).round(4))
    0.6931
    """
    return np.mean(softplus(-_one(fake_logits)))


def non_saturating_generator_loss_gradient(grad: float, fake_logits: Array) -> tuple[Array]:
    """Gradient with respect to the logits: g (D(f) - 1) / N."""
    f = _one(fake_logits)
    expect("grad", grad, ())
    return (-grad * sigmoid(-f) / f.size,)


def least_squares_discriminator_loss(
    real_logits: Array, fake_logits: Array, real_target: float = 1.0, fake_target: float = 0.0
) -> np.floating:
    """Squared distance of the scores from a target for each side.

    Formula
        L = 1/2 mean (r - t_r)^2 + 1/2 mean (f - t_f)^2

    Args
        real_target, fake_target: t_r and t_f. The best score is (t_r p + t_f q) / (p + q).

    Source
        Mao et al. 2017, arXiv 1611.04076, equation 2.

    >>> float(least_squares_discriminator_loss(np.array([1.0, 0.0]), np.zeros(2)))
    0.25
    """
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    _targets(real_target=real_target, fake_target=fake_target)
    return np.mean((r - real_target) ** 2) / 2 + np.mean((f - fake_target) ** 2) / 2


def least_squares_discriminator_loss_gradient(
    grad: float,
    real_logits: Array,
    fake_logits: Array,
    real_target: float = 1.0,
    fake_target: float = 0.0,
) -> tuple[Array, Array]:
    """Gradients with respect to the logits: g (r - t_r) / N and g (f - t_f) / N."""
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    expect("grad", grad, ())
    _targets(real_target=real_target, fake_target=fake_target)
    return grad * (r - real_target) / r.size, grad * (f - fake_target) / f.size


def least_squares_generator_loss(fake_logits: Array, target: float = 1.0) -> np.floating:
    """Squared distance of the fakes' scores from the generator's target.

    Formula
        L = 1/2 mean (f - t_g)^2

    Args
        target: t_g, what the generator wants its samples to score; usually that of real ones.

    Source
        Mao et al. 2017, arXiv 1611.04076, equation 2.

    >>> float(least_squares_generator_loss(np.array([0.0, 1.0])))
    0.25
    """
    f = _one(fake_logits)
    _targets(target=target)
    return np.mean((f - target) ** 2) / 2


def least_squares_generator_loss_gradient(
    grad: float, fake_logits: Array, target: float = 1.0
) -> tuple[Array]:
    """Gradient with respect to the logits: g (f - t_g) / N."""
    f = _one(fake_logits)
    expect("grad", grad, ())
    _targets(target=target)
    return (grad * (f - target) / f.size,)


def hinge_discriminator_loss(real_logits: Array, fake_logits: Array) -> np.floating:
    """Hinge loss: scores beyond the margin no longer count.

    Formula
        L = mean max(0, 1 - r) + mean max(0, 1 + f); the slope at the kink counts as 0.
        The generator's side is :func:`wasserstein_generator_loss`.

    Source
        Lim and Ye 2017, arXiv 1705.02894; Miyato et al. 2018, arXiv 1802.05957, equation 16.

    >>> float(hinge_discriminator_loss(np.array([2.0, 0.5]), np.array([-3.0, 0.0])))
    0.75
    """
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    return np.mean(np.maximum(0, 1 - r)) + np.mean(np.maximum(0, 1 + f))


def hinge_discriminator_loss_gradient(
    grad: float, real_logits: Array, fake_logits: Array
) -> tuple[Array, Array]:
    """Gradients with respect to the logits: -g [r < 1] / N and g [f > -1] / N."""
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    expect("grad", grad, ())
    # 0 where the loss is flat, but NaN where the score is.
    slope_r = np.where(np.isnan(r), r, r < 1)
    slope_f = np.where(np.isnan(f), f, f > -1)
    return -grad * slope_r / r.size, grad * slope_f / f.size


def wasserstein_critic_loss(real_logits: Array, fake_logits: Array) -> np.floating:
    """Difference of the mean scores, negated.

    Formula
        L = mean f - mean r. Over critics whose slope is at most 1 everywhere, the least L is
        minus the Wasserstein-1 distance; the loss itself does not bound the slope.

    Source
        Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, equation 2.

    >>> float(wasserstein_critic_loss(np.array([2.0, 4.0]), np.array([1.0, 0.0])))
    -2.5
    """
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    return np.mean(f) - np.mean(r)


def wasserstein_critic_loss_gradient(
    grad: float, real_logits: Array, fake_logits: Array
) -> tuple[Array, Array]:
    """Gradients with respect to the logits: -g / N and g / N."""
    r, f = _sides(real_logits=real_logits, fake_logits=fake_logits)
    expect("grad", grad, ())
    return np.full(r.shape, -grad / r.size), np.full(f.shape, grad / f.size)


def wasserstein_generator_loss(fake_logits: Array) -> np.floating:
    """The mean score of the fakes, negated: for the Wasserstein and for the hinge loss.

    Formula
        L = -mean f

    Source
        Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, theorem 3; Lim and Ye 2017, arXiv
        1705.02894.

    >>> float(wasserstein_generator_loss(np.array([1.0, 2.0])))
    -1.5
    """
    return -np.mean(_one(fake_logits))


def wasserstein_generator_loss_gradient(grad: float, fake_logits: Array) -> tuple[Array]:
    """Gradient with respect to the logits: -g / N."""
    f = _one(fake_logits)
    expect("grad", grad, ())
    return (np.full(f.shape, -grad / f.size),)


def optimal_discriminator(p: Array, q: Array) -> Array:
    """The discriminator that no other beats, where both densities are known.

    Formula
        D*(x) = p(x) / (p(x) + q(x)), whose logit is log p(x) - log q(x)

    Args
        p, q: densities of the real and the generated examples at some points, one shape.

    Returns
        D*, of that shape; NaN where both are 0, since nothing is ever seen there.

    Errors
        ShapeError: p and q differ in shape or dtype, or are no floats. ValueError: one is
        negative.

    Source
        Goodfellow et al. 2014, arXiv 1406.2661, proposition 1.

    >>> optimal_discriminator(np.array([0.3, 0.0]), np.array([0.1, 0.5]))
    array([0.75, 0.  ])
    """
    p, q = np.asarray(p), np.asarray(q)
    check_densities(p=p, q=q)
    total = p + q
    return np.where(total == 0, np.nan, p / np.where(total == 0, 1, total))


def jensen_shannon_divergence(p: Array, q: Array, cell: float = 1.0) -> np.floating:
    """How far two densities are from their mixture, on a grid.

    Formula
        JSD = 1/2 sum_i cell (p_i log(p_i / m_i) + q_i log(q_i / m_i)), m = (p + q) / 2,
        with 0 log 0 = 0; between 0 and log 2. The best discriminator's loss is log 4 - 2 JSD.

    Args
        p, q: densities on the points of a grid, or probabilities with cell = 1.
        cell: length, area, ... that each point stands for.

    Returns
        A number, in nats.

    Errors
        ShapeError, ValueError: as in :func:`optimal_discriminator`; ValueError also if cell is
        not positive, or a density's sum times cell is more than 1 % off 1.

    Source
        Goodfellow et al. 2014, arXiv 1406.2661, theorem 1.

    >>> one, other = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    >>> float(jensen_shannon_divergence(one, other).round(4))  # nothing in common: log 2
    0.6931
    """
    p, q = np.asarray(p), np.asarray(q)
    check_densities(p=p, q=q)
    check_scale(cell=cell)
    for name, density in (("p", p), ("q", q)):
        total = density.sum() * cell
        if abs(total - 1) > TRUNCATED:  # NaN passes
            raise ValueError(f"{name}: expected a density whose sum is 1, got {total:.3g}")
    m = (p + q) / 2

    def relative_entropy(a):
        ratio = np.where(a == 0, 1, a / np.where(m == 0, 1, m))
        return np.sum(a * np.log(ratio)) * cell

    return (relative_entropy(p) + relative_entropy(q)) / 2


def _sides(**logits):
    arrays = {name: np.asarray(given) for name, given in logits.items()}
    check_logits(**arrays)
    return arrays.values()


def _one(fake_logits):
    (f,) = _sides(fake_logits=fake_logits)
    return f


def _targets(**targets):
    for name, value in targets.items():
        check_number(name, value)
