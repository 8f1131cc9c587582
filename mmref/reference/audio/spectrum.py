"""The discrete Fourier transform of real signals, of each frame of them, and back.

A complex number is a pair of real ones, (real part, imaginary part), on the last axis.
"""

import functools

import numpy as np

from mmref.contract.audio import check_invertible, check_signals, check_spectrum
from mmref.reference._shared import as_array, as_gradient
from mmref.reference.audio.framing import frames, frames_gradient, overlap_add, spectral_window
from mmref.types import Array


def fourier(signals: Array) -> Array:
    """The discrete Fourier transform of real signals.

    Formula
        X_k = sum_n x_n exp(-2 pi i k n / N), k = 0 ... K - 1, K = N // 2 + 1:
        real part sum_n x_n cos(2 pi k n / N), imaginary part -sum_n x_n sin(2 pi k n / N).
        The other N - K numbers say nothing new: of real x, X_(N - k) is the conjugate of X_k.

    Args
        signals: x (..., N), float32 or float64.

    Returns
        (..., K, 2). Frequency k is k / N of the samples' rate. Imaginary parts of k = 0, and of
        k = N / 2 where N is even, are 0. Nothing is divided by N. This is N^2 multiplications, by
        the formula; the frameworks have the fast transform, N log N (Cooley and Tukey 1965).

    Errors
        ShapeError: another dtype, or no sample.

    >>> fourier(np.array([0.0, 1.0, 0.0, -1.0])).round(12) + 0.0  # one sine
    array([[ 0.,  0.],
           [ 0., -2.],
           [ 0.,  0.]])
    """
    x = as_array("signals", signals)
    check_signals(x)
    return np.tensordot(x, _waves(x.shape[-1]).astype(x.dtype), 1)


def fourier_gradient(grad: Array, signals: Array) -> tuple[Array]:
    """Gradient with respect to the signals.

    Formula
        dx_n = sum_k g_k0 cos(2 pi k n / N) - g_k1 sin(2 pi k n / N): the transposed matrix
    """
    x = as_array("signals", signals)
    check_signals(x)
    waves = _waves(x.shape[-1])
    grad = as_gradient(grad, (*x.shape[:-1], *waves.shape[1:]))
    return (_transposed(grad, waves),)


def inverse_fourier(spectrum: Array, length: int) -> Array:
    """The real signal whose transform this is.

    Formula
        x_n = sum_k c_k / N (X_k0 cos(2 pi k n / N) - X_k1 sin(2 pi k n / N))
        c_k = 2, as k stands for N - k too; 1 for k = 0, and for k = N / 2 where N is even.
        Imaginary parts of these two have no effect: their sines are 0.

    Args
        spectrum: X (..., K, 2), float32 or float64.
        length: N: K alone does not tell whether it is 2 K - 2 or 2 K - 1.

    Returns
        (..., N).

    Errors
        ShapeError: not (..., K, 2), another dtype. ValueError: a length below 1. TypeError: no
        integer.

    >>> inverse_fourier(np.array([[0.0, 0.0], [0.0, -2.0], [0.0, 0.0]]), 4).round(12) + 0.0
    array([ 0.,  1.,  0., -1.])
    """
    s = as_array("spectrum", spectrum)
    check_spectrum(s, length)
    length = int(length)
    return _transposed(s * _shares(length).astype(s.dtype), _waves(length))


def inverse_fourier_gradient(grad: Array, spectrum: Array, length: int) -> tuple[Array]:
    """Gradient with respect to the spectrum.

    Formula
        dX_k = c_k / N G_k, G the transform of g
    """
    s = as_array("spectrum", spectrum)
    check_spectrum(s, length)
    length = int(length)
    grad = as_gradient(grad, (*s.shape[:-2], length))
    return (fourier(grad) * _shares(length).astype(grad.dtype),)


def stft(
    signals: Array, length: int, hop: int, window: str = "hann", rest: str = "refuse"
) -> Array:
    """Short-time Fourier transform: that of each frame under a window.

    Formula
        X_lk = sum_n w_n x_(lh + n) exp(-2 pi i k n / N)
        The first frame begins at the first sample: nothing is put before it.

    Args
        signals: x (B, T), float32 or float64.
        length, hop: N and h.
        window: "hann", "hamming" or "rectangular" (:func:`spectral_window`).
        rest: what becomes of samples at the end that fill no frame (:func:`frames`).

    Returns
        (B, L, K, 2).

    Errors
        As :func:`frames` and :func:`fourier`; ValueError also for another window.

    Source
        J. B. Allen and L. R. Rabiner, "A unified approach to short-time Fourier analysis and
        synthesis", Proceedings of the IEEE 65(11), 1977.

    >>> stft(np.ones((1, 6)), 4, 2)[0, :, :, 0].round(12) + 0.0
    array([[ 2., -1.,  0.],
           [ 2., -1.,  0.]])
    """
    x = as_array("signals", signals)
    w = spectral_window(length, window)
    parts = frames(x, length, hop, rest)  # (B, L, N)
    return fourier(parts * w.astype(parts.dtype))


def stft_gradient(
    grad: Array,
    signals: Array,
    length: int,
    hop: int,
    window: str = "hann",
    rest: str = "refuse",
) -> tuple[Array]:
    """Gradient with respect to the signals.

    Formula
        dx = overlap_add(w * F^T g): back through the transform, the window and the frames
    """
    x = as_array("signals", signals)
    w = spectral_window(length, window)
    parts = frames(x, length, hop, rest)
    (back,) = fourier_gradient(grad, parts)
    return frames_gradient(back * w.astype(back.dtype), x, length, hop, rest)


