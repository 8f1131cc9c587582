"""Noise, shifts and stripes: what they promise holds exactly, sound by sound."""

import numpy as np
import pytest

from mmref.data.transforms import (
    add_noise,
    mask_spectrogram,
    sample_generators,
    shift_signals,
)
from mmref.errors import ShapeError

SIGNALS = np.random.default_rng(0).normal(size=(6, 400)).astype("float32")
SIGNALS *= np.float32([[1], [0.01], [3], [1], [1e-4], [1]])
PICTURES = np.random.default_rng(1).normal(size=(6, 50, 40))
STEPS = {
    "add_noise": lambda x, g: add_noise(x, g, 10.0),
    "shift_signals": lambda x, g: shift_signals(x, g, 0.5),
    "mask_spectrogram": lambda x, g: mask_spectrogram(x.reshape(len(x), 20, 20), g, 0.5, 0.5),
}


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("step", STEPS)
def test_a_seed_decides_and_the_input_stays(step):
    change, before = STEPS[step], SIGNALS.copy()
    one = change(SIGNALS, rng())
    np.testing.assert_array_equal(one, change(SIGNALS, rng()))
    assert (one != change(SIGNALS, rng(1))).any() and one.dtype == SIGNALS.dtype
    np.testing.assert_array_equal(SIGNALS, before)
    assert change(SIGNALS[:0], rng()).shape[0] == 0


@pytest.mark.parametrize("step", STEPS)
def test_a_sound_does_not_depend_on_its_batch(step):
    change, index = STEPS[step], np.arange(6)
    whole = change(SIGNALS, sample_generators(index, seed=3))
    order = np.array([4, 1, 5])
    part = change(SIGNALS[order], sample_generators(index[order], seed=3))
    np.testing.assert_array_equal(part, whole[order])


@pytest.mark.parametrize("ratio", [0.0, 20.0, -6.0, np.linspace(-10, 30, 6)])
def test_the_ratio_of_signal_to_noise_is_exact(ratio):
    signals = SIGNALS.astype(float)
    added = add_noise(signals, rng(), ratio) - signals
    found = 10 * np.log10((signals**2).mean(axis=1) / (added**2).mean(axis=1))
    np.testing.assert_allclose(found, np.broadcast_to(ratio, 6), atol=1e-9)


@pytest.mark.parametrize("ratio", [np.uint8(20), np.int8(-128), np.full(6, 20, np.uint16)])
def test_a_ratio_of_narrow_integers_does_not_wrap(ratio):
    expected = add_noise(SIGNALS, rng(), np.asarray(ratio, float))
    np.testing.assert_array_equal(add_noise(SIGNALS, rng(), ratio), expected)


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_noise_of_very_large_and_small_signals_keeps_its_ratio(size):
    wide = SIGNALS.astype(float)
    added = add_noise(size * wide, rng(), 3.0) / size
    np.testing.assert_allclose(added, add_noise(wide, rng(), 3.0))


@pytest.mark.parametrize("ratio", [-300.0, 20.0, 300.0])
def test_silence_stays_silent(ratio):
    signals = np.zeros((2, 9), "float32")
    np.testing.assert_array_equal(add_noise(signals, rng(), ratio), signals)


@pytest.mark.parametrize("samples", [1, 6, 8, 16, 100])
def test_a_shift_is_never_longer_than_its_share(samples):
    signals = np.ones((500, samples))
    lost = (shift_signals(signals, rng(), 0.1) == 0).sum(axis=1)
    assert lost.max() == int(0.1 * samples)
    assert shift_signals(signals, rng(), 0.95).any(axis=1).all()


def test_a_shift_moves_and_repeats_nothing():
    signals = np.arange(1.0, 101.0)[None].repeat(300, 0)
    moved = shift_signals(signals, rng(), 0.2)
    by = []
    for row in moved:
        kept = row[row > 0]
        assert (np.diff(kept) == 1).all()  # in order, without a gap
        by.append(int(np.flatnonzero(row)[0] - (kept[0] - 1)))
    assert min(by) == -20 and max(by) == 20 and abs(np.mean(by)) < 3
    np.testing.assert_array_equal(shift_signals(signals, rng(), 0), signals)


def test_stripes_are_as_wide_as_they_may_be_and_everywhere():
    pictures = np.ones((4000, 20, 10))
    new = mask_spectrogram(pictures, rng(), time=0.25, bands=0, fill=0.0)
    rows = (new == 0).all(axis=2)  # (B, L)
    widths = rows.sum(axis=1)
    assert ((new == 0).any(axis=2) == rows).all()
    share = np.bincount(widths, minlength=6) / len(widths)
    np.testing.assert_allclose(share, 1 / 6, atol=0.03)  # none, and up to a quarter of 20
    assert rows.any(axis=0).all()
    np.testing.assert_array_equal(mask_spectrogram(pictures, rng(), time=0, bands=0), pictures)


def test_the_mean_is_what_is_painted_where_nothing_is_said():
    pictures = PICTURES + np.arange(6)[:, None, None]
    new = mask_spectrogram(pictures, rng(2), time=0, bands=1.0)
    painted = new != pictures
    assert painted.any()
    for old, picture, where in zip(pictures, new, painted):
        np.testing.assert_allclose(picture[where], old.mean())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: add_noise(SIGNALS[0], rng()),
            ShapeError,
            "signals: expected (B, T), got (400,)",
        ),
        (
            lambda: add_noise(SIGNALS, rng(), np.ones(5)),
            ShapeError,
            "ratio: expected a number, or (N,) = (6,) of them, got (5,), float64",
        ),
        (
            lambda: add_noise(SIGNALS, rng(), -4000.0),
            ValueError,
            "ratio: expected decibels in [-300, 300], got -4000.0",
        ),
        (
            lambda: add_noise(np.float16([[60000]]), rng(), -20.0),  # by a factor of 10 or -10
            ValueError,
            "signals + noise: expected finite numbers of float16, got 660000.0",
        ),
        (
            lambda: mask_spectrogram(PICTURES.astype("float32"), rng(), fill=1e300),
            ValueError,
            "fill: expected finite numbers of float32, got 1e+300",
        ),
        (
            lambda: mask_spectrogram(np.where(PICTURES > 3, np.nan, PICTURES), rng()),
            ValueError,
            "spectrograms: expected finite numbers, got nan",
        ),
        (
            lambda: shift_signals(SIGNALS, rng(), 1.0),
            ValueError,
            "share: expected a number in [0, 1), got 1.0",
        ),
        (
            lambda: mask_spectrogram(PICTURES[0], rng()),
            ShapeError,
            "spectrograms: expected (B, L, M), got (50, 40)",
        ),
        (
            lambda: mask_spectrogram(PICTURES, [rng()]),
            ShapeError,
            "rng: expected 6 generators, one for each sample, got 1",
        ),
    ],
)
def test_bad_input_is_told(call, error, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert type(caught.value) is error and str(caught.value) == message
