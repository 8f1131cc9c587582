"""The discrete Fourier transform of real signals, of each frame of them, and back.

A complex number is a pair of real ones, (real part, imaginary part), on the last axis.
"""

from keras import ops

from mmref.contract.audio import check_invertible, check_signals, check_spectrum
from mmref.keras._values import as_tensor
from mmref.keras.audio.framing import frames, overlap_add, spectral_window
from mmref.types import Tensor


def fourier(signals: Tensor) -> Tensor:
    """The discrete Fourier transform of real signals.

    Formula
        X_k = sum_n x_n exp(-2 pi i k n / N), k = 0 ... K - 1, K = N // 2 + 1

    Args
        signals: x (..., N), float32 or float64, N known.

    Returns
        (..., K, 2). Nothing is divided by N.

    Errors
        ShapeError: another dtype, or no sample. TypeError: no array.

    >>> ops.convert_to_numpy(fourier(ops.convert_to_tensor([1.0, -1.0]))) + 0.0
    array([[0., 0.],
           [2., 0.]], dtype=float32)
    """
    check_signals(signals)
    x = as_tensor(signals)
    if 0 in x.shape:  # PyTorch's transform, MKL's, takes no empty batch
        return ops.zeros((*x.shape[:-1], x.shape[-1] // 2 + 1, 2), x.dtype)
    return ops.stack(ops.rfft(x), axis=-1)


def inverse_fourier(spectrum: Tensor, length: int) -> Tensor:
    """The real signal whose transform this is.

    Formula
        x_n = sum_k c_k / N (X_k0 cos(2 pi k n / N) - X_k1 sin(2 pi k n / N))
        c_k = 2, but 1 for k = 0, and for k = N / 2 where N is even

    Args
        spectrum: X (..., K, 2), float32 or float64. length: N, which K alone does not tell.

    Returns
        (..., N).

    Errors
        ShapeError: not (..., K, 2), another dtype. ValueError: a length below 1. TypeError: no
        array, no integer.

    >>> ops.convert_to_numpy(inverse_fourier(ops.convert_to_tensor([[0.0, 0.0], [2.0, 0.0]]), 2))
    array([ 1., -1.], dtype=float32)
    """
    check_spectrum(spectrum, length)
    s, length = as_tensor(spectrum), int(length)
    if 0 in s.shape:  # likewise
        return ops.zeros((*s.shape[:-2], length), s.dtype)
    return ops.irfft((s[..., 0], s[..., 1]), length)


def stft(
    signals: Tensor, length: int, hop: int, window: str = "hann", rest: str = "refuse"
) -> Tensor:
    """Short-time Fourier transform: that of each frame under a window.

    Formula
        X_lk = sum_n w_n x_(lh + n) exp(-2 pi i k n / N), the first frame at the first sample

    Args
        signals: x (B, T), float32 or float64, T known. length, hop: N and h. window: "hann",
            "hamming" or "rectangular".
        rest: what becomes of samples at the end that fill no frame (:func:`frames`).

    Returns
        (B, L, K, 2).

    Errors
        As :func:`frames` and :func:`fourier`; ValueError also for another window.

    Source
        Allen and Rabiner, Proceedings of the IEEE 65(11), 1977.

    >>> ops.convert_to_numpy(stft(ops.ones((1, 6)), 4, 2))[0, 0, :, 0].round(6) + 0.0
    array([ 2., -1.,  0.], dtype=float32)
    """
    parts = frames(signals, length, hop, rest)  # (B, L, N)
    return fourier(parts * spectral_window(length, window, parts.dtype))


def power_spectrogram(
    signals: Tensor, length: int, hop: int, window: str = "hann", rest: str = "refuse"
) -> Tensor:
    """The power at each time and frequency: the squared length of the transform.

    Formula
        P_lk = |X_lk|^2, X = stft(x)

    Args
        As :func:`stft`.

    Returns
        (B, L, K), at least 0.

    Errors
        As :func:`stft`.

    >>> ops.convert_to_numpy(power_spectrogram(ops.ones((1, 6)), 4, 2))[0, 0].round(6)
    array([4., 1., 0.], dtype=float32)
    """
    return ops.sum(ops.square(stft(signals, length, hop, window, rest)), axis=-1)


def inverse_stft(
    spectrum: Tensor, length: int, hop: int, window: str = "hann", trim: int = 0
) -> Tensor:
    """The signal whose short-time transform this is; of any other array the nearest one.

    Formula
        x_t = sum_l w_(t - lh) y_(l, t - lh) / sum_l w_(t - lh)^2, y_l the inverse transform of X_l

    Args
        spectrum: X (B, L, K, 2), float32 or float64, L known. length, hop, window: as for
            :func:`stft`.
        trim: how many samples at either end are left out, where the divisor is tiny: at or below
            sqrt(eps) of its largest, eps that of the dtype, is refused. Of Hann's window about
            N / 20 in float32, N / 280 in float64, one at least; N - h where X was changed.

    Returns
        (B, T), T = N + (L - 1) h - 2 trim.

    Errors
        ShapeError: not (B, L, K, 2), another dtype, or no frame. ValueError: too small a sum of
        squared windows at a sample that is not trimmed, counts below 1, another window, more
        trimmed than there is. TypeError: no array, no integers.

    Source
        Griffin and Lim, IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984,
        equation 6.

    >>> x = ops.convert_to_tensor([[5.0, 1.0, 2.0, 3.0, 4.0, 5.0]])
    >>> ops.convert_to_numpy(inverse_stft(stft(x, 4, 2), 4, 2, trim=1)).round(5)
    array([[1., 2., 3., 4.]], dtype=float32)
    """
    check_invertible(spectrum, length, hop, window, trim)
    length, hop, trim = int(length), int(hop), int(trim)
    parts = inverse_fourier(spectrum, length)  # (B, L, N)
    w = spectral_window(length, window, parts.dtype)
    signals = overlap_add(parts * w, hop)  # (B, T)
    squares = overlap_add(ops.tile(ops.square(w), (1, spectrum.shape[1], 1)), hop)
    inside = slice(trim, signals.shape[1] - trim)
    return signals[:, inside] / squares[:, inside]
