"""Answers to rgb_floats and normalization."""

import numpy as np


def floats(pixels, top=None):
    x = pixels / (top or np.iinfo(pixels.dtype).max)
    if x.ndim == 3 and x.shape[2] == 4:
        return 1 - x[..., 3:] * (1 - x[..., :3])
    return np.broadcast_to(x.reshape(*x.shape[:2], -1), (*x.shape[:2], 3))


def floats_by_loops(pixels):
    top = 65535 if pixels.dtype == np.uint16 else 255
    result = np.ones((*pixels.shape[:2], 3))
    for y, x, c in np.ndindex(result.shape):
        values = np.atleast_1d(pixels[y, x]).astype(float) / top
        opacity = values[3] if len(values) == 4 else 1.0
        result[y, x, c] = opacity * values[c if len(values) > 1 else 0] + (1 - opacity)
    return result


def where(condition, change):
    """The floats, wrong for some pictures."""
    return lambda pixels: change(pixels) if condition(pixels) else floats(pixels)


def rgba(pixels):
    return pixels.shape[2:] == (4,)


def seen_or_not(pixels):
    return np.where(pixels[..., 3:] > 0, floats(pixels[..., :3]), 1.0)


def shallow_opacity(pixels):
    return 1 - pixels[..., 3:] / 255 * (1 - floats(pixels[..., :3]))


def divided_by_opacity(pixels):
    opacity = pixels[..., 3:] / np.iinfo(pixels.dtype).max
    return floats(pixels) / opacity * opacity


AXES = (0, 1, 2)


def normal(train, other, constant=lambda t: t.max(AXES) == t.min(AXES), small=0.0):
    std = np.where(constant(train), 1, train.std(AXES))
    return (other - train.mean(AXES)) / (std + small)


def normal_by_channels(train, other):
    result = np.empty(other.shape)
    for c in range(train.shape[3]):
        values = train[..., c].ravel()
        middle = sum(values) / len(values)
        spread = (sum((v - middle) ** 2 for v in values) / len(values)) ** 0.5
        result[..., c] = (other[..., c] - middle) / (spread if len(set(values)) > 1 else 1)
    return result


def normal_with(constant):
    return lambda train, other: normal(train, other, constant)


def in_place(train, other):
    other -= train.mean(AXES)
    return other


def constant_is_zero(train, other):
    return normal(train, other) * (train.max(AXES) > train.min(AXES))


RIGHT = [
    ("rgb_floats", floats),
    ("rgb_floats", floats_by_loops),
    ("normalization", normal),
    ("normalization", normal_by_channels),
    ("normalization", normal_with(lambda t: t.std(AXES) <= 1e-7 * abs(t.mean(AXES)))),
]
WRONG = [
    ("rgb_floats", where(lambda p: p.max() < 256, lambda p: floats(p, 255)), "16 bits, dark"),
    ("rgb_floats", lambda p: floats(p, 65536 if p.dtype == np.uint16 else 255), "gray, 16 bits"),
    ("rgb_floats", where(rgba, seen_or_not), "RGBA", "opacity a"),
    ("rgb_floats", where(rgba, shallow_opacity), "RGBA, 16 bits", "opacity a"),
    ("rgb_floats", where(rgba, divided_by_opacity), "RGBA", "got nan"),
    ("rgb_floats", where(lambda p: p.ndim == 2, lambda p: p / 255), "(4, 5, 3), got (4, 5)"),
    ("rgb_floats", where(lambda p: p.shape[-1] == 3, lambda p: p / 255), "three pixels wide"),
    ("rgb_floats", where(lambda p: p.shape[-1] == 4, shallow_opacity), "four pixels wide"),
    ("rgb_floats", where(lambda p: p.shape[-1] == 1, lambda p: p / 255), "one pixel wide"),
    ("rgb_floats", where(lambda p: p.shape[2:] == (1,), lambda p: p / 255), "got (4, 5, 1)"),
    ("rgb_floats", lambda p: floats(p).astype(np.float32), "dtype float64, got float32"),
    ("rgb_floats", lambda p: floats(p).astype(np.float32) * 1.0, "got float32"),
    ("rgb_floats", lambda p: np.float64(floats(p).astype(np.float32)), "digits"),
    ("rgb_floats", lambda p: (255 * floats(p)).astype(np.uint8), "dtype float64, got uint8"),
    ("rgb_floats", lambda p: np.moveaxis(floats(p), 2, 0), "expected the shape (4, 5, 3)"),
    ("rgb_floats", lambda p: floats(p).squeeze(), "one pixel wide", "got (4, 3)"),
    ("rgb_floats", lambda p: floats(p[:6, :6]), "longer axes"),
    ("normalization", normal_with(lambda t: t.std(AXES) < 0), "0.5 throughout", "by zero"),
    ("normalization", normal_with(lambda t: t.std(AXES) == 0), "0.1 throughout", "not quite 0"),
    ("normalization", normal_with(lambda t: t.std(AXES) < 1e-12), "as faint as 1e-20"),
    ("normalization", lambda t, o: normal(t, o, small=1e-8), "digits", "small constant"),
    ("normalization", constant_is_zero, "0.5 throughout", "only shifted"),
    ("normalization", lambda t, o: normal(t, t), "expected the shape (2, 4, 5, 3)"),
    ("normalization", lambda t, o: normal(t, o) if len(o) < 6 else o + 0, "pictures themselves"),
    ("normalization", lambda t, o: normal(t if o.max() < 50 else o, o), "much brighter"),
    ("normalization", lambda t, o: normal(t, o).clip(-10, 10), "much brighter"),
    ("normalization", lambda t, o: normal(t[..., :3], o[..., :3]), "longer axes"),
    ("normalization", lambda t, o: normal(t, o).squeeze(), "a single picture", "(4, 5, 3)"),
    ("normalization", lambda t, o: normal(t.astype("f4"), o), "digits", "float32"),
    ("normalization", in_place, "changes its argument other", "in place"),
]
