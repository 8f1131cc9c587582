"""Rows do not see each other, however many there are: none, one, or more."""

import numpy as np
import pytest

from tests.layers.cases import REGISTRY, SYSTEMS
from tests.layers.running import answer, arguments, ready, result
from tests.wings import WINGS

# What has no rows, or mixes them, and says so.
BY_ITSELF = {
    "batch_norm": "normalizes by the statistics of the batch",
    "spectral_normalization": "its first axis is that of a weight",
    "inverse_variance_weights": "its first axis is that of the sensors, whose weights sum to 1",
    "minimum_variance_weights": "likewise",
    "info_nce": "one number of a batch whose rows are each other's wrong answers",
    "hardest_negative_triplet": "likewise",
    "uncertainty_weighting": "its first axis is that of the tasks, which the layer knows",
    "project_conflicts": "its first axis is that of the tasks, which are compared",
    "averaged_gradients": "its first axis is that of the workers, over which is summed",
    "combined_statistics": "likewise",
    "ring_all_reduce": "likewise",
    "sgd_steps": "its first axis is that of the steps, each of which starts where the last ended",
    "rmsprop_steps": "likewise",
    "adam_steps": "likewise",
    "smoothed_cross_entropy": "one number of a whole batch",
    "pruned": "compares all numbers of a weight",
}
NUMBERS = ("loss", "penalty")  # of a whole batch
ROWS = [c for c in REGISTRY if c.of not in BY_ITSELF and not c.of.endswith(NUMBERS)]
ROWS = [(name, case) for case in (*ROWS, *SYSTEMS) for name in WINGS] + [
    ("reference", case) for case in ROWS
]
ALL_THREE = pytest.mark.parametrize(
    ("name", "case"), ROWS, ids=[f"{case.name}-{name}" for name, case in ROWS]
)


def part(name, case, rows):
    """The result for some rows of the batch alone."""
    size = len(answer(name, case))

    def cut(path, array):
        return array[rows] if len(array) == size else array

    return result(name, ready(name, case), arguments(name, case, change=cut))[0]


@ALL_THREE
def test_a_batch_of_one_equals_its_row_in_the_whole_batch(name, case):
    whole = answer(name, case)
    for i in range(len(whole)):
        row = part(name, case, slice(i, i + 1))
        np.testing.assert_allclose(row, whole[i : i + 1], rtol=1e-5, atol=1e-5)


@ALL_THREE
def test_an_empty_batch_gives_an_empty_result(name, case):
    assert part(name, case, slice(0)).shape == (0, *answer(name, case).shape[1:])
