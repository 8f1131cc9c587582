"""Frequencies as the ear spaces them: mel bands, their logarithm, cepstral coefficients."""

import math

import numpy as np
from keras import ops

from mmref.contract.audio import (
    check_bands,
    check_heard,
    check_signals,
    coefficients,
    highest,
)
from mmref.keras._values import as_tensor
from mmref.keras.audio.spectrum import power_spectrogram
from mmref.types import Tensor


def mel_filters(
    rate: int,
    length: int,
    mels: int,
    low: float = 0.0,
    high: float | None = None,
    scale: str = "htk",
    area: bool = False,
    dtype: str = "float32",
) -> Tensor:
    """Triangles over the frequencies, equally far apart in mels: (M, K), a constant.

    Formula
        F_mk = max(0, min((f_k - a) / (b - a), (c - f_k) / (c - b))), f_k = k rate / N,
        a, b, c = c_m, c_(m + 1), c_(m + 2), the corners equally far apart in mels from low to high;
        htk: m = 2595 log10(1 + f / 700); slaney: m = 3 f / 200 below 1000 Hz, from there on
        15 + 27 ln(f / 1000) / ln 6.4. With ``area``, divided by (c - a) / 2.

    Args
        rate: samples a second. length: N. mels: M. low, high: in hertz; high None: half the rate.
        scale: "htk" or "slaney". area: whether the area under each is 1; else its height is 1.

    Errors
        ValueError: a filter without a frequency, not low < high <= rate / 2, counts below 1,
        another scale, a dtype that is not of floats. TypeError: no numbers.

    Source
        Davis and Mermelstein 1980; the toolkit HTK; Slaney, Auditory Toolbox, 1998.

    >>> ops.convert_to_numpy(mel_filters(8000, 16, 3))[0, :4].round(4)
    array([0.    , 0.8935, 0.1657, 0.    ], dtype=float32)
    """
    high = highest(rate, length, mels, low, high, scale, area, dtype)
    rate, length, mels = int(rate), int(length), int(mels)
    # A constant, so NumPy will do.
    between = np.linspace(_mel(low, scale), _mel(high, scale), mels + 2)
    corners = np.array([[_hertz(m, scale)] for m in between])  # (M + 2, 1)
    f = np.arange(length // 2 + 1) * rate / length  # (K,)
    slopes = (f - corners[:-1]) / np.diff(corners, axis=0)  # (M + 1, K)
    filters = np.maximum(0, np.minimum(slopes[:-1], 1 - slopes[1:]))
    check_heard(filters.max(axis=1).tolist(), length)
    if area:
        filters = 2 * filters / (corners[2:] - corners[:-2])
    return ops.convert_to_tensor(filters, dtype)


def log_mel(power: Tensor, filters: Tensor, floor: float = 1e-10) -> Tensor:
    """The logarithm of the power in each band; no quieter than the floor.

    Formula
        S_m = ln max(sum_k F_mk P_k, floor)

    Args
        power: P (..., K), float32 or float64. filters: F (M, K), of the same dtype.
        floor: above 0, in the dtype too.

    Returns
        (..., M). At the floor and below it, the gradient is 0.

    Errors
        ShapeError: not (..., K) and (M, K) of one dtype, another dtype. ValueError: a floor that
        is not positive, or that the dtype cannot hold.
        TypeError: no arrays, a floor that is no number.

    >>> power, filters = ops.convert_to_tensor([1.0, 3.0]), ops.convert_to_tensor([[1.0, 0.5]])
    >>> ops.convert_to_numpy(log_mel(power, filters)).round(4)
    array([0.9163], dtype=float32)
    """
    check_bands(power, filters, floor)
    bands = ops.matmul(as_tensor(power), ops.transpose(as_tensor(filters)))
    floor = float(floor)
    # Not maximum: its gradient at the floor is another one on each backend.
    return ops.log(ops.where(bands <= floor, floor, bands))


def dct(signals: Tensor, count: int | None = None) -> Tensor:
    """Discrete cosine transform of the second type, orthonormal: the first coefficients.

    Formula
        c_d = s_d sum_n x_n cos(pi d (2 n + 1) / (2 N)), s_0 = sqrt(1 / N), other s_d = sqrt(2 / N)

    Args
        signals: x (..., N), float32 or float64, N known. count: D, at most N; None: all N.

    Returns
        (..., D).

    Errors
        ShapeError: another dtype, or no sample. ValueError: a count below 1 or above N. TypeError:
        no array, no integer.

    Source
        Ahmed, Natarajan and Rao, IEEE Transactions on Computers C-23(1), 1974.

    >>> ops.convert_to_numpy(dct(ops.ones(4), 1))
    array([2.], dtype=float32)
    """
    check_signals(signals)
    x, n = as_tensor(signals), signals.shape[-1]
    angles = np.outer(np.arange(coefficients(n, count)), np.arange(n) + 0.5) / n
    cosines = math.sqrt(2 / n) * np.cos(np.pi * angles)  # (D, N)
    cosines[0] /= math.sqrt(2)
    return ops.matmul(x, ops.convert_to_tensor(cosines.T, x.dtype))


def mfcc(
    signals: Tensor,
    filters: Tensor,
    length: int,
    hop: int,
    count: int = 13,
    floor: float = 1e-10,
    window: str = "hann",
    rest: str = "refuse",
) -> Tensor:
    """Mel-frequency cepstral coefficients: the outline of each frame's spectrum in a few numbers.

    Formula
        C = dct(log_mel(power_spectrogram(x), F)), the first D

    Args
        signals: x (B, T), float32 or float64, T known. filters: F (M, K), of the same dtype.
        length, hop, window, rest: as for :func:`stft`. count: D, at most M.
        floor: as for :func:`log_mel`.

    Returns
        (B, L, D).

    Errors
        As its parts.

    Source
        Davis and Mermelstein 1980, equation 1, orthonormal.

    >>> ops.convert_to_numpy(mfcc(ops.ones((1, 4)), ops.ones((2, 3)), 4, 2, count=1)).round(4)
    array([[[2.2761]]], dtype=float32)
    """
    power = power_spectrogram(signals, length, hop, window, rest)
    filters = as_tensor(filters)
    check_bands(power, filters, floor, "signals")
    count = coefficients(filters.shape[0], count, "filters")
    return dct(log_mel(power, filters, floor), count)


def _mel(f, scale):
    if scale == "htk":
        return 2595 * math.log10(1 + f / 700)
    return 3 * f / 200 if f < 1000 else 15 + 27 * math.log(f / 1000) / math.log(6.4)


def _hertz(m, scale):
    if scale == "htk":
        return 700 * (10 ** (m / 2595) - 1)
    return 200 * m / 3 if m < 15 else 1000 * math.exp((m - 15) * math.log(6.4) / 27)
