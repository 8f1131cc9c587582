"""Entries of losses of several tasks, and of gradients that conflict."""

import numpy as np

from mmref.concordance.exemptions import MEAN
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import multitask

BATCH, TASKS, WIDTH = 5, 3, 4
BOTH = ("classification", "regression", "classification")
REGRESSIONS = ("regression",) * TASKS


def _losses(rng, share=0.6, gaps=False):
    """Losses, and labels for about that share; gaps: NaN in them, a task with none."""
    losses, labelled = rng.gamma(2, size=(BATCH, TASKS)), rng.random((BATCH, TASKS)) < share
    labelled[0] = True
    if gaps:
        labelled[:, 1], labelled[2] = False, False
        losses[~labelled] = np.nan
    return {"losses": losses, "labelled": labelled}


def _weighting(rng, kinds, present=None):
    losses = rng.gamma(2, size=TASKS)
    if present is not None:
        losses[~present] = np.nan
    return {
        "losses": losses,
        "log_variances": rng.normal(size=TASKS),
        "kinds": kinds,
        "present": present,
    }


def _gradients(rng, order=None, pull=1.0):
    """Of tasks that all go against the last one, the more, the larger the pull."""
    g = rng.normal(size=(TASKS, WIDTH))
    g[:-1] -= pull * g[-1]
    return {"gradients": g, "order": order}


def _torch_nanmean(losses, labelled):
    import torch

    return torch.nanmean(torch.where(labelled, losses, torch.nan), dim=0)


def _keras_weighted(losses, labelled):
    from keras import losses as of_keras
    from keras import ops

    loss = of_keras.MeanAbsoluteError(reduction="mean_with_sample_weight", dtype=losses.dtype)
    columns = [
        loss(ops.zeros_like(losses[:, k : k + 1]), losses[:, k : k + 1], labelled[:, k])
        for k in range(TASKS)
    ]
    return ops.stack(columns)


def _torch_gaussian(losses, log_variances, kinds, present):
    import torch

    root, variance = losses.sqrt(), log_variances.exp()
    loss = torch.nn.functional.gaussian_nll_loss
    return loss(root, torch.zeros_like(root), variance, reduction="none")


def _weighting_layer(wing, arguments):
    return wing.UncertaintyWeighting(arguments["kinds"])


FORMULAS = (
    Formula(
        name="masked_task_loss",
        reference=multitask.masked_task_loss,
        gradient=multitask.masked_task_loss_gradient,
        samples={
            "some labels": _losses,
            "all labels": lambda rng: _losses(rng, share=1.0),
            "a task without labels": lambda rng: _losses(rng, gaps=True),
        },
        layer=function_of("masked_task_loss"),
        peers=(
            Peer("torch.nanmean", "torch", _torch_nanmean, ("some labels", "all labels")),
            Peer(
                "keras.losses, mean_with_sample_weight",
                "keras",
                _keras_weighted,
                ("some labels", "all labels"),
                exemptions=MEAN,
            ),
        ),
    ),
    Formula(
        name="uncertainty_weighting",
        reference=multitask.uncertainty_weighting,
        gradient=multitask.uncertainty_weighting_gradient,
        samples={
            "both kinds": lambda rng: _weighting(rng, BOTH, np.ones(TASKS, bool)),
            "regressions": lambda rng: _weighting(rng, REGRESSIONS),
            "a task that is missing": lambda rng: _weighting(
                rng, BOTH, np.array([True, False, True])
            ),
        },
        layer=_weighting_layer,
        weights=("log_variances",),
        peers=(
            Peer(
                "torch.nn.functional.gaussian_nll_loss",
                "torch",
                _torch_gaussian,
                ("regressions",),
            ),
        ),
    ),
    Formula(
        name="project_conflicts",
        reference=multitask.project_conflicts,
        gradient=multitask.project_conflicts_gradient,
        samples={
            "two against one": lambda rng: _gradients(rng, pull=2.0),
            "another order": lambda rng: _gradients(rng, (2, 0, 1)),
        },
        layer=function_of("project_conflicts"),
    ),
)
