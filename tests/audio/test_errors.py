"""Bad input to what hears: the same error in all three wings."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import audio
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

X = np.ones((2, 20), "float32")
SPECTRUM = np.ones((2, 3, 5, 2), "float32")
POWER, FILTERS = np.ones((2, 5), "float32"), np.ones((4, 5), "float32")
CUT = {"length": 8, "hop": 4}


def refused(function, arrays, error, message, **options):
    """By all three."""
    f = getattr(audio, function)
    assert_raises(error, message, lambda: f(*arrays, **options))
    for name in WINGS:
        f = getattr(wing_of(name), function)
        given = [tensor(name, array) for array in arrays]
        assert_raises(error, message, lambda f=f, g=given: f(*g, **options))


@pytest.mark.parametrize("function", ["frames", "stft", "power_spectrogram"])
def test_samples_that_fill_no_frame_are_never_lost_in_silence(function):
    message = 'signals: expected 20 or 24 samples, or rest="drop" or "pad", got 21'
    refused(function, [np.ones((2, 21), "float32")], ShapeError, message, **CUT)
    message = "signals: expected at least 8 samples, a frame, got 7"
    refused(function, [X[:, :7]], ShapeError, message, **CUT, rest="drop")
    message = "rest: expected one of 'refuse', 'drop', 'pad'; got 'keep'"
    refused(function, [X], ChoiceError, message, **CUT, rest="keep")


def test_what_is_cut():
    refused("frames", [X[0]], ShapeError, "signals: expected (B, T), got (20,)", **CUT)
    whole = X.astype(int)
    message = "signals: expected floating-point numbers, got int64"
    refused("frames", [whole], ShapeError, message, **CUT)
    message = "hop: expected an integer, at least 1, got 0"
    refused("stft", [X], ValueError, message, length=8, hop=0)
    message = "window: expected one of 'hann', 'hamming', 'rectangular'; got 'hanning'"
    refused("stft", [X], ChoiceError, message, **CUT, window="hanning")
    message = "frames: expected at least one frame and sample, got (2, 0, 8)"
    refused("overlap_add", [np.ones((2, 0, 8), "float32")], ShapeError, message, hop=2)


def test_spectra_of_another_length():
    message = "spectrum: expected (..., 4, 2), got (2, 3, 5, 2)"
    refused("inverse_fourier", [SPECTRUM], ShapeError, message, length=7)
    refused("inverse_stft", [SPECTRUM], ShapeError, message, length=7, hop=2)
    message = "spectrum: expected at least one frame, got (2, 0, 5, 2)"
    refused("inverse_stft", [SPECTRUM[:, :0]], ShapeError, message, **CUT)


def test_nothing_is_divided_by_windows_that_hardly_cover_it():
    words = "trim: expected samples under a window only, got"
    message = f"{words} 0: the windows hardly cover sample 0"
    refused("inverse_stft", [SPECTRUM], ValueError, message, **CUT)
    message = f"{words} 1: the windows hardly cover sample 8"
    refused("inverse_stft", [SPECTRUM], ValueError, message, length=8, hop=8, trim=1)
    message = f"{words} 0: the windows hardly cover sample 8"
    apart = {"length": 8, "hop": 9, "window": "hamming"}
    refused("inverse_stft", [SPECTRUM], ValueError, message, **apart)
    spectrum = np.ones((1, 3, 451, 2))
    given = {"length": 900, "hop": 450}
    for array, trim in ((spectrum.astype("float32"), 30), (spectrum, 3)):  # by their precision
        message = f"{words} {trim}: the windows hardly cover sample {trim}"
        refused("inverse_stft", [array], ValueError, message, **given, trim=trim)
    message = "trim: expected less than half of 16 samples, got 8"
    refused("inverse_stft", [SPECTRUM], ValueError, message, **CUT, trim=8)


def test_bands_that_do_not_fit():
    message = "filters: expected (M, 5), got (4, 4)"
    refused("log_mel", [POWER, FILTERS[:, 1:]], ShapeError, message)
    message = "filters: expected float32 as power, got float64"
    refused("log_mel", [POWER, FILTERS.astype(float)], ShapeError, message)
    message = "filters: expected float32 as signals, got float64"
    refused("mfcc", [X, FILTERS.astype(float)], ShapeError, message, **CUT, count=2)
    message = "floor: expected a positive number, got 0"
    refused("log_mel", [POWER, FILTERS], ValueError, message, floor=0)
    for floor in (1e-50, 1e300):
        message = "floor: expected a number in [1.17549e-38, 3.40282e+38] for float32, got"
        refused("log_mel", [POWER, FILTERS], ValueError, f"{message} {floor}", floor=floor)
    message = "count: expected an integer, at most 5 as signals, got 6"
    refused("dct", [POWER], ValueError, message, count=6)
    message = "count: expected an integer, at most 4 as filters, got 13"
    refused("mfcc", [X, FILTERS], ValueError, message, **CUT)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"mels": 40},
            ValueError,
            "mels: expected fewer, or a longer window than 64 samples, got 40: some hear nothing",
        ),
        (
            {"rate": 16000, "length": 160, "mels": 40, "low": 100.0},  # one has rounding alone
            ValueError,
            "mels: expected fewer, or a longer window than 160 samples, got 40: some hear nothing",
        ),
        (
            {"high": 4001.0},
            ValueError,
            "high: expected a number above low = 0 and at most rate / 2 = 4000, got 4001",
        ),
        (
            {"low": 3000.0, "high": 3000.0},
            ValueError,
            "high: expected a number above low = 3000 and at most rate / 2 = 4000, got 3000",
        ),
        ({"scale": "mel"}, ChoiceError, "scale: expected one of 'htk', 'slaney'; got 'mel'"),
        ({"area": "slaney"}, ChoiceError, "area: expected one of True, False; got 'slaney'"),
    ],
)
def test_filters_that_cannot_be_made(settings, error, message):
    given = {"rate": 8000, "length": 64, "mels": 8} | settings
    refused("mel_filters", [], error, message, **given)


def test_keras_wants_to_know_how_many_samples_there_are():
    keras = pytest.importorskip("keras")
    unknown = keras.KerasTensor((None, None))
    message = "signals: expected a known number of samples, got (None, None)"
    assert_raises(ShapeError, message, lambda: wing_of("keras").stft(unknown, 8, 4))
    known = keras.Input((20,))
    assert wing_of("keras").stft(known, 8, 4).shape == (None, 4, 5, 2)
