"""Finding a known signal in noise, and deciding where it is rarer than where one learned."""

from math import log

import torch

from mmref.contract.detection import check_priors, check_signals
from mmref.torch._values import values


def signal_evidence(images: torch.Tensor, templates: torch.Tensor, noise: float) -> torch.Tensor:
    """The evidence for one of several known signals in white noise: the log likelihood ratio.

    Formula
        E = log mean_i exp((s_i . x - |s_i|^2 / 2) / sigma^2)

    Args
        images: x (B, N), 0 in the mean without a signal. templates: s (P, N). noise: sigma.

    Returns
        E (B,). The prior's log odds added, it is the log odds of a signal.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: noise that is not positive. TypeError: no
        tensor.

    Source
        Peterson, Birdsall and Fox, "The theory of signal detectability", 1954.

    >>> x = torch.tensor([[0.5, 0.0], [0.0, 1.0]])
    >>> signal_evidence(x, torch.eye(2), 1.0)
    tensor([-0.2191,  0.1201])
    """
    check_signals(images, templates, noise, torch.Tensor)
    e = (images @ templates.T - templates.square().sum(dim=1) / 2) / noise**2  # (B, P)
    return torch.logsumexp(e, dim=1) - log(len(templates))


def prior_shift(logits: torch.Tensor, old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    """Logits learned where classes are frequent as ``old``, for a place where they are as ``new``.

    Formula
        z'_k = z_k + log new_k - log old_k

    Args
        logits: z (B, K). old, new: (K,), positive: shares, or counts, of the classes.

    Returns
        z' (B, K).

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a share that is not positive and finite;
        compiled code does not look. TypeError: no tensor.

    Source
        Saerens, Latinne and Decaestecker, Neural Computation 14(1), 2002, equation 2.4.

    >>> z = torch.tensor([[0.1, 0.9]]).log()
    >>> prior_shift(z, torch.tensor([0.5, 0.5]), torch.tensor([0.9, 0.1])).softmax(dim=1)
    tensor([[0.5000, 0.5000]])
    """
    check_priors(logits, old, new, values, torch.Tensor)
    return logits + new.log() - old.log()
