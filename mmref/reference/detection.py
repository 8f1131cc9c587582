"""Finding a known signal in noise, and deciding where it is rarer than where one learned."""

import numpy as np

from mmref.contract.detection import check_priors, check_signals
from mmref.reference._shared import as_floats, expect
from mmref.types import Array


def signal_evidence(images: Array, templates: Array, noise: float) -> Array:
    """The evidence for one of several known signals in white noise: the log likelihood ratio.

    Formula
        x is noise, N(0, sigma^2 I), or that and one of the s_i, each as likely. Then
        E = log p(x | a signal) / p(x | none) = log mean_i exp(e_i)
        e_i = (s_i . x - |s_i|^2 / 2) / sigma^2

    Args
        images: x (B, N) float, what is known of them taken away: they are 0 in the mean without a
            signal. templates: s (P, N). noise: sigma, the deviation of each number.

    Returns
        E (B,). The prior's log odds added, it is the log odds of a signal.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: noise that is not positive.

    Source
        W. W. Peterson, T. G. Birdsall and W. C. Fox, "The theory of signal detectability",
        Transactions of the IRE Professional Group on Information Theory 4(4), 1954.

    >>> signal_evidence(np.array([[0.5, 0.0], [0.0, 1.0]]), np.eye(2), 1.0).round(3)
    array([-0.219,  0.12 ])
    """
    x, s = as_floats("images", images), as_floats("templates", templates)
    check_signals(x, s, noise)
    e, top = _by_template(x, s, noise)
    return top + np.log(np.exp(e - top[:, None]).mean(axis=1))


def signal_evidence_gradient(
    grad: Array, images: Array, templates: Array, noise: float
) -> tuple[Array, Array]:
    """Gradients with respect to images and templates.

    Formula (w_i = exp(e_i) / sum_j exp(e_j): how likely it is s_i, if there is a signal)
        dx = g sum_i w_i s_i / sigma^2      ds_i = sum_b g_b w_bi (x_b - s_i) / sigma^2
    """
    x, s = as_floats("images", images), as_floats("templates", templates)
    check_signals(x, s, noise)
    expect("grad", grad, (len(x),))
    e, top = _by_template(x, s, noise)
    w = np.exp(e - top[:, None])
    w = w / w.sum(axis=1, keepdims=True) * np.asarray(grad)[:, None] / noise**2  # (B, P)
    return w @ s, w.T @ x - w.sum(axis=0)[:, None] * s


def prior_shift(logits: Array, old: Array, new: Array) -> Array:
    """Logits learned where classes are frequent as ``old``, for a place where they are as ``new``.

    Formula
        z'_k = z_k + log new_k - log old_k
        If softmax(z) = p(k | x) under the old shares, softmax(z') is that under the new ones, as
        long as p(x | k) is the same in both.

    Args
        logits: z (B, K) float. old, new: (K,), positive: shares, or counts, of the classes.

    Returns
        z' (B, K).

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a share that is not positive and finite.

    Source
        Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a priori
        probabilities: a simple procedure", Neural Computation 14(1), 2002, equation 2.4.

    >>> even, rare = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    >>> z = prior_shift(np.log(np.array([[0.1, 0.9]])), even, rare)
    >>> np.exp(z) / np.exp(z).sum()
    array([[0.5, 0.5]])
    """
    z, old, new = _shares(logits, old, new)
    return z + np.log(new) - np.log(old)


def prior_shift_gradient(
    grad: Array, logits: Array, old: Array, new: Array
) -> tuple[Array, Array, Array]:
    """Gradients with respect to logits, old and new.

    Formula
        dz = g      d(old_k) = -sum_b g_bk / old_k      d(new_k) = sum_b g_bk / new_k
    """
    z, old, new = _shares(logits, old, new)
    expect("grad", grad, z.shape)
    total = np.sum(grad, axis=0)
    return np.array(grad), -total / old, total / new


def _by_template(x, s, noise):
    """e (B, P), and the largest of each row."""
    e = (x @ s.T - (s**2).sum(axis=1) / 2) / noise**2
    return e, e.max(axis=1)


def _shares(logits, old, new):
    z, old, new = as_floats("logits", logits), as_floats("old", old), as_floats("new", new)
    check_priors(z, old, new, np.asarray)
    return z, old, new
