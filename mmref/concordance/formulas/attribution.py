"""Entries of credit for the parts of an input."""

import numpy as np

from mmref.concordance.exemptions import MEAN, TANH
from mmref.concordance.formula import Formula, function_of
from mmref.concordance.formulas.penalty import network
from mmref.reference import attribution

BATCH, WIDTH, HIDDEN = 5, 3, 4


def _maps(rng, shift=0.0):
    """Activations and slopes; all sizes differ."""
    shape = (BATCH, 3, 4, 2)
    return {"activations": rng.normal(size=shape), "slopes": rng.normal(size=shape) + shift}


def _way(rng, steps, start=None):
    # Weights that bend the way: of a linear score every number of steps gives the same.
    baselines = rng.normal(size=(BATCH, WIDTH)) if start is None else np.zeros((BATCH, WIDTH))
    return {
        "inputs": rng.normal(size=(BATCH, WIDTH)),
        "baselines": baselines,
        "weight": rng.normal(size=(HIDDEN, WIDTH)),
        "bias": rng.normal(size=HIDDEN),
        "output": rng.normal(size=HIDDEN),
        "steps": steps,
    }


def _way_layer(wing, arguments):
    def integrated(inputs, baselines, weight, bias, output):
        score = network(wing, weight, bias, output)
        return wing.integrated_gradients(inputs, baselines, score, arguments["steps"])

    return integrated


FORMULAS = (
    Formula(
        name="shapley_values",
        reference=attribution.shapley_values,
        gradient=attribution.shapley_values_gradient,
        samples={
            "two modalities": lambda rng: {"values": rng.normal(size=(BATCH, 4))},
            "three modalities": lambda rng: {"values": rng.normal(size=(BATCH, 8))},
            "one modality": lambda rng: {"values": rng.normal(size=(BATCH, 2))},
        },
        layer=function_of("shapley_values"),
    ),
    Formula(
        name="grad_cam",
        reference=attribution.grad_cam,
        gradient=attribution.grad_cam_gradient,
        samples={
            "random maps": _maps,
            "rising channels": lambda rng: _maps(rng, shift=1.0),
        },
        layer=function_of("grad_cam"),
        images=("activations", "slopes"),
        exemptions=MEAN,
    ),
    Formula(
        name="integrated_gradients",
        reference=attribution.integrated_gradients,
        gradient=attribution.integrated_gradients_gradient,
        samples={
            "eight steps": lambda rng: _way(rng, 8),
            "one step, from zeros": lambda rng: _way(rng, 1, 0),
        },
        layer=_way_layer,
        exemptions=TANH,
    ),
)
