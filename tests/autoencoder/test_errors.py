"""Bad input to what autoencoders are trained on: the same error in all three wings."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import autoencoder
from tests.adversarial.everywhere import everywhere, ones
from tests.wings import WINGS, numpy, tensor, wing_of

CODE, PICTURES = ones(3, 2), ones(3, 2, 2)


def refused(function, arguments, error, message, **options):
    everywhere(
        lambda wing: getattr(wing or autoencoder, function), arguments, error, message, options
    )


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("gaussian_kl", (CODE, ones(3, 3)), "log_variance: expected (3, 2) as mean, got (3, 3)"),
        ("gaussian_kl", (ones(3), ones(3)), "mean: expected (B, Z), got (3,)"),
        (
            "gaussian_kl",
            (CODE, CODE.astype(float)),
            "log_variance: expected float32 as mean, got float64",
        ),
        ("reparameterize", (CODE, CODE, CODE[:2]), "noise: expected (3, 2) as mean, got (2, 2)"),
        (
            "reconstruction_loss",
            (PICTURES, PICTURES[:2]),
            "targets: expected (3, 2, 2) as outputs, got (2, 2, 2)",
        ),
        ("reconstruction_loss", (ones(3), ones(3)), "outputs: expected (B, D, ...), got (3,)"),
        (
            "reconstruction_loss",
            (ones(3, 0), ones(3, 0)),
            "outputs: expected at least one number in a row, got (3, 0)",
        ),
        (
            "reconstruction_loss",
            (PICTURES, PICTURES, np.ones(2, bool)),
            "present: expected 3 rows as outputs, got 2",
        ),
        (
            "reconstruction_loss",
            (PICTURES, PICTURES, ones(3)),
            "present: expected dtype bool (True = the target is there), got float32",
        ),
        (
            "elbo",
            (PICTURES, PICTURES, CODE[:2], CODE[:2]),
            "mean: expected 3 rows as outputs, got 2",
        ),
    ],
)
def test_arrays_that_do_not_go_together(function, arguments, message):
    refused(function, arguments, ShapeError, message)


def test_numbers_out_of_range():
    arguments = (PICTURES, PICTURES, CODE, CODE)
    message = "variance: expected a positive number, got 0"
    refused("elbo", arguments, ValueError, message, variance=0)
    message = "beta: expected a finite number, at least 0, got -1.0"
    refused("elbo", arguments, ValueError, message, beta=-1.0)


@pytest.mark.parametrize("name", WINGS)
def test_nan_comes_through_where_it_counts(name):
    code = CODE.copy()
    code[1, 0] = np.nan
    found = numpy(wing_of(name).gaussian_kl(tensor(name, code), tensor(name, CODE)))
    assert np.isnan(found).tolist() == [False, True, False]
