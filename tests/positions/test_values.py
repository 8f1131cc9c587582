"""Positions: the same in all three, and what a shift does to them."""

import numpy as np
import pytest

from mmref.reference.positions import sinusoidal_positions
from tests.wings import WINGS, numpy, wing_of


@pytest.mark.parametrize(("length", "dim"), [(50, 8), (5000, 8), (1, 2), (0, 4)])
def test_positions_are_the_same_in_all_three(length, dim):
    expected = sinusoidal_positions(length, dim)
    assert expected.shape == (length, dim)
    for name in WINGS:
        found = numpy(wing_of(name).sinusoidal_positions(length, dim))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_a_shift_of_positions_is_a_rotation():
    """P[t + k] = R_k P[t], one small rotation for each frequency, whatever t is."""
    dim, shift = 6, 3
    p = sinusoidal_positions(40, dim)
    for i, frequency in enumerate(10000.0 ** (-np.arange(0, dim, 2) / dim)):
        angle = shift * frequency
        rotate = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        pair = p[:, 2 * i : 2 * i + 2]
        np.testing.assert_allclose(pair[shift:], pair[:-shift] @ rotate.T, atol=1e-12)
