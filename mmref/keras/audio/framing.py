"""Signals cut into frames, the window over each, and frames added up again."""

import numpy as np
from keras import ops

from mmref.contract.audio import WINDOWS, check_frames, check_window, frame_count
from mmref.types import Tensor


def spectral_window(length: int, window: str = "hann", dtype: str = "float32") -> Tensor:
    """The weights of the samples in a frame, small at its ends: (N,), a constant.

    Formula
        w_n = a - b cos(2 pi n / N); hann: a = b = 0.5; hamming: 0.54, 0.46; rectangular: 1, 0

    Errors
        ValueError: a length below 1, another window, a dtype that is not of floats. TypeError: no
        integer.

    Source
        Harris, Proceedings of the IEEE 66(1), 1978, equations 27 and 30, with a whole period.

    >>> ops.convert_to_numpy(spectral_window(4))
    array([0. , 0.5, 1. , 0.5], dtype=float32)
    """
    check_window(length, window, dtype)
    length, (a, b) = int(length), WINDOWS[window]
    # A constant, so NumPy will do.
    return ops.convert_to_tensor(a - b * np.cos(2 * np.pi / length * np.arange(length)), dtype)


def frames(signals: Tensor, length: int, hop: int, rest: str = "refuse") -> Tensor:
    """Signals cut into frames that overlap, where the hop is shorter than they are.

    Formula
        y_ln = x_(lh + n), n = 0 ... N - 1, from the first sample on

    Args
        signals: x (B, T) floats, T known and at least N.
        length, hop: N and h. Where h is longer than N, the samples between two frames are in
            none, whatever ``rest`` is.
        rest: what becomes of the samples at the end that fill no frame. "refuse": an error, where
            there are some. "drop": they are in no frame. "pad": zeros fill the last one, which
            has one of them at least.

    Returns
        (B, L, N), L = 1 + (T - N) / h, rounded down or, for "pad", up.

    Errors
        ShapeError: not (B, T), fewer than N samples, some that are left where they are refused.
        ValueError: counts below 1, another ``rest``. TypeError: no array, no integers.

    >>> ops.convert_to_numpy(frames(ops.reshape(ops.arange(6.0), (1, 6)), 4, 2))[0]
    array([[0., 1., 2., 3.],
           [2., 3., 4., 5.]], dtype=float32)
    """
    count, length, hop = frame_count(signals, length, hop, rest), int(length), int(hop)
    missing = max(length + (count - 1) * hop - signals.shape[1], 0)
    places = hop * np.arange(count)[:, None] + np.arange(length)  # (L, N)
    return ops.take(ops.pad(signals, ((0, 0), (0, missing))), places, axis=1)


def overlap_add(frames: Tensor, hop: int) -> Tensor:
    """Frames laid one hop after the other and summed.

    Formula
        x_t = sum over the l, n with lh + n = t of y_ln

    Args
        frames: y (B, L, N) floats, at least one frame, L and N known. hop: h.

    Returns
        (B, T), T = N + (L - 1) h. A sample in two frames comes twice.

    Errors
        ShapeError: not (B, L, N), or none of them. ValueError: a hop below 1. TypeError: no
        array, no integer.

    >>> ops.convert_to_numpy(overlap_add(ops.ones((1, 3, 4)), 2))
    array([[1., 1., 2., 2., 2., 2., 1., 1.]], dtype=float32)
    """
    check_frames(frames, hop)
    (count, length), hop = frames.shape[1:], int(hop)
    # Each frame in parts of a hop: the j-th part of frame l is for the (l + j)-th hop of the sum.
    parts = -(-length // hop)
    y = ops.pad(frames, ((0, 0), (0, 0), (0, parts * hop - length)))
    y = ops.reshape(y, (-1, count, parts, hop))
    shifted = [ops.pad(y[:, :, j], ((0, 0), (j, parts - 1 - j), (0, 0))) for j in range(parts)]
    signals = ops.reshape(sum(shifted), (-1, (count + parts - 1) * hop))
    return signals[:, : length + (count - 1) * hop]
