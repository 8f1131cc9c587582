"""Bad input to positions: the same error, word for word, in all three."""

import numpy as np
import pytest

from mmref.reference import positions
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, wing_of


@pytest.mark.parametrize(
    ("length", "dim", "message"),
    [
        (3, 5, "dim: expected an even number, a sine and a cosine each, got 5"),
        (3, 0, "dim: expected an integer, at least 1, got 0"),
        (-1, 4, "length: expected an integer, at least 0, got -1"),
        (2.0, 4, "length: expected an integer, at least 0, got 2.0"),
    ],
)
def test_lengths_and_widths_that_do_not_fit_are_refused(length, dim, message):
    functions = [positions.sinusoidal_positions]
    functions += [wing_of(name).sinusoidal_positions for name in WINGS]
    for function in functions:
        assert_raises(error_of(message), message, lambda f=function: f(length, dim))


@pytest.mark.parametrize("base", [0, -1, np.nan, np.inf, None])
def test_bases_that_are_no_positive_number_are_refused(base):
    message = f"base: expected a positive number, got {base!r}"
    functions = [positions.sinusoidal_positions]
    functions += [wing_of(name).sinusoidal_positions for name in WINGS]
    for function in functions:
        assert_raises(error_of(message), message, lambda f=function: f(3, 4, base))


def test_devices_that_pytorch_does_not_know_are_refused():
    wing = wing_of("torch")
    message = "device: expected a torch.device, the name of one, or None, got 'gpu'"
    assert_raises(ValueError, message, lambda: wing.sinusoidal_positions(3, 2, device="gpu"))
    assert_raises(ValueError, message, lambda: wing.causal_mask(3, device="gpu"))
