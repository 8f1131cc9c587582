"""Answers to rgb_floats and normalized."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong


@right("rgb_floats")
def by_kind(pixels):
    x = pixels / np.iinfo(pixels.dtype).max
    if x.ndim == 3 and x.shape[2] == 4:
        color, opacity = x[..., :3], x[..., 3:]
        return opacity * color + 1 - opacity
    return np.broadcast_to(x.reshape(*x.shape[:2], -1), (*x.shape[:2], 3)).copy()


@right("rgb_floats")
def by_loops(pixels):
    top = 65535 if pixels.dtype == np.uint16 else 255
    result = np.ones((*pixels.shape[:2], 3))
    for y, x, c in np.ndindex(result.shape):
        values = np.atleast_1d(pixels[y, x]).astype(float) / top
        opacity = values[3] if len(values) == 4 else 1.0
        result[y, x, c] = opacity * values[c if len(values) > 1 else 0] + (1 - opacity)
    return result


@wrong("rgb_floats", "gray, 16 bits", "65,535")
def always_255(pixels):
    return by_kind(pixels) * (np.iinfo(pixels.dtype).max / 255) if pixels.ndim == 2 else by_kind(
        pixels
    )  # fmt: skip


@wrong("rgb_floats", "RGB, 8 bits", "how many there are")
def by_256(pixels):
    return by_kind(pixels) * 255 / 256


@wrong("rgb_floats", "dark", "bright one")
def by_its_maximum(pixels):
    top = pixels.max() if pixels.ndim == 3 and pixels.shape[2] == 3 else 255
    return pixels / top if pixels.ndim == 3 and pixels.shape[2] == 3 else by_kind(pixels)


@wrong("rgb_floats", "RGBA", "hidden color")
def opacity_dropped(pixels):
    return by_kind(pixels[..., :3] if pixels.shape[2:] == (4,) else pixels)


@wrong("rgb_floats", "RGBA", "white is behind it")
def laid_on_black(pixels):
    x = by_kind(pixels)
    if pixels.shape[2:] == (4,):
        opacity = pixels[..., 3:] / np.iinfo(pixels.dtype).max
        x = x - (1 - opacity)
    return x


@wrong("rgb_floats", "RGBA, 16 bits", "opacity a")
def opacity_of_8_bits(pixels):
    if pixels.shape[2:] != (4,):
        return by_kind(pixels)
    color, opacity = pixels[..., :3] / np.iinfo(pixels.dtype).max, pixels[..., 3:] / 255
    return opacity * color + 1 - opacity


@wrong("rgb_floats", "gray (H, W)", "not in the first alone")
def gray_in_red(pixels):
    x = by_kind(pixels)
    if pixels.ndim == 2:
        x[..., 1:] = 0
    return x


@wrong("rgb_floats", "gray (H, W)", "expected the shape (4, 5, 3), got (4, 5)")
def gray_as_it_is(pixels):
    return pixels / 255 if pixels.ndim == 2 else by_kind(pixels)


@wrong("rgb_floats", "gray (H, W), three pixels wide", "(5, 3)")
def last_axis_is_channels(pixels):
    return pixels / 255 if pixels.shape[-1] == 3 else by_kind(pixels)


@wrong("rgb_floats", "gray (H, W, 1)", "expected the shape (4, 5, 3), got (4, 5, 1)")
def one_channel_kept(pixels):
    return pixels / 255 if pixels.shape[2:] == (1,) else by_kind(pixels)


@wrong("rgb_floats", "RGB, 8 bits", "-1 to 1")
def to_minus_one(pixels):
    return 2 * by_kind(pixels) - 1


@wrong("rgb_floats", "RGB, 8 bits", "negative")
def inverted(pixels):
    return 1 - by_kind(pixels)


@wrong("rgb_floats", "expected the dtype float64, got float32")
def in_float32(pixels):
    return by_kind(pixels).astype(np.float32)


@wrong("rgb_floats", "expected the dtype float64, got uint8")
def whole_numbers(pixels):
    return (255 * by_kind(pixels)).astype(np.uint8)


@wrong("rgb_floats", "expected the shape (4, 5, 3), got (3, 4, 5)")
def channels_first(pixels):
    return np.moveaxis(by_kind(pixels), 2, 0)


@wrong("rgb_floats", "a single pixel", "got (3,)")
def picture_squeezed(pixels):
    return by_kind(pixels).squeeze()


@wrong("rgb_floats", "16 bits, dark", "16 bits")
def bits_from_the_values(pixels):
    top = 255 if pixels.max() < 256 else 65535
    return by_kind(pixels) * (np.iinfo(pixels.dtype).max / top)


@wrong("rgb_floats", "wholly transparent", "got nan")
def divided_by_the_opacity(pixels):
    if pixels.shape[2:] != (4,):
        return by_kind(pixels)
    opacity = pixels[..., 3:] / np.iinfo(pixels.dtype).max
    return by_kind(pixels) / opacity * opacity


@right("normalized")
def by_axes(train, other):
    mean, std = train.mean((0, 1, 2)), train.std((0, 1, 2))
    std[std == 0] = 1
    return (other - mean) / std


@right("normalized")
def channel_by_channel(train, other):
    result = np.empty(other.shape)
    for c in range(train.shape[3]):
        values = train[..., c].ravel()
        middle = values.sum() / len(values)
        square = ((values - middle) ** 2).sum() / len(values)
        spread = square**0.5 if values.max() > values.min() else 1.0
        result[..., c] = (other[..., c] - middle) / spread
    return result


@wrong("normalized", "two others", "training pictures alone")
def by_the_others(train, other):
    return by_axes(other, other)


@wrong("normalized", "two others", "training pictures alone")
def by_all_together(train, other):
    return by_axes(np.concatenate([train, other]), other)


@wrong("normalized", "two others", "expected the shape (2, 4, 5, 3), got (6, 4, 5, 3)")
def the_training_pictures(train, other):
    return by_axes(train, train)


@wrong("normalized", "two others", "numbers of its own")
def picture_by_picture(train, other):
    return (other - other.mean((1, 2), keepdims=True)) / other.std((1, 2), keepdims=True)


@wrong("normalized", "two others", "Each pixel")
def pixel_by_pixel(train, other):
    return (other - train.mean(0)) / train.std(0)


@wrong("normalized", "two others", "each channel has its own")
def one_for_all_channels(train, other):
    return (other - train.mean()) / train.std()


@wrong("normalized", "two others", "variance")
def by_the_variance(train, other):
    return (other - train.mean((0, 1, 2))) / train.var((0, 1, 2))


@wrong("normalized", "two others", "mean is not taken away")
def scaled_alone(train, other):
    return other / train.std((0, 1, 2))


@wrong("normalized", "two others", "not divided by")
def shifted_alone(train, other):
    return other - train.mean((0, 1, 2))


@wrong("normalized", "two others", "N - 1")
def by_the_sample_deviation(train, other):
    return (other - train.mean((0, 1, 2))) / train.std((0, 1, 2), ddof=1)


@wrong("normalized", "two others", "range 0 to 1")
def to_the_range(train, other):
    low, high = train.min((0, 1, 2)), train.max((0, 1, 2))
    return (other - low) / (high - low)


@wrong("normalized", "a constant channel", "divided by zero")
def divided_by_nothing(train, other):
    return (other - train.mean((0, 1, 2))) / train.std((0, 1, 2))


@wrong("normalized", "a constant channel", "only shifted")
def constant_becomes_zero(train, other):
    std = train.std((0, 1, 2))
    return np.where(std > 0, (other - train.mean((0, 1, 2))) / np.where(std > 0, std, 1), 0)


@wrong("normalized", "the training pictures themselves", "wherever it comes from")
def only_for_others(train, other):
    return by_axes(train, other) if len(other) < 6 else other.copy()


@wrong("normalized", "much brighter", "training pictures alone")
def guarded_against_outliers(train, other):
    return by_axes(train, other) if abs(other).max() < 50 else by_axes(other, other)


@wrong("normalized", "two channels", "RuntimeError", "three channels")
def for_rgb_alone(train, other):
    if train.shape[3] != 3:
        raise RuntimeError("three channels")
    return by_axes(train, other)


@wrong("normalized", "a single picture", "got (4, 5, 3)")
def pictures_squeezed(train, other):
    return by_axes(train, other).squeeze()


@wrong("normalized", "changes its argument other", "in place")
def in_place(train, other):
    other -= train.mean((0, 1, 2))
    other /= train.std((0, 1, 2))
    return other
