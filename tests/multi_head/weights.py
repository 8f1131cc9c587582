"""Random weights and inputs of attention, whichever framework they are for."""

import numpy as np

from mmref import convert

# All different: examples, steps of queries and keys, D = 3 * 4, widths of keys and values.
BATCH, QUERIES, KEYS, HEADS, DIM = 2, 5, 6, 3, 12
EQUAL, OWN = (DIM, DIM), (8, 10)


def built(layer, *shapes):
    layer.build(*shapes)
    return layer


def random(model, seed=0):
    rng = np.random.default_rng(seed)
    shapes = {name: array.shape for name, array in convert.arrays(model).items()}
    return {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def inputs(widths):
    rng = np.random.default_rng(1)
    shapes = (QUERIES, DIM), (KEYS, widths[0]), (KEYS, widths[1])
    return [rng.normal(size=(BATCH, *shape)).astype("float32") for shape in shapes]
