"""Bad input to spectral normalization: the same error in all three."""

import numpy as np
import pytest

from mmref.reference import spectral
from tests.adversarial.everywhere import everywhere, ones
from tests.messages import error_of
from tests.wings import WINGS, numpy, tensor, wing_of


@pytest.mark.parametrize(
    ("function", "arguments", "options", "message"),
    [
        (
            "power_iteration",
            (ones(4), ones(4)),
            {},
            "weight: expected (O, I, ...), got (4,)",
        ),
        ("power_iteration", (ones(4, 3), ones(3)), {}, "start: expected (4,), got (3,)"),
        ("power_iteration", (ones(4, 3), ones(4)), {"axis": 1}, "start: expected (3,), got (4,)"),
        (
            "power_iteration",
            (ones(4, 3), ones(4)),
            {"axis": 2},
            "axis: expected an axis of (4, 3), got 2",
        ),
        (
            "power_iteration",
            (ones(4, 3), ones(4)),
            {"steps": 0},
            "steps: expected an integer, at least 1, got 0",
        ),
        (
            "power_iteration",
            (ones(4, 3, dtype="int32"), ones(4)),
            {},
            "weight: expected floating-point numbers, got int32",
        ),
        (
            "spectral_normalization",
            (ones(4, 3, 2), ones(4), ones(3)),
            {},
            "right: expected (6,), got (3,)",
        ),
        (
            "spectral_normalization",
            (ones(4, 3), ones(3), ones(4)),
            {},
            "left: expected (4,), got (3,)",
        ),
        (
            "power_iteration",
            (ones(4, 3), ones(4, dtype="float16")),
            {},
            "start: expected float32 as weight, got float16",
        ),
        (
            "spectral_normalization",
            (ones(4, 3), ones(4), ones(3, dtype="float16")),
            {},
            "right: expected float32 as weight, got float16",
        ),
    ],
)
def test_weights_and_vectors_that_do_not_fit_are_refused(function, arguments, options, message):
    everywhere(
        lambda wing: getattr(wing or spectral, function),
        arguments,
        error_of(message),
        message,
        options,
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_spectral_norm_of_what_is_no_number(bad):
    weight = ones(4, 3)
    weight[1, 2] = bad
    assert np.isnan(spectral.spectral_norm(weight))


def test_power_iteration_lets_nan_through():
    weight = ones(4, 3)
    weight[1, 2] = np.nan
    assert all(np.isnan(v).all() for v in spectral.power_iteration(weight, ones(4)))
    for name in WINGS:
        given = tensor(name, weight), tensor(name, ones(4))
        assert all(np.isnan(numpy(v)).all() for v in wing_of(name).power_iteration(*given))
