"""Finding a known signal in noise, and deciding where it is rarer than where one learned."""

from math import log

from keras import ops

from mmref.contract.detection import check_priors, check_signals
from mmref.keras._values import values
from mmref.types import Tensor


def signal_evidence(images: Tensor, templates: Tensor, noise: float) -> Tensor:
    """The evidence for one of several known signals in white noise: the log likelihood ratio.

    Formula
        E = log mean_i exp((s_i . x - |s_i|^2 / 2) / sigma^2)

    Args
        images: x (B, N), 0 in the mean without a signal. templates: s (P, N). noise: sigma.

    Returns
        E (B,). The prior's log odds added, it is the log odds of a signal.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: noise that is not positive. TypeError: no
        array.

    Source
        Peterson, Birdsall and Fox, "The theory of signal detectability", 1954.

    >>> x = ops.array([[0.5, 0.0], [0.0, 1.0]])
    >>> ops.convert_to_numpy(signal_evidence(x, ops.eye(2), 1.0)).round(3)
    array([-0.219,  0.12 ], dtype=float32)
    """
    check_signals(images, templates, noise)
    lengths = ops.sum(ops.square(templates), axis=1)  # (P,)
    e = (ops.matmul(images, ops.transpose(templates)) - lengths / 2) / noise**2  # (B, P)
    return ops.logsumexp(e, axis=1) - log(templates.shape[0])


def prior_shift(logits: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Logits learned where classes are frequent as ``old``, for a place where they are as ``new``.

    Formula
        z'_k = z_k + log new_k - log old_k

    Args
        logits: z (B, K). old, new: (K,), positive: shares, or counts, of the classes.

    Returns
        z' (B, K).

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a share that is not positive and finite;
        compiled code does not look. TypeError: no array.

    Source
        Saerens, Latinne and Decaestecker, Neural Computation 14(1), 2002, equation 2.4.

    >>> z = prior_shift(ops.log([[0.1, 0.9]]), ops.array([0.5, 0.5]), ops.array([0.9, 0.1]))
    >>> ops.convert_to_numpy(ops.softmax(z)).round(3)
    array([[0.5, 0.5]], dtype=float32)
    """
    check_priors(logits, old, new, values)
    return logits + ops.log(new) - ops.log(old)
