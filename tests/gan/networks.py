"""Tiny networks, and how to train them in either wing."""

import numpy as np

from mmref import convert
from tests.wings import wing_of

NETWORKS = {
    "generator": {"classes": 3, "size": 8, "latent": 5, "embedding": 4, "width": 4},
    "discriminator": {"classes": 3, "size": 8, "width": 4},
}


def examples(count=26):
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, size=(count, 3, 8, 8)).astype("float32"), rng.integers(0, 3, count)


def networks(name, scale=None, size=8):
    """Both networks; with ``scale``, weights of that size instead of 0.02."""
    wing = wing_of(name)
    models = {
        "generator": wing.Generator(**NETWORKS["generator"] | {"size": size}),
        "discriminator": wing.Discriminator(**NETWORKS["discriminator"] | {"size": size}),
    }
    for i, model in enumerate(models.values()):
        rng = np.random.default_rng(i)
        arrays = convert.arrays(model)
        if scale:
            drawn = {n: scale * rng.normal(size=a.shape) for n, a in arrays.items() if a.ndim > 1}
            convert.set_arrays(model, arrays | drawn)
    return models