def power_spectrogram(
    signals: Array, length: int, hop: int, window: str = "hann", rest: str = "refuse"
) -> Array:
    """The power at each time and frequency: the squared length of the transform.

    Formula
        P_lk = |X_lk|^2, X = stft(x)

    Args
        As :func:`stft`.

    Returns
        (B, L, K), at least 0. A sine of amplitude A in the middle of a frequency has
        (A sum_n w_n / 2)^2 there.

    Errors
        As :func:`stft`.

    >>> sine = np.sin(2 * np.pi * 2 * np.arange(8) / 8)[None]
    >>> power_spectrogram(sine, 8, 8)[0, 0].round(6) + 0.0  # (sum_n w_n / 2)^2 = 4
    array([0., 1., 4., 1., 0.])
    """
    spectrum = stft(signals, length, hop, window, rest)
    return spectrum[..., 0] ** 2 + spectrum[..., 1] ** 2  # np.sum over two is ten times slower


def power_spectrogram_gradient(
    grad: Array,
    signals: Array,
    length: int,
    hop: int,
    window: str = "hann",
    rest: str = "refuse",
) -> tuple[Array]:
    """Gradient with respect to the signals.

    Formula
        dX_lk = 2 g_lk X_lk, both of its parts; then as for :func:`stft`
    """
    spectrum = stft(signals, length, hop, window, rest)
    grad = as_gradient(grad, spectrum.shape[:-1])
    return stft_gradient(2 * grad[..., None] * spectrum, signals, length, hop, window, rest)


def inverse_stft(
    spectrum: Array, length: int, hop: int, window: str = "hann", trim: int = 0
) -> Array:
    """The signal whose short-time transform this is; of any other array the nearest one.

    Formula
        x_t = sum_l w_(t - lh) y_(l, t - lh) / sum_l w_(t - lh)^2, y_l the inverse transform of X_l:
        the x for which stft(x) has the least squared distance from X, every pair counted with c_k
        of :func:`inverse_fourier`. Where X = stft(x), it is x.

    Args
        spectrum: X (B, L, K, 2), float32 or float64.
        length, hop, window: as for :func:`stft`.
        trim: how many samples at either end are left out. Near the ends the divisor is tiny:
            rounding, and what was changed in X, are blown up there. What is left must have a sum
            of squared windows above sqrt(eps) of the largest sum, eps that of the dtype: of Hann's
            window, whose first sample is 0, about N / 20 are trimmed in float32, N / 280 in
            float64, one at least. With N - h the frames that are missing play no part.

    Returns
        (B, T), T = N + (L - 1) h - 2 trim.

    Errors
        ShapeError: not (B, L, K, 2), another dtype, or no frame. ValueError: too small a sum at a
        sample that is not trimmed, as where the hop is longer than the window; counts below 1,
        another window, more trimmed than there is. TypeError: no integers.

    Source
        D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier
        transform", IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984,
        equation 6.

    >>> x = np.array([[5.0, 1.0, 2.0, 3.0, 4.0, 5.0]])
    >>> inverse_stft(stft(x, 4, 2), 4, 2, trim=1).round(12)
    array([[1., 2., 3., 4.]])
    """
    s = as_array("spectrum", spectrum)
    check_invertible(s, length, hop, window, trim)
    length, hop, trim = int(length), int(hop), int(trim)
    w = spectral_window(length, window).astype(s.dtype)
    x = overlap_add(inverse_fourier(s, length) * w, hop) / _squares(w, s.shape[1], hop)
    return x[:, trim : x.shape[1] - trim]


def inverse_stft_gradient(
    grad: Array, spectrum: Array, length: int, hop: int, window: str = "hann", trim: int = 0
) -> tuple[Array]:
    """Gradient with respect to the spectrum.

    Formula
        dy_ln = w_n (g / sum of squared windows)_(lh + n), 0 where it was trimmed; dX_k = c_k / N
        times the transform of dy
    """
    s = as_array("spectrum", spectrum)
    check_invertible(s, length, hop, window, trim)
    length, hop, trim = int(length), int(hop), int(trim)
    total = length + (s.shape[1] - 1) * hop
    grad = as_gradient(grad, (len(s), total - 2 * trim))
    w = spectral_window(length, window).astype(grad.dtype)
    sums = _squares(w, s.shape[1], hop)[:, trim : total - trim]
    back = frames(np.pad(grad / sums, ((0, 0), (trim, trim))), length, hop)
    return inverse_fourier_gradient(back * w, s, length)


@functools.lru_cache(maxsize=8)
def _waves(length):
    """cos and -sin (2 pi k n / N): (N, K, 2). A whole turn changes nothing, so that angles stay
    small, and exact."""
    turns = np.outer(np.arange(length), np.arange(length // 2 + 1)) % length
    angles = 2 * np.pi / length * turns
    return np.stack([np.cos(angles), -np.sin(angles)], axis=-1)


def _transposed(spectrum, waves):
    return np.tensordot(spectrum, waves.astype(spectrum.dtype), [[-2, -1], [1, 2]])


def _shares(length):
    """c_k / N (K, 1)."""
    shares = np.full((length // 2 + 1, 1), 2 / length)
    shares[0] = 1 / length
    if length % 2 == 0:
        shares[-1] = 1 / length
    return shares


def _squares(w, count, hop):
    """The sum of the squared windows at each sample, (1, T); 1 where it vanishes: trimmed."""
    sums = overlap_add(np.tile(w**2, (1, count, 1)), hop)
    return np.where(sums > 0, sums, 1)
