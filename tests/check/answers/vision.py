"""Answers to the exercise on patches."""

import numpy as np

PATCHES = "image_patches"


def by_slices(images, patch):
    rows, columns = (n // patch for n in images.shape[2:])
    found = []
    for p, q in np.ndindex(rows, columns):
        square = images[:, :, p * patch : (p + 1) * patch, q * patch : (q + 1) * patch]
        found.append(np.moveaxis(square, 1, -1).reshape(len(images), -1))
    return np.stack(found, axis=1)


RIGHT = [(PATCHES, by_slices)]
WRONG = [
    (PATCHES, lambda x, patch: by_slices(x, 2), "patches of 3"),
    (PATCHES, lambda x, patch: by_slices(x, min(patch, 4)), "longer axes", "known beforehand"),
    (PATCHES, lambda x, patch: by_slices(x[:, :, : x.shape[2] // 2], patch), "one image"),
    (PATCHES, lambda x, patch: by_slices(x.swapaxes(2, 3), patch), "one image"),
    (PATCHES, lambda *args: by_slices(*args)[:, ::-1], "Write down patch 0"),
]
