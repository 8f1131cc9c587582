"""The discrete Fourier transform of real signals, of each frame of them, and back.

A complex number is a pair of real ones, (real part, imaginary part), on the last axis, as
``torch.view_as_real`` has it.
"""

import torch

from mmref.contract.audio import check_invertible, check_signals, check_spectrum
from mmref.torch.audio.framing import frames, overlap_add, spectral_window


def fourier(signals: torch.Tensor) -> torch.Tensor:
    """The discrete Fourier transform of real signals.

    Formula
        X_k = sum_n x_n exp(-2 pi i k n / N), k = 0 ... K - 1, K = N // 2 + 1

    Args
        signals: x (..., N), float32 or float64.

    Returns
        (..., K, 2). Nothing is divided by N.

    Errors
        ShapeError: another dtype, or no sample. TypeError: no tensor.

    >>> fourier(torch.tensor([1.0, -1.0]))
    tensor([[0., 0.],
            [2., 0.]])
    """
    check_signals(signals, torch.Tensor)
    if not signals.numel():  # MKL's transform takes no empty batch
        return signals.new_zeros(*signals.shape[:-1], signals.shape[-1] // 2 + 1, 2)
    return torch.view_as_real(torch.fft.rfft(signals))


def inverse_fourier(spectrum: torch.Tensor, length: int) -> torch.Tensor:
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
        tensor, no integer.

    >>> inverse_fourier(torch.tensor([[0.0, 0.0], [2.0, 0.0]]), 2)
    tensor([ 1., -1.])
    """
    check_spectrum(spectrum, length, torch.Tensor)
    length = int(length)
    if not spectrum.numel():  # likewise
        return spectrum.new_zeros(*spectrum.shape[:-2], length)
    return torch.fft.irfft(torch.complex(spectrum[..., 0], spectrum[..., 1]), length)


def stft(
    signals: torch.Tensor, length: int, hop: int, window: str = "hann", rest: str = "refuse"
) -> torch.Tensor:
    """Short-time Fourier transform: that of each frame under a window.

    Formula
        X_lk = sum_n w_n x_(lh + n) exp(-2 pi i k n / N), the first frame at the first sample

    Args
        signals: x (B, T), float32 or float64. length, hop: N and h. window: "hann", "hamming" or
            "rectangular".
        rest: what becomes of samples at the end that fill no frame (:func:`frames`).

    Returns
        (B, L, K, 2).

    Errors
        As :func:`frames` and :func:`fourier`; ValueError also for another window.

    Source
        Allen and Rabiner, Proceedings of the IEEE 65(11), 1977.

    >>> stft(torch.ones(1, 6), 4, 2)[0, :, :, 0]
    tensor([[ 2., -1.,  0.],
            [ 2., -1.,  0.]])
    """
    parts = frames(signals, length, hop, rest)  # (B, L, N)
    return fourier(parts * spectral_window(length, window, parts.dtype, parts.device))


def power_spectrogram(
    signals: torch.Tensor, length: int, hop: int, window: str = "hann", rest: str = "refuse"
) -> torch.Tensor:
    """The power at each time and frequency: the squared length of the transform.

    Formula
        P_lk = |X_lk|^2, X = stft(x)

    Args
        As :func:`stft`.

    Returns
        (B, L, K), at least 0.

    Errors
        As :func:`stft`.

    >>> power_spectrogram(torch.ones(1, 6), 4, 2)[0, 0]
    tensor([4., 1., 0.])
    """
    return stft(signals, length, hop, window, rest).square().sum(dim=-1)


def inverse_stft(
    spectrum: torch.Tensor, length: int, hop: int, window: str = "hann", trim: int = 0
) -> torch.Tensor:
    """The signal whose short-time transform this is; of any other array the nearest one.

    Formula
        x_t = sum_l w_(t - lh) y_(l, t - lh) / sum_l w_(t - lh)^2, y_l the inverse transform of X_l

    Args
        spectrum: X (B, L, K, 2), float32 or float64. length, hop, window: as for :func:`stft`.
        trim: how many samples at either end are left out, where the divisor is tiny: at or below
            sqrt(eps) of its largest, eps that of the dtype, is refused. Of Hann's window about
            N / 20 in float32, N / 280 in float64, one at least; N - h where X was changed.

    Returns
        (B, T), T = N + (L - 1) h - 2 trim.

    Errors
        ShapeError: not (B, L, K, 2), another dtype, or no frame. ValueError: too small a sum of
        squared windows at a sample that is not trimmed, counts below 1, another window, more
        trimmed than there is. TypeError: no tensor, no integers.

    Source
        Griffin and Lim, IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984,
        equation 6.

    >>> x = torch.tensor([[5.0, 1.0, 2.0, 3.0, 4.0, 5.0]])
    >>> inverse_stft(stft(x, 4, 2), 4, 2, trim=1)
    tensor([[1., 2., 3., 4.]])
    """
    check_invertible(spectrum, length, hop, window, trim, torch.Tensor)
    length, hop, trim = int(length), int(hop), int(trim)
    w = spectral_window(length, window, spectrum.dtype, spectrum.device)
    signals = overlap_add(inverse_fourier(spectrum, length) * w, hop)  # (B, T)
    squares = overlap_add(w.square().expand(1, spectrum.shape[1], length), hop)
    inside = slice(trim, signals.shape[1] - trim)
    return signals[:, inside] / squares[:, inside]
