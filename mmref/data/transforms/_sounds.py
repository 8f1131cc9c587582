"""Sounds, varied: noise and a shift of the samples, stripes of a spectrogram painted over."""

import numpy as np

from mmref.contract.arrays import check_each, check_finite, check_floats, check_kept, check_shape
from mmref.contract.settings import check_count, check_number
from mmref.data.transforms._layout import check_paint, each
from mmref.data.transforms._random import Generators, check_rng, each_generator
from mmref.types import Array

WIDEST = 300  # decibels: a factor of 1e15, beyond what float64 can add


def add_noise(signals: Array, rng: Generators, ratio: float | Array = 20.0) -> Array:
    """Add normal noise to signals (B, T), floats, at a stated ratio of signal to noise.

    ratio: in decibels, 10 log10 of the mean square of a signal over that of its noise; one for
        all, or (B,), from -300 to 300. It holds exactly, sound by sound: the noise is scaled once
        it is drawn.

    Silence stays silent: no noise has a ratio to it. ValueError where the sum leaves the dtype.

    >>> signals = np.ones((1, 1000))
    >>> noise = add_noise(signals, np.random.default_rng(0), ratio=10.0) - signals
    >>> round(float(np.mean(noise**2)), 6)
    0.1
    """
    _check_signals(signals, rng)
    decibels = each("ratio", ratio, len(signals))
    right = (decibels >= -WIDEST) & (decibels <= WIDEST)
    check_each("ratio", decibels, f"decibels in [{-WIDEST}, {WIDEST}]", right)
    drawn = _normal(rng, signals.shape)
    wide = signals.astype(float)
    # At size 1, as the squares of large numbers would be infinite.
    size = np.max(np.abs(wide), axis=1, initial=0, keepdims=True)
    loudness, noisiness = (
        np.sum(a**2, axis=1, keepdims=True) for a in (wide / np.where(size > 0, size, 1), drawn)
    )
    scale = np.sqrt(loudness / np.maximum(noisiness, 1e-300)) * 10 ** (-decibels[:, None] / 20)
    with np.errstate(over="ignore"):
        noisy = wide + size * (scale * drawn)
    check_kept("signals + noise", noisy, signals.dtype.name)
    return noisy.astype(signals.dtype)


def shift_signals(signals: Array, rng: Generators, share: float = 0.1) -> Array:
    """Move each of the signals (B, T), floats, by up to this share of T, either way.

    All whole numbers of samples up to share * T have equal chances: where that is below 1, nothing
    moves. What is left behind is silent, what leaves at the other end is lost.

    >>> shift_signals(np.arange(1.0, 6.0)[None], np.random.default_rng(0), share=0.5)
    array([[0., 0., 1., 2., 3.]])
    """
    _check_signals(signals, rng)
    check_number("share", share, 0, 1)
    samples = signals.shape[1]
    most = int(share * samples)
    result = np.zeros_like(signals)
    for new, old, g in zip(result, signals, each_generator(rng, len(result)), strict=True):
        by = g.integers(-most, most, endpoint=True)
        new[max(by, 0) : samples + min(by, 0)] = old[max(-by, 0) : samples - max(by, 0)]
    return result


def mask_spectrogram(
    spectrograms: Array,
    rng: Generators,
    time: float = 0.2,
    bands: float = 0.2,
    count: int = 1,
    fill: float | None = None,
) -> Array:
    """Paint stripes over spectrograms (B, L, M), floats: some frames, and some bands.

    time, bands: a stripe is up to this share of the L frames, or M bands, wide; its width and then
        its place are drawn with equal chances.
    count: how many of each kind; they may overlap.
    fill: what they are painted with, a number of their dtype; None: the mean of each spectrogram.
        Of normalized ones that is 0, as in the source.

    What a ``Sound`` makes is (B, M, T, 1): take its last axis away, and exchange the settings.

    Park, Chan, Zhang, Chiu, Zoph, Cubuk and Le, "SpecAugment: a simple data augmentation method
    for automatic speech recognition", Interspeech 2019, arXiv 1904.08779, without the warp.

    >>> new = mask_spectrogram(np.ones((1, 4, 5)), np.random.default_rng(1), 0.5, 0.5, fill=0.0)
    >>> new[0]
    array([[1., 1., 1., 0., 0.],
           [1., 1., 1., 0., 0.],
           [0., 0., 0., 0., 0.],
           [1., 1., 1., 0., 0.]])
    """
    check_floats("spectrograms", spectrograms, np.ndarray)
    check_shape("spectrograms", spectrograms, "B", "L", "M")
    check_finite("spectrograms", spectrograms)
    check_rng(rng, len(spectrograms))
    for name, share in (("time", time), ("bands", bands)):
        check_number(name, share, 0, 1, closed=True)
    check_count("count", count, 0)
    if fill is not None:
        check_paint(fill, spectrograms.dtype)
    result = spectrograms.copy()
    for new, g in zip(result, each_generator(rng, len(result)), strict=True):
        paint = new.mean(dtype=float) if fill is None else fill
        for _ in range(count):
            new[_stripe(g, time, len(new))] = paint
            new[:, _stripe(g, bands, new.shape[1])] = paint
    return result


def _check_signals(signals, rng):
    check_floats("signals", signals, np.ndarray)
    check_shape("signals", signals, "B", "T")
    check_finite("signals", signals)
    check_rng(rng, len(signals))


def _normal(rng, shape):
    if isinstance(rng, np.random.Generator):
        return rng.normal(size=shape)
    return np.array([g.normal(size=shape[1:]) for g in rng]).reshape(shape)


def _stripe(rng, share, size):
    """A slice of up to a share of the size, anywhere."""
    width = rng.integers(0, int(share * size), endpoint=True)
    start = rng.integers(0, size - width, endpoint=True)
    return slice(start, start + width)
