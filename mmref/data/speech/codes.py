"""Samples of a sound as codes of eight bits, and back."""

import numpy as np

from mmref.contract.arrays import check_array, check_finite, check_floats
from mmref.errors import ShapeError
from mmref.types import Array

MU = 255


def mu_law(samples: Array) -> Array:
    """Samples from -1 to 1, float32 or float64 of any shape, as codes from 0 to 255, uint8.

    Formula
        y = sign(x) ln(1 + 255 |x|) / ln 256
        code = floor(255 (y + 1) / 2 + 1/2)

    Codes lie close together where samples are small, so that an error is about a share of the
    sample, at most 1/45 of it and 1/11,000 of full scale. Samples beyond -1 and 1 are clipped.
    This is the curve that ITU-T's Recommendation G.711 follows in straight pieces; its codes are
    others.

    Errors
        TypeError, ShapeError, ValueError: anything but finite floats in a NumPy array.

    >>> mu_law(np.array([-1.0, -0.01, 0.0, 0.01, 1.0]))
    array([  0,  98, 128, 157, 255], dtype=uint8)
    """
    check_floats("samples", samples, np.ndarray)
    check_finite("samples", samples)
    clipped = np.clip(samples.astype(np.float64), -1, 1)
    y = np.sign(clipped) * np.log1p(MU * np.abs(clipped)) / np.log1p(MU)
    return np.floor(MU * (y + 1) / 2 + 0.5).astype(np.uint8)


def from_mu_law(codes: Array) -> Array:
    """The samples, float32, that codes of ``mu_law`` stand for.

    Formula
        y = 2 code / 255 - 1
        x = sign(y) (256^|y| - 1) / 255

    Errors
        TypeError, ShapeError: anything but uint8 in a NumPy array.

    >>> from_mu_law(np.array([0, 98, 128, 157, 255], np.uint8)).astype(float).round(4).tolist()
    [-1.0, -0.0102, 0.0001, 0.0102, 1.0]
    """
    check_array("codes", codes, np.ndarray)
    if codes.dtype != np.uint8:
        raise ShapeError("codes", "uint8", str(codes.dtype))
    y = 2 * np.arange(MU + 1) / MU - 1
    table = np.sign(y) * np.expm1(np.abs(y) * np.log1p(MU)) / MU
    return table.astype(np.float32)[codes]
