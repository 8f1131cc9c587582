"""Sounds, beside programs that nobody here wrote and values that are known."""

import numpy as np
import pytest

from mmref.reference import audio
from tests.wings import WINGS, numpy, tensor, wing_of

EVERYWHERE = pytest.mark.parametrize("name", ("reference", *WINGS))
RATE, LENGTH, HOP = 16000, 400, 160
# What librosa has by default, and what the toolkit HTK has.
DEFINITIONS = {
    "slaney": ({"scale": "slaney", "area": True}, {"htk": False, "norm": "slaney"}),
    "htk": ({"scale": "htk", "area": False}, {"htk": True, "norm": None}),
}


def noise(samples=LENGTH + 7 * HOP, rows=2, dtype="float32"):
    return np.random.default_rng(0).normal(size=(rows, samples)).astype(dtype)


def done(name, function, *arrays, **options):
    """By the reference or a wing."""
    if name == "reference":
        return getattr(audio, function)(*arrays, **options)
    return numpy(getattr(wing_of(name), function)(*(tensor(name, a) for a in arrays), **options))


def near(found, expected, share=1e-5):
    """Equal up to a share of the largest number."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())


# ---- librosa ----


@pytest.fixture(scope="module")
def librosa():
    return pytest.importorskip("librosa")


@EVERYWHERE
@pytest.mark.parametrize("window", ["hann", "hamming"])
def test_librosa_has_the_same_windows_frames_and_spectra(name, window, librosa):
    x = noise()
    theirs = librosa.filters.get_window(window, LENGTH, fftbins=True)
    near(done(name, "spectral_window", length=LENGTH, window=window), theirs, 1e-6)
    framed = librosa.util.frame(x, frame_length=LENGTH, hop_length=HOP, axis=-1)
    given = {"length": LENGTH, "hop": HOP}
    np.testing.assert_array_equal(done(name, "frames", x, **given), framed.swapaxes(1, 2))
    options = {"n_fft": LENGTH, "hop_length": HOP, "window": window, "center": False}
    spectrum = librosa.stft(x, **options).swapaxes(1, 2)
    found = done(name, "stft", x, **given, window=window)
    near(found[..., 0] + 1j * found[..., 1], spectrum)
    near(done(name, "power_spectrogram", x, **given, window=window), np.abs(spectrum) ** 2)
    back = librosa.istft(
        spectrum.swapaxes(1, 2), n_fft=LENGTH, hop_length=HOP, window=window, center=True
    )
    trimmed = done(name, "inverse_stft", found, **given, window=window, trim=LENGTH // 2)
    near(trimmed, back)


@EVERYWHERE
@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize(
    ("rate", "length", "mels", "low", "high"),
    [(16000, 400, 40, 0.0, None), (22050, 2048, 128, 0.0, None), (8000, 255, 20, 64.0, 3800.0)],
)
def test_librosa_has_the_same_mel_filters(name, definition, rate, length, mels, low, high, librosa):
    ours, theirs = DEFINITIONS[definition]
    found = done(
        name, "mel_filters", rate=rate, length=length, mels=mels, low=low, high=high, **ours
    )
    given = {"sr": rate, "n_fft": length, "n_mels": mels, "fmin": low, "fmax": high}
    near(found, librosa.filters.mel(**given, **theirs, dtype=np.float64), 1e-6)


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_librosa_has_the_same_scales(definition, librosa):
    hertz = np.array([0.0, 1.0, 440.0, 999.0, 1000.0, 1001.0, 6400.0, 11025.0])
    mels = audio.mel_from_hertz(hertz, definition)
    np.testing.assert_allclose(mels, librosa.hz_to_mel(hertz, htk=definition == "htk"))
    np.testing.assert_allclose(audio.hertz_from_mel(mels, definition), hertz, atol=1e-9)


@EVERYWHERE
@pytest.mark.parametrize("definition", DEFINITIONS)
def test_librosa_has_the_same_cepstral_coefficients(name, definition, librosa):
    ours, theirs = DEFINITIONS[definition]
    x = noise()
    filters = audio.mel_filters(RATE, LENGTH, 40, **ours).astype("float32")
    power = librosa.feature.melspectrogram(
        y=x,
        sr=RATE,
        n_fft=LENGTH,
        hop_length=HOP,
        center=False,
        n_mels=40,
        **theirs,
    )
    logs = np.log(power)
    expected = librosa.feature.mfcc(S=logs, n_mfcc=13).swapaxes(1, 2)
    found = done(name, "mfcc", x, filters, length=LENGTH, hop=HOP, count=13)
    near(found, expected)
    heard = done(name, "power_spectrogram", x, length=LENGTH, hop=HOP)
    near(done(name, "log_mel", heard, filters), logs.swapaxes(1, 2))


# ---- SciPy, NumPy, TensorFlow ----


@EVERYWHERE
@pytest.mark.parametrize("count", [1, 2, 15, 16])
def test_numpy_has_the_same_transform_and_its_inverse(name, count):
    x = noise(count, dtype="float64")
    spectrum = done(name, "fourier", x)
    near(spectrum[..., 0] + 1j * spectrum[..., 1], np.fft.rfft(x), 1e-12)
    near(done(name, "inverse_fourier", spectrum, length=count), x, 1e-12)
    drawn = np.random.default_rng(1).normal(size=spectrum.shape)
    expected = np.fft.irfft(drawn[..., 0] + 1j * drawn[..., 1], count)
    near(done(name, "inverse_fourier", drawn, length=count), expected, 1e-12)


@EVERYWHERE
@pytest.mark.parametrize("count", [1, 5, 8])
def test_scipy_has_the_same_cosine_transform(name, count):
    fft = pytest.importorskip("scipy.fft")
    x = noise(8)
    expected = fft.dct(x, type=2, norm="ortho")[:, :count]
    near(done(name, "dct", x, count=count), expected)


@EVERYWHERE
def test_tensorflow_has_the_same_frames_and_sums(name):
    tf = pytest.importorskip("tensorflow")
    x = noise(1000)
    for rest, pad in (("drop", False), ("pad", True)):
        theirs = tf.signal.frame(x, 100, 70, pad_end=pad).numpy()
        ours = done(name, "frames", x, length=100, hop=70, rest=rest)
        # TensorFlow begins a frame wherever there are samples, those of the last frame too.
        np.testing.assert_array_equal(ours, theirs[:, : ours.shape[1]])
        near(done(name, "overlap_add", ours, hop=70), tf.signal.overlap_and_add(ours, 70).numpy())


# ---- what must hold ----


def tone(hertz, samples=LENGTH, rate=RATE):
    return np.sin(2 * np.pi * hertz * np.arange(samples) / rate)[None]


def test_a_tone_in_the_middle_of_a_frequency_stands_there():
    for window, sides in (("rectangular", 0), ("hann", 1 / 4), ("hamming", (0.46 / 1.08) ** 2)):
        w = audio.spectral_window(LENGTH, window)
        power = audio.power_spectrogram(tone(50 * RATE / LENGTH), LENGTH, HOP, window)[0, 0]
        power = power / (w.sum() / 2) ** 2
        np.testing.assert_allclose(power[49:52], [sides, 1, sides], atol=1e-12)
        assert np.delete(power, [49, 50, 51]).max() < 1e-12


def test_a_tone_between_two_leaks_less_under_a_window():
    far = {}
    for window in ("rectangular", "hann"):
        power = audio.power_spectrogram(tone(50.5 * RATE / LENGTH), LENGTH, HOP, window)[0, 0]
        far[window] = power[70:].max() / power.max()
    assert far["rectangular"] > 4e-4 and far["hann"] < 1e-8


@EVERYWHERE
@pytest.mark.parametrize("window", ["hann", "hamming", "rectangular"])
@pytest.mark.parametrize("hop", [40, 33, 99])
def test_the_inverse_gives_the_samples_back(name, window, hop):
    x = noise(100 + 6 * hop, dtype="float64")
    given = {"length": 100, "hop": hop, "window": window}
    back = done(name, "inverse_stft", done(name, "stft", x, **given), **given, trim=1)
    np.testing.assert_allclose(back, x[:, 1:-1], atol=1e-9)


@EVERYWHERE
def test_the_inverse_blows_no_rounding_up_where_it_answers(name):
    x, given = noise(9 * 450), {"length": 900, "hop": 450}
    back = done(name, "inverse_stft", done(name, "stft", x, **given), **given, trim=40)
    np.testing.assert_allclose(back, x[:, 40:-40], atol=1e-4)


def test_the_inverse_of_no_signals_spectrum_is_the_nearest_signal():
    """Any other one is farther, in squares of all N frequencies, and there the gradient is 0."""
    rng = np.random.default_rng(0)
    spectrum, shares = rng.normal(size=(1, 5, 9, 2)), np.full((9, 1), 2.0)
    shares[[0, -1]] = 1
    given = {"length": 16, "hop": 4, "window": "hamming"}
    x = audio.inverse_stft(spectrum, **given)
    distance = shares * (audio.stft(x, **given) - spectrum)
    (slope,) = audio.stft_gradient(2 * distance, x, **given)
    np.testing.assert_allclose(slope, 0, atol=1e-10)


def test_power_is_that_of_the_samples():
    """Parseval: frequencies but the first and last count twice."""
    x = noise(64, dtype="float64")
    power = np.sum(audio.fourier(x) ** 2, axis=-1)
    power[:, 1:-1] *= 2
    np.testing.assert_allclose(power.sum(axis=1) / 64, (x**2).sum(axis=1))


def test_windows_half_a_frame_apart_sum_to_one():
    for length in (8, 400):
        w = audio.spectral_window(length)
        np.testing.assert_allclose(w[: length // 2] + w[length // 2 :], 1)


def test_the_cosine_transform_is_a_rotation():
    rows = audio.dct(np.eye(7))
    np.testing.assert_allclose(rows @ rows.T, np.eye(7), atol=1e-12)


def test_triangles_of_one_height_sum_to_one_and_areas_are_equal():
    filters = audio.mel_filters(RATE, 2048, 20)
    corners = audio.hertz_from_mel(np.linspace(0, audio.mel_from_hertz(8000.0), 22))
    f = np.arange(1025) * RATE / 2048
    inner = (f >= corners[1]) & (f <= corners[-2])
    np.testing.assert_allclose(filters.sum(axis=0)[inner], 1)
    areas = audio.mel_filters(RATE, 2048, 20, area=True).sum(axis=1) * RATE / 2048
    np.testing.assert_allclose(areas, 1, rtol=0.02)  # sums stand for areas


@EVERYWHERE
def test_silence_is_the_floor_and_nan_stays_where_it_is(name):
    power = np.zeros((3, 5), "float32")
    power[1, 2] = np.nan
    filters = np.eye(5, dtype="float32")
    found = done(name, "log_mel", power, filters, floor=1e-4)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[[0, 2]], np.log(1e-4), rtol=1e-6)


def test_a_gradient_below_the_floor_is_zero_and_silence_has_none_of_nan():
    power = np.zeros((2, 5))
    grad = np.ones((2, 3))
    for slope in audio.log_mel_gradient(grad, power, np.ones((3, 5)), 1e-4):
        np.testing.assert_array_equal(slope, 0)


@pytest.mark.parametrize("name", WINGS)
def test_samples_of_a_silent_frame_get_the_gradient_zero(name):
    """And those of a frame beside it get that of the reference, in every wing."""
    signals = np.zeros((1, 24))
    signals[0, 16:] = np.random.default_rng(0).normal(size=8)
    filters = audio.mel_filters(8000, 8, 2)
    options = {"length": 8, "hop": 8, "count": 2, "floor": 1e-4}
    expected, _ = audio.mfcc_gradient(np.ones((1, 3, 2)), signals, filters, **options)
    np.testing.assert_array_equal(expected[0, :16], 0)
    assert np.isfinite(expected).all() and np.abs(expected).max() > 1e-3
    found = slope_of(name, "mfcc", signals, filters, **options)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def slope_of(name, function, x, *others, **options):
    """The gradient of the sum of what a wing's function gives, with respect to the first array."""
    call, others = getattr(wing_of(name), function), [tensor(name, a) for a in others]
    if name == "torch":
        x = tensor(name, x).requires_grad_()
        call(x, *others, **options).sum().backward()
        return x.grad.numpy()
    import keras

    from mmref.keras.differentiate import value_and_gradients

    held = keras.Variable(x, dtype=x.dtype)
    summed = lambda: (keras.ops.sum(call(held.value, *others, **options)),)  # noqa: E731
    return numpy(value_and_gradients(summed, [held])[1][0])


@pytest.mark.parametrize("name", WINGS)
def test_constants_have_the_dtype_that_is_asked_for(name):
    wing = wing_of(name)
    for dtype in ("float32", "float64"):
        given = {"dtype": getattr(__import__("torch"), dtype) if name == "torch" else dtype}
        for made in (wing.spectral_window(8, **given), wing.mel_filters(8000, 64, 4, **given)):
            assert numpy(made).dtype == dtype
