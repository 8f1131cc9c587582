"""Answers to the exercise on patches."""

import numpy as np

PATCHES = "image_patches"


def patches(images, patch):
    B, C, H, W = images.shape
    cut = images.reshape(B, C, H // patch, patch, W // patch, patch)
    return cut.transpose(0, 2, 4, 3, 5, 1).reshape(B, -1, patch * patch * C)


def by_slices(images, patch):
    rows, columns = (n // patch for n in images.shape[2:])
    found = []
    for p, q in np.ndindex(rows, columns):
        square = images[:, :, p * patch : (p + 1) * patch, q * patch : (q + 1) * patch]
        found.append(np.moveaxis(square, 1, -1).reshape(len(images), -1))
    return np.stack(found, axis=1)


def by_pixels(images, patch):
    B, C, H, W = images.shape
    found = np.zeros((B, (H // patch) * (W // patch), patch * patch * C))
    for b, c, r, t in np.ndindex(images.shape):
        n = (r // patch) * (W // patch) + t // patch
        found[b, n, ((r % patch) * patch + t % patch) * C + c] = images[b, c, r, t]
    return found


def changed(change):
    return lambda *args: change(patches(*args))


RIGHT = [(PATCHES, patches), (PATCHES, by_slices), (PATCHES, by_pixels)]
WRONG = [
    (PATCHES, lambda x, patch: patches(x, 2), "patches of 3"),
    (PATCHES, lambda x, patch: patches(x, min(patch, 4)), "longer axes", "known beforehand"),
    (PATCHES, lambda x, patch: patches(x[:, :3], patch), "longer axes", "known beforehand"),
    (PATCHES, lambda x, patch: patches(x[:, :, : x.shape[2] // 2], patch), "one image"),
    (PATCHES, lambda x, patch: patches(x.swapaxes(2, 3), patch), "one image"),
    (PATCHES, changed(lambda y: y[0]), "one image", "hint"),
    (PATCHES, changed(lambda y: y.reshape(-1, y.shape[2])), "hint"),
    (PATCHES, changed(lambda y: y.swapaxes(1, 2)), "expected the shape"),
    (PATCHES, changed(lambda y: y[:, ::-1]), "Write down patch 0"),
    (PATCHES, changed(lambda y: y.squeeze()), "one image", "squeezed"),
    (PATCHES, changed(abs), "one image"),
    (PATCHES, changed(lambda y: y.clip(0, 255)), "one image"),
    (PATCHES, changed(lambda y: y.astype("float32")), "the dtype float64"),
]  # fmt: skip
