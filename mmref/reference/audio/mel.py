"""Frequencies as the ear spaces them: mel bands, their logarithm, cepstral coefficients."""

import math

import numpy as np

from mmref.contract.arrays import check_each
from mmref.contract.audio import (
    SCALES,
    check_bands,
    check_heard,
    check_signals,
    coefficients,
    highest,
)
from mmref.contract.settings import check_choice
from mmref.reference._shared import as_array, as_floats, as_gradient
from mmref.reference.audio.spectrum import power_spectrogram, power_spectrogram_gradient
from mmref.types import Array

KNEE, STEP = 1000.0, math.log(6.4) / 27  # hertz where Slaney's scale bends; its logarithmic step


def mel_from_hertz(hertz: Array, scale: str = "htk") -> Array:
    """Pitch in mels: equal steps sound about equally far apart. Two definitions are in use.

    Formula
        htk: m = 2595 log10(1 + f / 700), so that 1000 Hz are 1000 mels
        slaney: m = 3 f / 200 below 1000 Hz, 15 + 27 ln(f / 1000) / ln 6.4 from there on; 1000 Hz
        are 15 of these

    Args
        hertz: f, real numbers of any shape, at least 0. scale: "htk" or "slaney".

    Errors
        ShapeError: no real numbers. ValueError: numbers below 0, another scale.

    Source
        D. O'Shaughnessy, "Speech Communication", 1987, and the toolkit HTK; M. Slaney, "Auditory
        Toolbox", technical report 1998-010, Interval Research, 1998.

    >>> mel_from_hertz(np.array([0.0, 1000.0])).round(1), mel_from_hertz([1000.0, 6400.0], "slaney")
    (array([   0., 1000.]), array([15., 42.]))
    """
    f = as_floats("hertz", hertz)
    check_each("hertz", f, "numbers, at least 0", ~(f < 0))
    check_choice("scale", scale, SCALES)
    if scale == "htk":
        return 2595 * np.log10(1 + f / 700)
    return np.where(f < KNEE, 3 * f / 200, 15 + np.log(np.maximum(f, KNEE) / KNEE) / STEP)


def hertz_from_mel(mel: Array, scale: str = "htk") -> Array:
    """The inverse of :func:`mel_from_hertz`.

    Formula
        htk: f = 700 (10^(m / 2595) - 1)
        slaney: f = 200 m / 3 below 15, 1000 exp((m - 15) ln 6.4 / 27) from there on

    Errors
        As there.

    >>> hertz_from_mel(np.array([15.0, 42.0]), "slaney").round(6)
    array([1000., 6400.])
    """
    m = as_floats("mel", mel)
    check_each("mel", m, "numbers, at least 0", ~(m < 0))
    check_choice("scale", scale, SCALES)
    if scale == "htk":
        return 700 * (10 ** (m / 2595) - 1)
    return np.where(m < 15, 200 * m / 3, KNEE * np.exp(STEP * (np.maximum(m, 15) - 15)))


