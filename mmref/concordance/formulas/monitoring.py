"""Entry of the comparison of shares by bin."""

import numpy as np

from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import monitoring

BINS = 6


def _shares(rng, rows=(5,), spread=0.5):
    """Two distributions over bins, the second moved away from the first; no bin is near 0."""

    def shares(logits):
        found = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        return 0.8 * found + 0.2 / BINS

    logits = rng.normal(size=(*rows, BINS))
    return {
        "expected": shares(logits),
        "observed": shares(logits + spread * rng.normal(size=logits.shape)),
    }


def _torch_divergences(expected, observed):
    """One relative entropy and the other, by the framework's own."""
    from torch.nn.functional import kl_div

    there = kl_div(expected.log(), observed, reduction="none").sum(dim=-1)
    return there + kl_div(observed.log(), expected, reduction="none").sum(dim=-1)


def _keras_divergences(expected, observed):
    import keras

    # Keras cuts off below 1e-7 and above 1, where no share is.
    there = keras.losses.kl_divergence(observed, expected)
    return there + keras.losses.kl_divergence(expected, observed)


ALL = ("rows", "rows of rows", "far apart")
FORMULAS = (
    Formula(
        name="population_stability_index",
        reference=monitoring.population_stability_index,
        gradient=monitoring.population_stability_index_gradient,
        samples={
            "rows": _shares,
            "rows of rows": lambda rng: _shares(rng, (3, 2)),
            "far apart": lambda rng: _shares(rng, spread=2.0),
        },
        layer=function_of("population_stability_index"),
        peers=(
            Peer("torch.nn.functional.kl_div, both ways", "torch", _torch_divergences, ALL),
            Peer("keras.losses.kl_divergence, both ways", "keras", _keras_divergences, ALL),
        ),
    ),
)
