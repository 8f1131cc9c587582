"""Sounds, varied: noise and a shift of the samples, stripes of a spectrogram painted over."""

import numpy as np

from mmref.contract.arrays import check_finite, check_floats, check_shape
from mmref.contract.settings import check_count, check_number
from mmref.data.transforms._layout import each
from mmref.data.transforms._random import Generators, check_rng, each_generator, uniform
from mmref.types import Array


def add_noise(signals: Array, rng: Generators, ratio: float | Array = 20.0) -> Array:
    """Add normal noise to signals (B, T), floats, at a stated ratio of signal to noise.

    ratio: in decibels, 10 log10 of the mean square of a signal over that of its noise; one for
        all, or (B,). It holds exactly, sound by sound: the noise is scaled once it is drawn.

    Silence stays silent: no noise has a ratio to it.

    >>> signals = np.ones((1, 1000))
    >>> noise = add_noise(signals, np.random.default_rng(0), ratio=10.0) - signals
    >>> round(float(np.mean(noise**2)), 6)
    0.1
    """
    _check_signals(signals, rng)
    decibels = each("ratio", ratio, len(signals))
    drawn = _normal(rng, signals.shape)
    loudness, noisiness = (np.mean(a.astype(float) ** 2, axis=1) for a in (signals, drawn))
    scale = np.sqrt(loudness / np.maximum(noisiness, 1e-300) * 10 ** (-decibels / 10))
    return (signals + scale[:, None] * drawn).astype(signals.dtype)


def shift_signals(signals: Array, rng: Generators, share: float = 0.1) -> Array:
    """Move each of the signals (B, T), floats, by up to this share of T, either way.

    What is left behind is silent, what leaves at the other end is lost.

    >>> shift_signals(np.arange(1.0, 6.0)[None], np.random.default_rng(0), share=0.5)
    array([[0., 1., 2., 3., 4.]])
    """
    _check_signals(signals, rng)
    check_number("share", share, 0, 1)
    samples = signals.shape[1]
    moved = np.rint(uniform(rng, -share, share, len(signals)) * samples).astype(int)
    result = np.zeros_like(signals)
    for new, old, by in zip(result, signals, moved, strict=True):
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
    fill: what they are painted with; None: the mean of each spectrogram. Of normalized ones that
        is 0, as in the source.

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
    check_rng(rng, len(spectrograms))
    for name, share in (("time", time), ("bands", bands)):
        check_number(name, share, 0, 1, closed=True)
    check_count("count", count, 0)
    if fill is not None:
        check_number("fill", fill)
    result = spectrograms.copy()
    for new, g in zip(result, each_generator(rng, len(result)), strict=True):
        paint = new.mean() if fill is None else fill
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
