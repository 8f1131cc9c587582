"""Answers to the exercise on max-pooling."""

import numpy as np

POOL = "max_pool2d_gradient"


def by_loops(grad, images, size, pick=np.argmax):
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        window = images[b, c, p * size : (p + 1) * size, q * size : (q + 1) * size]
        i, j = np.unravel_index(pick(window.ravel()), (size, size))
        found[b, c, p * size + i, q * size + j] += grad[b, c, p, q]
    return found


def by_blocks(grad, images, size):
    B, C, rows, columns = grad.shape
    seen = images[:, :, : rows * size, : columns * size]
    blocks = seen.reshape(B, C, rows, size, columns, size).swapaxes(3, 4)
    flat = blocks.reshape(B, C, rows, columns, -1)
    first = flat.argmax(axis=-1)[..., None] == np.arange(size * size)
    spread = (first * grad[..., None]).reshape(blocks.shape).swapaxes(3, 4)
    found = np.zeros(images.shape)
    found[:, :, : rows * size, : columns * size] = spread.reshape(seen.shape)
    return found


def by_running_maximum(grad, images, size, start=-np.inf):
    """Pixel after pixel, the largest so far kept in mind."""
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        largest, place = start, None
        for i, j in np.ndindex(size, size):
            here = b, c, p * size + i, q * size + j
            if images[here] > largest:
                largest, place = images[here], here
        if place:
            found[place] = grad[b, c, p, q]
    return found


def by_torch(grad, images, size):
    import torch

    x = torch.tensor(images).requires_grad_()
    torch.nn.functional.max_pool2d(x, size).backward(torch.tensor(grad))
    return x.grad.numpy()


def without_the_rest(grad, images, size):
    rows, columns = (n * size for n in grad.shape[2:])
    return by_loops(grad, images, size)[:, :, :rows, :columns]


def with_the_rest(grad, images, size):
    """Windows at the border that are cut short are pooled as well."""
    rows, columns = (-n % size for n in images.shape[2:])
    wide = np.pad(images, ((0, 0), (0, 0), (0, rows), (0, columns)), constant_values=-np.inf)
    places = (n // size for n in wide.shape[2:])
    more = np.ones((*images.shape[:2], *places))
    more[:, :, : grad.shape[2], : grad.shape[3]] = grad
    return by_loops(more, wide, size)[:, :, : images.shape[2], : images.shape[3]]


def changed(change):
    return lambda *args: change(by_loops(*args))


RIGHT = [(POOL, by_loops), (POOL, by_blocks), (POOL, by_running_maximum), (POOL, by_torch)]
WRONG = [
    (POOL, lambda *args: by_loops(*args, pick=np.argmin), "one window", "Which one"),
    (POOL, lambda *args: by_loops(*args, pick=lambda x: abs(x).argmax()), "Which one"),
    (POOL, lambda *args: by_running_maximum(*args, start=0), "Which one"),
    (POOL, lambda *args: by_running_maximum(*args, start=-1e9), "near -1e10", "Which one"),
    (POOL, lambda g, x, size: by_loops(g, x.astype("float32"), size), "nearly equal"),
    (POOL, lambda g, x, size: by_loops(g, x.round(6), size), "Nearly equal is not equal"),
    (POOL, without_the_rest, "rows left over", "expected the shape (2, 3, 5, 8), got (2, 3, 3, 6)"),
    (POOL, with_the_rest, "rows left over", "no whole window reaches"),
    (POOL, lambda g, x, size: by_loops(g[:, :, :3, :3], x, size), "longer axes"),
    (POOL, lambda g, x, size: by_loops(g, x, min(size, 3)), "longer axes", "known beforehand"),
    (POOL, lambda g, x, size: by_loops(abs(g), x, size), "one window"),
    (POOL, changed(lambda d: d.squeeze()), "one window", "squeezed"),
    (POOL, changed(lambda d: d.clip(-100, 100)), "clipped"),
    (POOL, changed(lambda d: d.astype("float32")), "the dtype float64"),
    (POOL, changed(lambda d: (d,)), "a tuple"),
]  # fmt: skip
