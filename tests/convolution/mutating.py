"""How a mistake in a layer of images is put in its place and caught."""

import dataclasses
from types import SimpleNamespace

import numpy as np

from mmref.concordance import FORMULAS, compare


def mutated(name, layer_name, mutant):
    formula = FORMULAS[name]

    def layer(_, arguments):
        return formula.layer(SimpleNamespace(**{layer_name: mutant}), arguments)

    return dataclasses.replace(formula, layer=layer, peers=())


def is_caught(formula, dtype="float64"):
    try:
        with np.errstate(all="ignore"):
            return not all(row.ok for row in compare(formula, "torch", dtype))
    except RuntimeError as error:  # a result of another shape
        return "shape" in str(error)
