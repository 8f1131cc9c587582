"""Exercises on pixels: from whatever a file holds to floats, and normalization."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise


def pixel_cases():
    rng = np.random.default_rng(42)
    byte = "The largest value that 8 bits can hold becomes 1."
    yield _pixels("RGB, 8 bits", rng.integers(0, 256, (4, 5, 3), np.uint8), byte)
    yield _pixels("a dark picture", rng.integers(0, 40, (4, 5, 3), np.uint8), byte)
    gray = "Gray is the same value in all three channels."
    yield _pixels("gray (H, W)", rng.integers(0, 256, (4, 5), np.uint8), gray)
    yield _pixels("gray (H, W), three pixels wide", rng.integers(0, 256, (5, 3), np.uint8), gray)
    yield _pixels("gray (H, W, 1)", rng.integers(0, 256, (4, 5, 1), np.uint8), gray)
    deep = "The largest value that 16 bits can hold becomes 1."
    yield _pixels("gray, 16 bits", rng.integers(0, 65536, (4, 5), np.uint16), deep)
    yield _pixels("gray, 16 bits, dark", rng.integers(0, 200, (4, 5), np.uint16), deep)
    see = "A pixel of opacity a shows a of its own color and 1 - a of the white behind it."
    yield _pixels("RGBA", rng.integers(0, 256, (4, 5, 4), np.uint8), see)
    yield _pixels("RGBA, 16 bits", rng.integers(0, 65536, (4, 5, 4), np.uint16), see)
    clear = np.zeros((2, 3, 4), np.uint8)
    yield _pixels("black, and wholly transparent", clear, "What is transparent shows white.")
    one = rng.integers(0, 256, (1, 1, 4), np.uint8)
    yield _pixels("a single pixel, RGBA", one, "The axes stay, whatever their length.")


def _pixels(words, pixels, hint):
    return Case(words, (pixels,), hint)


def _rgb_floats(pixels, largest=None, behind=1.0):
    largest = np.iinfo(pixels.dtype).max if largest is None else largest
    x = pixels / np.float64(largest)
    x = x[..., None] if x.ndim == 2 else x
    if x.shape[2] == 1:
        return x.repeat(3, axis=2)
    if x.shape[2] == 4:
        return x[..., 3:] * x[..., :3] + behind * (1 - x[..., 3:])
    return x.copy()


def _first_channel_alone(pixels):
    x = _rgb_floats(pixels)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        x[..., 1:] = 0
    return x


def _by_the_largest(pixels):
    return _rgb_floats(pixels, max(int(pixels.max()), 1))


def _opacity_dropped(pixels):
    return _rgb_floats(pixels[..., :3] if pixels.ndim == 3 and pixels.shape[2] == 4 else pixels)


PIXEL_MISTAKES = (
    ("16 bits go up to 65,535.", lambda p: _rgb_floats(p, 255)),
    ("The largest value counts, not how many there are: 255 must become 1.",
     lambda p: _rgb_floats(p, np.iinfo(p.dtype).max + 1)),
    ("By the largest value of its own, a dark picture becomes a bright one.", _by_the_largest),
    ("The opacity has no effect yet: what is transparent shows its hidden color.",
     _opacity_dropped),
    ("That is laid on black; white is behind it.", lambda p: _rgb_floats(p, behind=0.0)),
    ("Gray is the same value in all three channels, not in the first alone.",
     _first_channel_alone),
    ("This is -1 to 1; 0 to 1 is wanted.", lambda p: 2 * _rgb_floats(p) - 1),
    ("This is the negative: 0 is black and 1 is white.", lambda p: 1 - _rgb_floats(p)),
)  # fmt: skip


def normalization_cases():
    rng = np.random.default_rng(43)
    train = rng.normal([0.2, 0.5, 0.7], [0.05, 0.1, 0.3], (6, 4, 5, 3))
    other = rng.normal([0.4, 0.5, 0.6], [0.2, 0.1, 0.1], (2, 4, 5, 3))
    hint = "One mean and one deviation for each channel, over all training pictures and pixels."
    yield Case("six pictures to learn from, two others", (train, other), hint)
    same = "The same mean and deviation for every picture, wherever it comes from."
    yield Case("the training pictures themselves", (train, train.copy()), same)
    yield Case("the others much brighter", (train, other + 100), "Do the others shape the numbers?")
    yield Case("two channels, another size", (train[..., :2], other[:, :2, :, :2]), hint)
    flat = train.copy()
    flat[..., 1] = 0.5
    zero = "A channel without any deviation is only shifted, not divided by zero."
    yield Case("a constant channel", (flat, other), zero)
    yield Case("a single picture", (train[:1], other[:1]), "The axes stay, whatever their length.")


AXES = (0, 1, 2)


def _normalized(train, other, axes=AXES, ddof=0):
    mean = train.mean(axes, keepdims=True)
    std = train.std(axes, keepdims=True, ddof=ddof)
    return (other - mean) / np.where(std > 0, std, 1)


def _to_range(train, other):
    low, high = train.min(AXES), train.max(AXES)
    return (other - low) / np.where(high > low, high - low, 1)


NORMALIZATION_MISTAKES = (
    ("The others shaped the numbers: they must come from the training pictures alone.",
     lambda t, o: _normalized(o, o)),
    ("The others shaped the numbers: they must come from the training pictures alone.",
     lambda t, o: _normalized(np.concatenate([t, o]), o)),
    ("Each picture has numbers of its own here: one mean for all.",
     lambda t, o: _normalized(o, o, (1, 2))),
    ("Each pixel has numbers of its own here: one mean for all places.",
     lambda t, o: _normalized(t, o, (0,))),
    ("One mean for all channels: each channel has its own.",
     lambda t, o: _normalized(t, o, None)),
    ("Divide by the standard deviation, not by the variance.",
     lambda t, o: (o - t.mean(AXES)) / np.where(t.var(AXES) > 0, t.var(AXES), 1)),
    ("The mean is not taken away.", lambda t, o: o / np.where(t.std(AXES) > 0, t.std(AXES), 1)),
    ("The deviation is not divided by.", lambda t, o: o - t.mean(AXES)),
    ("That is the sample's estimate, with N - 1: divide by N.",
     lambda t, o: _normalized(t, o, ddof=1)),
    ("That brings the training pictures to the range 0 to 1: another normalization.", _to_range),
)  # fmt: skip

PIXELS = "rgb_floats(pixels)"
NORMALIZED = "normalized(train, other)"
EXERCISES = {
    "rgb_floats": Exercise(
        PIXELS,
        "pixels, one picture as a file holds it, uint8 or uint16: gray (H, W) or (H, W, 1), RGB "
        "(H, W, 3) or RGBA (H, W, 4), whose last channel is the opacity. Returns float64 "
        "(H, W, 3), black 0 and white 1; what is transparent lies on white.",
        compare_function(PIXELS, _rgb_floats, pixel_cases, PIXEL_MISTAKES),
    ),
    "normalized": Exercise(
        NORMALIZED,
        "train (N, H, W, C) and other (M, H, W, C), pictures as floats. Returns other (M, H, W, C) "
        "with each channel shifted and scaled by the mean and the standard deviation (divided by "
        "N H W) that this channel has in train; a channel that is constant there is only shifted.",
        compare_function(NORMALIZED, _normalized, normalization_cases, NORMALIZATION_MISTAKES),
    ),
}
