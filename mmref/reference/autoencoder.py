"""What autoencoders are trained on: the error of what comes out, and a bound on the likelihood.

An encoder makes a code of a row, a decoder the row again. A variational encoder says for each code
a Gaussian, N(mean, exp(log_variance)), one axis beside the other; logarithms, so that any number is
a variance.
"""

import numpy as np

from mmref.contract.autoencoder import (
    check_bound,
    check_moments,
    check_outputs,
    check_rows_present,
    check_sampled,
)
from mmref.reference._shared import as_gradient, expect
from mmref.types import Array


def reconstruction_loss(
    outputs: Array, targets: Array, present: Array | None = None
) -> np.floating:
    """Mean squared error of what comes out, over the rows whose target is there.

    Formula
        L = mean over the rows that are there of mean_j (y_j - x_j)^2, and 0 where none is

    Args
        outputs, targets: y and x (B, ...), floats of one shape and dtype. What is encoded need not
            be the target: a denoising autoencoder is given the target with noise.
        present: (B,) boolean, True = the target is there; what an absent row holds, NaN included,
            has no effect. None: all are.

    Returns
        A number.

    Errors
        ShapeError: no floats, two shapes or dtypes, rows without a number, present that is not
        boolean (B,).

    Source
        Hinton and Salakhutdinov, "Reducing the dimensionality of data with neural networks",
        Science 313, 2006; with noise: Vincent, Larochelle, Bengio and Manzagol, ICML 2008.

    >>> outputs, targets = np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[1.0, 4.0], [9.0, 9.0]])
    >>> float(reconstruction_loss(outputs, targets, np.array([True, False])))
    2.0
    """
    y, x = np.asarray(outputs), np.asarray(targets)
    difference, count = _differences(y, x, present)
    return np.sum(difference**2) / (count * np.prod(y.shape[1:]))


def reconstruction_loss_gradient(
    grad: float, outputs: Array, targets: Array, present: Array | None = None
) -> tuple[Array, Array]:
    """Gradients with respect to outputs and targets: 2 g (y - x) / (rows that are there, times
    numbers in a row), and minus that; 0 in rows that are not there."""
    y, x = np.asarray(outputs), np.asarray(targets)
    difference, count = _differences(y, x, present)
    expect("grad", grad, ())
    dy = 2 * grad * difference / (count * np.prod(y.shape[1:]))
    return dy, -dy


def gaussian_kl(mean: Array, log_variance: Array) -> Array:
    """Kullback-Leibler divergence of each row's Gaussian from the standard one.

    Formula
        KL_b = 1/2 sum_z (m_z^2 + e^(s_z) - 1 - s_z)
        e^s - 1 is taken at once: where s is near 0, the difference would lose its digits.

    Args
        mean, log_variance: m and s (B, Z), floats of one shape and dtype.

    Returns
        (B,), at least 0, in nats; 0 where m = s = 0.

    Errors
        ShapeError: no floats (B, Z), or two shapes or dtypes.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, appendix B. Their sigma^2 is our e^s.

    >>> gaussian_kl(np.array([[0.0, 0.0], [3.0, 4.0]]), np.zeros((2, 2)))
    array([ 0. , 12.5])
    """
    m, s = np.asarray(mean), np.asarray(log_variance)
    check_moments(m, s)
    return np.sum(m**2 + np.expm1(s) - s, axis=1) / 2


def gaussian_kl_gradient(grad: Array, mean: Array, log_variance: Array) -> tuple[Array, Array]:
    """Gradients with respect to mean and log_variance: g_b m and g_b (e^s - 1) / 2."""
    m, s = np.asarray(mean), np.asarray(log_variance)
    check_moments(m, s)
    g = as_gradient(grad, m.shape[:1])[:, None]
    return g * m, g * np.expm1(s) / 2


