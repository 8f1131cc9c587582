"""Images as sequences: patches as tokens."""

import numpy as np

from mmref.contract.arrays import check_finite
from mmref.contract.convolution import check_maps
from mmref.contract.vision import check_patches
from mmref.reference._shared import expect
from mmref.types import Array, Pair


def patch_embedding(images: Array, weight: Array, bias: Array, patch: int) -> Array:
    """Cut images into squares and project each: a token for every patch.

    Formula
        t_n = W x_n + b,  x_n the pixels of patch n in the order row, column, channel; patches in
        reading order. The same numbers as a convolution whose stride is its kernel's size.

    Args
        images: (B, C, H, W) float. patch: P, dividing H and W.
        weight, bias: W (D, P P C), b (D,).

    Returns
        (B, N, D) with N = H W / P^2.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a size that the patch does not divide.

    Source
        Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, equation 1.

    >>> images = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> patch_embedding(images, np.ones((1, 4)), np.zeros(1), patch=2)[0, :, 0]  # sums of 2 x 2
    array([10., 18., 42., 50.])
    """
    patches = image_patches(images, patch)
    _check(patches, weight, bias)
    return patches @ np.transpose(weight) + bias


def patch_embedding_gradient(
    grad: Array, images: Array, weight: Array, bias: Array, patch: int
) -> tuple[Array, Array, Array]:
    """Gradients with respect to images, weight and bias.

    Formula
        dx_n = W^T g_n, put back where the patch was cut      dW = sum g_n x_n^T      db = sum g_n
    """
    patches = image_patches(images, patch)
    _check(patches, weight, bias)
    expect("grad", grad, (*patches.shape[:2], len(bias)))
    d_patches = grad @ np.asarray(weight)  # (B, N, P P C)
    batch, channels, height, width = np.shape(images)
    blocks = (batch, height // patch, width // patch, patch, patch, channels)
    d_images = d_patches.reshape(blocks).transpose(0, 5, 1, 3, 2, 4).reshape(np.shape(images))
    return d_images, np.einsum("bne,bnd->ed", grad, patches), grad.sum(axis=(0, 1))


def image_patches(images: Array, patch: int) -> Array:
    """(B, C, H, W) -> (B, N, P P C), patches in reading order, each row by row.

    >>> image_patches(np.arange(8.0).reshape(1, 1, 2, 4), 2)[0, 1]
    array([2., 3., 6., 7.])
    """
    images = np.asarray(images)
    check_maps(images)
    batch, channels, height, width = images.shape
    check_patches((height, width), patch)
    rows, columns = height // patch, width // patch
    cut = images.reshape(batch, channels, rows, patch, columns, patch)
    cut = cut.transpose(0, 2, 4, 3, 5, 1)  # (B, rows, columns, P, P, C)
    return cut.reshape(batch, rows * columns, patch * patch * channels)


def _check(patches, weight, bias):
    expect("bias", bias, ("D",))
    expect("weight", weight, (len(bias), patches.shape[-1]))


def touched_patches(boxes: Array, size: Pair, patch: int) -> Array:
    """Which patches of an image a box touches: what attention should point at.

    Formula
        touched[n] = the squares (P pixels wide) of patch n and the box have a pixel in common

    Args
        boxes: (B, 4) numbers: left, top, right, bottom in pixels, right and bottom not included.
        size: (H, W). patch: P, dividing both.

    Returns
        boolean (B, N), patches in reading order. It is a count of pixels and has no gradient.

    Errors
        ShapeError: boxes of another shape. ValueError: boxes that are not finite, a size that the
        patch does not divide.

    >>> touched_patches(np.array([[1, 0, 3, 2]]), (4, 4), patch=2).astype(int)
    array([[1, 1, 0, 0]])
    """
    check_patches(size, patch)
    boxes = np.asarray(boxes)
    expect("boxes", boxes, ("B", 4))
    check_finite("boxes", boxes)
    left, top, right, bottom = boxes.T[:, :, None]  # (B, 1) each
    rows, columns = (patch * np.arange(n // patch) for n in size)
    across = (columns < right) & (columns + patch > left)  # (B, W / P)
    down = (rows < bottom) & (rows + patch > top)  # (B, H / P)
    return (down[:, :, None] & across[:, None]).reshape(len(boxes), -1)
