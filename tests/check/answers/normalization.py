"""Answers to the exercise on batch norm."""

import numpy as np

NORM = "batch_norm"
EACH = 0, 2, 3


def norm(images, scale, shift, eps, mean=np.mean, variance=np.var):
    center, spread = (f(images, axis=EACH, keepdims=True) for f in (mean, variance))
    normal = (images - center) / np.sqrt(spread + eps)
    return normal * scale[None, :, None, None] + shift[None, :, None, None]


def by_channels(images, scale, shift, eps):
    y = np.empty(images.shape, order="F")
    for c in range(images.shape[1]):
        x = images[:, c]
        centered = x - x.mean()
        y[:, c] = scale[c] * centered / (np.mean(centered**2) + eps) ** 0.5 + shift[c]
    return y


def by_python(images, scale, shift, eps):
    """Sums of plain numbers, one after the other."""
    y = np.empty(images.shape)
    for c in range(images.shape[1]):
        x = images[:, c].ravel().tolist()
        mean = sum(x) / len(x)
        variance = sum((a - mean) ** 2 for a in x) / len(x)
        normal = [(a - mean) / (variance + eps) ** 0.5 for a in x]
        y[:, c] = np.reshape([scale[c] * n + shift[c] for n in normal], images[:, c].shape)
    return y


def by_torch(images, scale, shift, eps):
    import torch

    x, a, b = (torch.tensor(array) for array in (images, scale, shift))
    return torch.nn.functional.batch_norm(x, None, None, a, b, True, eps=eps).numpy()


def of_squares(x, **options):
    return (x**2).mean(**options) - x.mean(**options) ** 2


def along_columns(images, scale, shift, eps):
    return norm(images, scale**0, 0 * shift, eps) * scale + shift


def norm_of(**parts):
    return lambda *args: norm(*args, **parts)


def changed(change):
    return lambda *args: change(norm(*args))


RIGHT = [(NORM, norm), (NORM, by_channels), (NORM, by_python), (NORM, by_torch)]
WRONG = [
    (NORM, norm_of(variance=of_squares), "far from zero", "all digits cancel"),
    (NORM, lambda x, a, b, eps: norm(x, a, b, 0, variance=lambda *x, **o: np.maximum(
        np.var(*x, **o), eps)), "a small constant"),
    (NORM, lambda x, a, b, eps: norm(x, a, b, max(eps, 1e-5)), "an epsilon of 1e-12"),
    (NORM, norm_of(mean=np.median), "four images", "by itself"),
    (NORM, norm_of(mean=lambda x, **o: 0), "four images"),
    (NORM, lambda x, a, b, eps: norm(x, abs(a), b, eps), "hint"),
    (NORM, along_columns, "raised ValueError", "Channels are the second axis"),
    (NORM, lambda x, a, b, eps: norm(x[:, :3], a[:3], b[:3], eps), "longer axes"),
    (NORM, lambda x, a, b, eps: norm(x.clip(-100, 100), a, b, eps), "far from zero"),
    (NORM, changed(lambda y: y.clip(-10, 10)), "1000"),
    (NORM, changed(lambda y: y.squeeze()), "one image", "squeezed"),
    (NORM, changed(lambda y: y.astype("float32").astype(float)), "is there float32"),
    (NORM, changed(lambda y: y.astype(np.longdouble)), "the dtype float64"),
    (NORM, changed(lambda y: y[:1] + 0 * y), "the same for every image"),
]  # fmt: skip
