"""Signals cut into frames, the window over each, and frames added up again."""

import numpy as np

from mmref.contract.audio import WINDOWS, check_frames, check_window, frame_count
from mmref.reference._shared import as_array, as_gradient
from mmref.types import Array


def spectral_window(length: int, window: str = "hann") -> Array:
    """The weights of the samples in a frame, small at its ends: (N,), a constant.

    Formula
        w_n = a - b cos(2 pi n / N), n = 0 ... N - 1
        hann: a = b = 0.5, so that w_0 = 0; hamming: a = 0.54, b = 0.46; rectangular: 1, 0.
        The next weight would be w_N = w_0: a period is whole, so that Hann windows half a frame
        apart sum to 1. Windows for designing filters have N - 1 in place of N, and sum to no
        constant.

    Errors
        ValueError: a length below 1, another window. TypeError: no integer.

    Source
        F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier
        transform", Proceedings of the IEEE 66(1), 1978, equations 27 and 30.

    >>> spectral_window(4)
    array([0. , 0.5, 1. , 0.5])
    """
    check_window(length, window)
    length, (a, b) = int(length), WINDOWS[window]
    return a - b * np.cos(2 * np.pi * np.arange(length) / length)


def frames(signals: Array, length: int, hop: int, rest: str = "refuse") -> Array:
    """Signals cut into frames that overlap, where the hop is shorter than they are.

    Formula
        y_ln = x_(lh + n), n = 0 ... N - 1, from the first sample on: nothing is put before it

    Args
        signals: x (B, T) floats, T at least N.
        length, hop: N and h. Where h is longer than N, the samples between two frames are in
            none, whatever ``rest`` is.
        rest: what becomes of the samples at the end that fill no frame. "refuse": an error, where
            there are some. "drop": they are in no frame. "pad": zeros fill the last one, which
            has one of them at least.

    Returns
        (B, L, N), L = 1 + (T - N) / h, rounded down or, for "pad", up.

    Errors
        ShapeError: not (B, T), fewer than N samples, some that are left where they are refused.
        ValueError: counts below 1, another ``rest``. TypeError: no integers.

    >>> frames(np.arange(6.0)[None], 4, 2)[0]
    array([[0., 1., 2., 3.],
           [2., 3., 4., 5.]])
    """
    x = as_array("signals", signals)
    count, length, hop = frame_count(x, length, hop, rest), int(length), int(hop)
    missing = max(length + (count - 1) * hop - x.shape[1], 0)
    x = np.pad(x, ((0, 0), (0, missing)))
    return np.lib.stride_tricks.sliding_window_view(x, length, axis=1)[:, ::hop][:, :count].copy()


def frames_gradient(
    grad: Array, signals: Array, length: int, hop: int, rest: str = "refuse"
) -> tuple[Array]:
    """Gradient with respect to the signals: what comes back to a sample from all of its frames.

    Formula
        dx_t = sum over the l, n with lh + n = t of g_ln: the frames of g, overlapped and added.
        A sample in no frame has gradient 0.
    """
    x = as_array("signals", signals)
    count = frame_count(x, length, hop, rest)
    grad = as_gradient(grad, (len(x), count, int(length)))
    return (_fitted(_added(grad, int(hop)), x.shape[1]),)


def overlap_add(frames: Array, hop: int) -> Array:
    """Frames laid one hop after the other and summed: the transpose of :func:`frames`.

    Formula
        x_t = sum over the l, n with lh + n = t of y_ln

    Args
        frames: y (B, L, N) floats, at least one frame. hop: h; where it is longer than N, zeros
            stand between the frames.

    Returns
        (B, T), T = N + (L - 1) h. Not the inverse of ``frames``: a sample in two of them comes
        twice. :func:`inverse_stft` divides.

    Errors
        ShapeError: not (B, L, N), or none of them. ValueError: a hop below 1. TypeError: no
        integer.

    >>> overlap_add(np.ones((1, 3, 4)), 2)
    array([[1., 1., 2., 2., 2., 2., 1., 1.]])
    """
    y = as_array("frames", frames)
    check_frames(y, hop)
    return _added(y, int(hop))


def overlap_add_gradient(grad: Array, frames: Array, hop: int) -> tuple[Array]:
    """Gradient with respect to the frames.

    Formula
        dy_ln = g_(lh + n): the frames of g
    """
    y = as_array("frames", frames)
    check_frames(y, hop)
    (_, count, length), hop = y.shape, int(hop)
    grad = as_gradient(grad, (len(y), length + (count - 1) * hop))
    return (np.lib.stride_tricks.sliding_window_view(grad, length, axis=1)[:, ::hop].copy(),)


def _added(y, hop):
    batch, count, length = y.shape
    x = np.zeros((batch, length + (count - 1) * hop), y.dtype)
    for i in range(count):
        x[:, i * hop : i * hop + length] += y[:, i]
    return x


def _fitted(x, samples):
    """The first samples, with zeros behind where there are fewer."""
    missing = max(samples - x.shape[1], 0)
    return np.pad(x, ((0, 0), (0, missing)))[:, :samples]