def mel_filters(
    rate: int,
    length: int,
    mels: int,
    low: float = 0.0,
    high: float | None = None,
    scale: str = "htk",
    area: bool = False,
) -> Array:
    """Triangles over the frequencies, equally far apart in mels: (M, K), a constant.

    Formula
        The corners c_0 ... c_(M + 1) are equally far apart in mels, from low to high. Filter m
        rises from 0 at c_m to 1 at c_(m + 1) and falls to 0 at c_(m + 2), straight in hertz:
        F_mk = max(0, min((f_k - a) / (b - a), (c - f_k) / (c - b))), f_k = k rate / N,
        a, b, c = c_m, c_(m + 1), c_(m + 2). With ``area``, each is divided by half its width,
        (c - a) / 2, which makes the area under it 1: wide filters become low.

    Args
        rate: samples a second. length: N. mels: M.
        low, high: in hertz; high None: half the rate.
        scale: "htk" or "slaney" (:func:`mel_from_hertz`).
        area: False as in the toolkit HTK, True as in Slaney's. librosa has "slaney" and True.

    Errors
        ValueError: a filter without a frequency, which would hear nothing; not
        low < high <= rate / 2; counts below 1, another scale. TypeError: no numbers.

    Source
        S. B. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic
        word recognition in continuously spoken sentences", IEEE Transactions on Acoustics, Speech,
        and Signal Processing 28(4), 1980; those of :func:`mel_from_hertz`.

    >>> mel_filters(8000, 16, 3).round(2)
    array([[0.  , 0.89, 0.17, 0.  , 0.  , 0.  , 0.  , 0.  , 0.  ],
           [0.  , 0.11, 0.83, 0.65, 0.2 , 0.  , 0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  , 0.35, 0.8 , 0.84, 0.56, 0.28, 0.  ]])
    """
    high = highest(rate, length, mels, low, high, scale, area)
    rate, length, mels = int(rate), int(length), int(mels)
    first, last = mel_from_hertz(np.array([low, high]), scale)
    corners = hertz_from_mel(np.linspace(first, last, mels + 2), scale)[:, None]  # (M + 2, 1)
    f = np.arange(length // 2 + 1) * rate / length  # (K,)
    slopes = (f - corners[:-1]) / np.diff(corners, axis=0)  # (M + 1, K)
    filters = np.maximum(0, np.minimum(slopes[:-1], 1 - slopes[1:]))
    check_heard(filters.max(axis=1).tolist(), length)
    return 2 * filters / (corners[2:] - corners[:-2]) if area else filters


def log_mel(power: Array, filters: Array, floor: float = 1e-10) -> Array:
    """The logarithm of the power in each band; no quieter than the floor.

    Formula
        S_m = ln max(sum_k F_mk P_k, floor)

    Args
        power: P (..., K), float32 or float64. filters: F (M, K), of the same dtype.
        floor: above 0, in the dtype too (its smallest normal number). It is in the unit of the
            power: of sounds twice as loud it is another one.

    Returns
        (..., M). At the floor and below it, the gradient is 0.

    Errors
        ShapeError: not (..., K) and (M, K) of one dtype, another dtype. ValueError: a floor that
        is not positive, or that the dtype cannot hold.
        TypeError: one that is no number.

    >>> log_mel(np.array([1.0, 3.0, 0.0]), np.array([[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]])).round(3)
    array([  0.916, -23.026])
    """
    p, f = as_array("power", power), as_array("filters", filters)
    check_bands(p, f, floor)
    return np.log(np.maximum(p @ f.T, float(floor)))


def log_mel_gradient(
    grad: Array, power: Array, filters: Array, floor: float = 1e-10
) -> tuple[Array, Array]:
    """Gradients with respect to the power and the filters.

    Formula
        d_m = g_m / E_m, E_m = sum_k F_mk P_k, but 0 where E_m is at the floor or below it;
        dP_k = sum_m d_m F_mk, dF_mk = sum over the frames of d_m P_k
    """
    p, f = as_array("power", power), as_array("filters", filters)
    check_bands(p, f, floor)
    bands, floor = p @ f.T, float(floor)
    grad = as_gradient(grad, bands.shape)
    d = np.where(bands <= floor, 0, grad / np.maximum(bands, floor))
    rows = d.reshape(-1, len(f))
    return d @ f, rows.T @ p.reshape(-1, f.shape[1])


def dct(signals: Array, count: int | None = None) -> Array:
    """Discrete cosine transform of the second type, orthonormal: the first coefficients.

    Formula
        c_d = s_d sum_n x_n cos(pi d (2 n + 1) / (2 N)), s_0 = sqrt(1 / N), other s_d = sqrt(2 / N)
        All N rows together are an orthogonal matrix: lengths stay, and its transpose inverts it.

    Args
        signals: x (..., N), float32 or float64. count: D, at most N; None: all N.

    Returns
        (..., D).

    Errors
        ShapeError: another dtype, or no sample. ValueError: a count below 1 or above N. TypeError:
        no integer.

    Source
        N. Ahmed, T. Natarajan and K. R. Rao, "Discrete cosine transform", IEEE Transactions on
        Computers C-23(1), 1974.

    >>> dct(np.ones(4)).round(12) + 0.0
    array([2., 0., 0., 0.])
    """
    x = as_array("signals", signals)
    return x @ _cosines(x, count).T


def dct_gradient(grad: Array, signals: Array, count: int | None = None) -> tuple[Array]:
    """Gradient with respect to the signals.

    Formula
        dx_n = sum_d g_d s_d cos(pi d (2 n + 1) / (2 N)): the transpose
    """
    x = as_array("signals", signals)
    cosines = _cosines(x, count)
    return (as_gradient(grad, (*x.shape[:-1], len(cosines))) @ cosines,)


def mfcc(
    signals: Array,
    filters: Array,
    length: int,
    hop: int,
    count: int = 13,
    floor: float = 1e-10,
    window: str = "hann",
    rest: str = "refuse",
) -> Array:
    """Mel-frequency cepstral coefficients: the outline of each frame's spectrum in a few numbers.

    Formula
        C = dct(log_mel(power_spectrogram(x), F)), the first D

    Args
        signals: x (B, T), float32 or float64. filters: F (M, K), of the same dtype.
        length, hop, window, rest: as for :func:`stft`. count: D, at most M.
        floor: as for :func:`log_mel`.

    Returns
        (B, L, D). Number 0 is sqrt(M) times the mean of the logarithms: the loudness.

    Errors
        As its parts.

    Source
        Davis and Mermelstein 1980, equation 1; they have no number 0, no square root, and six
        coefficients.

    >>> mfcc(np.ones((1, 8)), np.ones((2, 3)), 4, 2, count=2).round(3) + 0.0
    array([[[2.276, 0.   ],
            [2.276, 0.   ],
            [2.276, 0.   ]]])
    """
    power, f = _heard(signals, filters, length, hop, floor, window, rest)
    return dct(log_mel(power, f, floor), coefficients(len(f), count, "filters"))


def mfcc_gradient(
    grad: Array,
    signals: Array,
    filters: Array,
    length: int,
    hop: int,
    count: int = 13,
    floor: float = 1e-10,
    window: str = "hann",
    rest: str = "refuse",
) -> tuple[Array, Array]:
    """Gradients with respect to the signals and the filters: the parts', one after the other."""
    power, f = _heard(signals, filters, length, hop, floor, window, rest)
    coefficients(len(f), count, "filters")
    (back,) = dct_gradient(grad, log_mel(power, f, floor), count)
    d_power, d_filters = log_mel_gradient(back, power, f, floor)
    (d_signals,) = power_spectrogram_gradient(d_power, signals, length, hop, window, rest)
    return d_signals, d_filters


def _heard(signals, filters, length, hop, floor, window, rest):
    """The power, and the filters, checked against it."""
    power = power_spectrogram(signals, length, hop, window, rest)
    f = as_array("filters", filters)
    check_bands(power, f, floor, "signals")
    return power, f


def _cosines(x, count):
    """s_d cos(pi d (2 n + 1) / (2 N)): (D, N)."""
    check_signals(x)
    n = x.shape[-1]
    count = coefficients(n, count)
    turns = np.outer(np.arange(count), 2 * np.arange(n) + 1) % (4 * n)
    scale = np.full((count, 1), np.sqrt(2 / n))
    scale[0] = np.sqrt(1 / n)
    return (scale * np.cos(np.pi / (2 * n) * turns)).astype(x.dtype)