def reparameterize(mean: Array, log_variance: Array, noise: Array) -> Array:
    """A sample of each row's Gaussian, as a function of its mean and variance.

    Formula
        z = m + e^(s / 2) n, n drawn from N(0, 1): z has the distribution N(m, e^s), and
        derivatives by m and s, which a sample that is drawn otherwise has not

    Args
        mean, log_variance, noise: m, s and n (B, Z), floats of one shape and dtype.

    Returns
        z (B, Z).

    Errors
        ShapeError: no floats (B, Z), or two shapes or dtypes.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, section 2.4.

    >>> reparameterize(np.array([[1.0]]), np.log([[4.0]]), np.array([[-0.5]]))
    array([[0.]])
    """
    m, s, n = np.asarray(mean), np.asarray(log_variance), np.asarray(noise)
    check_sampled(m, s, n)
    return m + np.exp(s / 2) * n


def reparameterize_gradient(
    grad: Array, mean: Array, log_variance: Array, noise: Array
) -> tuple[Array, Array, Array]:
    """Gradients with respect to mean, log_variance and noise: g, g e^(s/2) n / 2 and g e^(s/2)."""
    m, s, n = np.asarray(mean), np.asarray(log_variance), np.asarray(noise)
    check_sampled(m, s, n)
    g = as_gradient(grad, m.shape)
    deviation = np.exp(s / 2)
    return g, g * deviation * n / 2, g * deviation


def elbo(
    outputs: Array,
    targets: Array,
    mean: Array,
    log_variance: Array,
    variance: float = 1.0,
    beta: float = 1.0,
) -> Array:
    """The evidence lower bound of each row, with one sample of its code.

    Formula
        log p(x) >= E[log N(x; y(z), v)] - KL(N(m, e^s) | N(0, 1)), z drawn from N(m, e^s); with the
        outputs y of one such z, the right side is
        L_b = -1/2 sum_j ((x_j - y_j)^2 / v + log(2 pi v)) - beta KL_b. To be maximized.

    Args
        outputs, targets: y and x (B, ...), floats of one shape and dtype.
        mean, log_variance: m and s (B, Z), floats of one shape and dtype.
        variance: v = sigma^2, of the targets about the outputs. It is what weighs the two terms: a
            mean over the numbers of a picture, instead of the sum, is another v.
        beta: weight of the divergence; with another one than 1, L is no bound of this likelihood.

    Returns
        (B,), in nats. Its mean over z is the bound; one z gives an estimate without bias.

    Errors
        ShapeError: arrays that do not go together. ValueError: a variance that is not positive, a
        beta below 0. TypeError: one that is no number.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, equations 3 and 7; beta: Higgins et al. 2017,
        "beta-VAE", ICLR.

    >>> zero = np.zeros((1, 2))
    >>> elbo(zero, zero, zero, zero).round(4)  # -log(2 pi)
    array([-1.8379])
    """
    y, x, m, s = (np.asarray(a) for a in (outputs, targets, mean, log_variance))
    check_bound(y, x, m, s, variance, beta)
    squares = np.sum((x - y) ** 2, axis=tuple(range(1, y.ndim)))
    constant = np.prod(y.shape[1:]) * np.log(2 * np.pi * variance)
    return -(squares / variance + constant) / 2 - beta * gaussian_kl(m, s)


def elbo_gradient(
    grad: Array,
    outputs: Array,
    targets: Array,
    mean: Array,
    log_variance: Array,
    variance: float = 1.0,
    beta: float = 1.0,
) -> tuple[Array, ...]:
    """Gradients with respect to outputs, targets, mean and log_variance.

    Formula
        dy = g_b (x - y) / v, dx = -dy, dm = -g_b beta m, ds = -g_b beta (e^s - 1) / 2. In training
        y depends on m and s, too, through z: the chain goes on from dy through the decoder.
    """
    y, x, m, s = (np.asarray(a) for a in (outputs, targets, mean, log_variance))
    check_bound(y, x, m, s, variance, beta)
    g = as_gradient(grad, y.shape[:1])
    dy = g.reshape(-1, *[1] * (y.ndim - 1)) * (x - y) / variance
    return dy, -dy, *gaussian_kl_gradient(-beta * g, m, s)


def _differences(y, x, present):
    """y - x, 0 in absent rows, and how many rows are there, 1 at least."""
    check_outputs(y, x)
    present = None if present is None else np.asarray(present)
    check_rows_present(present, len(y))
    if present is None:
        return y - x, max(len(y), 1)
    kept = present.reshape(-1, *[1] * (y.ndim - 1))
    return np.where(kept, y - x, 0), max(int(present.sum()), 1)
