"""Answers to max_pool2d_gradient and batch_norm."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong

POOL, NORM = "max_pool2d_gradient", "batch_norm"


def chosen(images, p, q, size, pick):
    rows, columns = slice(p * size, (p + 1) * size), slice(q * size, (q + 1) * size)
    return np.unravel_index(pick(images[rows, columns].ravel()), (size, size))


@right(POOL)
def pool_by_loops(grad, images, size, pick=np.argmax):
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        i, j = chosen(images[b, c], p, q, size, pick)
        found[b, c, p * size + i, q * size + j] += grad[b, c, p, q]
    return found


@right(POOL)
def pool_by_blocks(grad, images, size):
    B, C, rows, columns = grad.shape
    seen = images[:, :, : rows * size, : columns * size]
    blocks = seen.reshape(B, C, rows, size, columns, size).swapaxes(3, 4)
    flat = blocks.reshape(B, C, rows, columns, -1)
    first = flat.argmax(axis=-1)[..., None] == np.arange(size * size)
    spread = (first * grad[..., None]).reshape(blocks.shape).swapaxes(3, 4)
    found = np.zeros(images.shape)
    found[:, :, : rows * size, : columns * size] = spread.reshape(seen.shape)
    return found


def equal(grad, images, size, share=False):
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        rows, columns = slice(p * size, (p + 1) * size), slice(q * size, (q + 1) * size)
        top = images[b, c, rows, columns] == images[b, c, rows, columns].max()
        found[b, c, rows, columns] = top * grad[b, c, p, q] / (top.sum() if share else 1)
    return found


@wrong(POOL, "with ties", "only one gets the gradient")
def every_equal_pixel(*args):
    return equal(*args)


@wrong(POOL, "with ties", "Sharing among equals")
def shared_among_equals(*args):
    return equal(*args, share=True)


@wrong(POOL, "with ties", "not the last")
def last_of_equals(*args):
    return pool_by_loops(*args, pick=lambda x: len(x) - 1 - np.argmax(x[::-1]))


def each(grad, images, size, factor):
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        rows, columns = slice(p * size, (p + 1) * size), slice(q * size, (q + 1) * size)
        found[b, c, rows, columns] = grad[b, c, p, q] * factor
    return found


@wrong(POOL, "gradient of a mean")
def as_for_a_mean(grad, images, size):
    return each(grad, images, size, 1 / size**2)


@wrong(POOL, "did not decide")
def to_every_pixel(grad, images, size):
    return each(grad, images, size, 1)


@wrong(POOL, "no factor")
def times_the_pixel(grad, images, size):
    return pool_by_loops(grad, images, size) * images


@wrong(POOL, "gradient that arrives")
def a_mask(grad, images, size):
    return pool_by_loops(np.ones_like(grad), images, size)


@wrong(POOL, "one window", "Which one")
def the_smallest(*args):
    return pool_by_loops(*args, pick=np.argmin)


@wrong(POOL, "rows left over", "expected the shape (2, 3, 5, 8), got (2, 3, 3, 6)")
def without_the_rest(grad, images, size):
    rows, columns = (n * size for n in grad.shape[2:])
    return pool_by_loops(grad, images, size)[:, :, :rows, :columns].copy()


@wrong(POOL, "negative pixels", "Which one")
def compared_with_zero(grad, images, size):
    """The largest so far starts at 0, which is larger than any negative pixel."""
    found = pool_by_loops(grad, images, size)
    return np.where(images > 0, found, 0) if (images < 0).all() else found


@right(NORM)
def norm(images, scale, shift, eps, axes=(0, 2, 3), ddof=0):
    mean = images.mean(axis=axes, keepdims=True)
    variance = images.var(axis=axes, keepdims=True, ddof=ddof)
    normal = (images - mean) / np.sqrt(variance + eps)
    return normal * scale[None, :, None, None] + shift[None, :, None, None]


@right(NORM)
def norm_by_channels(images, scale, shift, eps):
    y = np.empty(images.shape)
    for c in range(images.shape[1]):
        x = images[:, c]
        centered = x - x.mean()
        y[:, c] = scale[c] * centered / (np.mean(centered**2) + eps) ** 0.5 + shift[c]
    return y


@wrong(NORM, "m - 1 is for what is stored")
def norm_unbiased(*args):
    return norm(*args, ddof=1)


@wrong(NORM, "under the root")
def norm_eps_outside(images, scale, shift, eps):
    deviation = images.std(axis=(0, 2, 3), keepdims=True) + eps
    normal = (images - images.mean(axis=(0, 2, 3), keepdims=True)) / deviation
    return normal * scale[:, None, None] + shift[:, None, None]


@wrong(NORM, "eps is missing")
def norm_without_eps(images, scale, shift, eps):
    return norm(images, scale, shift, 0.0)


@wrong(NORM, "an epsilon of 0.1", "eps is an argument")
def norm_eps_fixed(images, scale, shift, eps):
    return norm(images, scale, shift, 1e-5)


@wrong(NORM, "the root of the variance")
def norm_by_the_variance(images, scale, shift, eps):
    variance = images.var(axis=(0, 2, 3), keepdims=True)
    normal = (images - images.mean(axis=(0, 2, 3), keepdims=True)) / (variance + eps)
    return normal * scale[:, None, None] + shift[:, None, None]


@wrong(NORM, "the batch is shared")
def norm_of_each_image(*args):
    return norm(*args, axes=(2, 3))


@wrong(NORM, "shared by all places")
def norm_of_each_place(*args):
    return norm(*args, axes=0)


@wrong(NORM, "each has its own mean")
def norm_of_everything(*args):
    return norm(*args, axes=(0, 1, 2, 3))


@wrong(NORM, "layer norm")
def norm_of_layers(*args):
    return norm(*args, axes=(1, 2, 3))


@wrong(NORM, "are missing")
def norm_alone(images, scale, shift, eps):
    return norm(images, np.ones_like(scale), np.zeros_like(shift), eps)


@wrong(NORM, "In which order")
def norm_swapped(images, scale, shift, eps):
    return norm(images, shift, scale, eps)


@wrong(NORM, "In which order")
def norm_shift_before_scale(images, scale, shift, eps):
    return scale[:, None, None] * norm(images, np.ones_like(scale), shift, eps)


@wrong(NORM, "raised ValueError", "by itself")
def norm_scale_along_columns(images, scale, shift, eps):
    return norm(images, np.ones_like(scale), np.zeros_like(shift), eps) * scale + shift


@wrong(NORM, "far from zero", "cancel")
def norm_by_mean_of_squares(images, scale, shift, eps):
    mean = images.mean(axis=(0, 2, 3), keepdims=True)
    variance = (images**2).mean(axis=(0, 2, 3), keepdims=True) - mean**2
    return scale[:, None, None] * (images - mean) / np.sqrt(variance + eps) + shift[:, None, None]


@wrong(NORM, "is always added")
def norm_eps_as_a_floor(images, scale, shift, eps):
    mean = images.mean(axis=(0, 2, 3), keepdims=True)
    variance = np.maximum(images.var(axis=(0, 2, 3), keepdims=True), eps)
    return scale[:, None, None] * (images - mean) / np.sqrt(variance) + shift[:, None, None]


@wrong(POOL, "nearly equal", "Nearly equal is not equal")
def pool_in_single_precision(grad, images, size):
    return pool_by_loops(grad, images.astype("float32"), size)
