"""How well the oracle reads pictures that are noisy or blurred."""

from collections.abc import Iterable, Sequence

import numpy as np

from mmref.contract.settings import check_kind
from mmref.data.scenes.attributes import check_number_of_scenes
from mmref.data.scenes.corruption import corrupt
from mmref.data.scenes.generation import generate
from mmref.data.scenes.oracle import read


def robustness(
    n: int = 500,
    seed: int = 0,
    side: int = 32,
    noise: Sequence[float] = (0.0, 0.1, 0.2, 0.3),
    blur: Sequence[float] = (0.0, 0.5, 1.0),
) -> list[dict[str, float]]:
    """Measure the oracle under every combination of noise and blur; one dictionary for each.

    scenes: share of the scenes read without any mistake.
    found, color, size, shape: share of the objects that were seen in their cell, and those seen
        with this property right.
    spurious: objects seen where there is none, per scene.

    >>> robustness(n=50, noise=[0.0], blur=[0.0])[0]
    {'side': 32, 'noise': 0.0, 'blur': 0.0, 'scenes': 1.0, 'found': 1.0, 'color': 1.0, \
'size': 1.0, 'shape': 1.0, 'spurious': 0.0}
    """
    check_number_of_scenes(n, side, 1)
    check_kind("noise", noise, Iterable, "a sequence of numbers")
    check_kind("blur", blur, Iterable, "a sequence of numbers")
    data = generate(n, seed, side)
    images = data.images.astype(np.float32) / np.float32(255)
    truth = _by_cell(data.objects)
    rows = []
    for strength in noise:
        for width in blur:
            changed = corrupt(images, np.random.default_rng(seed), strength, width)
            seen = _by_cell(read(changed).objects)
            there = truth[..., 0] >= 0
            right = (seen == truth)[there] & (seen[there][:, :1] >= 0)
            color, size, shape = right.mean(0).tolist()
            rows.append(
                {
                    "side": side,
                    "noise": float(strength),
                    "blur": float(width),
                    "scenes": float((seen == truth).all((1, 2)).mean()),
                    "found": float((seen[there][:, 0] >= 0).mean()),
                    **{"color": color, "size": size, "shape": shape},
                    "spurious": float(((seen[..., 0] >= 0) & ~there).sum() / n),
                }
            )
    return rows


def _by_cell(objects):
    """Color, size and shape of what stands in each cell: (N, 9, 3), -1 where nothing does."""
    result = np.full((len(objects), 9, 3), -1)
    scene, slot = np.nonzero(objects.mask)
    fields = np.stack([objects.colors, objects.sizes, objects.shapes], -1)
    result[scene, objects.places[scene, slot]] = fields[scene, slot]
    return result
