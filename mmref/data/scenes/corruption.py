"""What goes wrong with pictures: blur and noise."""

import math

import numpy as np

from mmref.contract.arrays import check_array, check_shape, dtype_name
from mmref.contract.settings import check_kind, check_number
from mmref.errors import ShapeError
from mmref.types import Array


def corrupt(
    images: Array, rng: np.random.Generator, noise: float = 0.0, blur: float = 0.0
) -> Array:
    """Blur pictures (N, H, W, 3), 0 to 1, then add Gaussian noise. Values are not clipped.

    images: float32 or float64, the color last.

    noise: standard deviation of each value; blur: of the Gaussian that is convolved, in pixels.
    What comes in from outside is white.

    >>> white = np.ones((1, 32, 32, 3), np.float32)
    >>> bool(np.allclose(corrupt(white, np.random.default_rng(0), blur=2), 1))
    True
    """
    check_number("noise", noise, 0)
    check_number("blur", blur, 0)
    check_kind("rng", rng, np.random.Generator, "a numpy.random.Generator")
    check_array("images", images, np.ndarray)
    if images.dtype not in (np.float32, np.float64):  # in which NumPy can draw noise
        raise ShapeError("images", "float32 or float64", dtype_name(images))
    check_shape("images", images, "N", "H", "W", 3)
    rows, columns = (blur_matrix(side, blur) for side in images.shape[1:3])
    # White minus the blurred ink, so that what comes in is white.
    ink = np.einsum("ij,njkc->nikc", rows, 1 - images, optimize=True)
    result = 1 - np.einsum("kl,nilc->nikc", columns, ink, optimize=True) if blur else images
    if noise:
        result = result + noise * rng.standard_normal(images.shape, images.dtype)
    return result


def blur_matrix(side: int, blur: float) -> Array:
    """(side, side) float32: what Gaussian blur, 0 beyond the edges, does to a row of pixels.

    >>> blur_matrix(2, 0)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    if not blur:
        return np.eye(side, dtype=np.float32)
    steps = np.arange(-math.ceil(4 * blur), math.ceil(4 * blur) + 1)
    total = np.exp(-0.5 * (steps / blur) ** 2).sum()
    distance = np.subtract.outer(np.arange(side), np.arange(side))
    kernel = np.exp(-0.5 * (distance / blur) ** 2) / total
    return np.where(np.abs(distance) <= steps[-1], kernel, 0).astype(np.float32)
