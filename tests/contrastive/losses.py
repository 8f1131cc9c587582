"""What the tests of contrastive losses share."""

import numpy as np

from tests.wings import wing_of

LOSSES = ("info_nce", "hardest_negative_triplet")


def pairs(batch=5, width=3, seed=0, near=0.5):
    """Images and texts, those of a row somewhat alike."""
    rng = np.random.default_rng(seed)
    images, other = rng.normal(size=(2, batch, width))
    return images, near * images + (1 - near) * other


def slopes(name, loss, images, texts):
    """The gradients of a wing's loss with respect to both."""
    from mmref.concordance.backends import run_keras, run_torch

    run = run_torch if name == "torch" else run_keras
    function = getattr(wing_of(name), loss)
    return run(function, {"images": images, "texts": texts}, np.array(1.0))[1]
