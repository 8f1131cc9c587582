"""Signals cut into frames, the window over each, and frames added up again."""

import math

import torch

from mmref.contract.audio import WINDOWS, check_frames, check_window, frame_count
from mmref.contract.settings import check_kind
from mmref.torch._dtype import check_device


def spectral_window(
    length: int,
    window: str = "hann",
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """The weights of the samples in a frame, small at its ends: (N,), a constant.

    Formula
        w_n = a - b cos(2 pi n / N); hann: a = b = 0.5; hamming: 0.54, 0.46; rectangular: 1, 0

    Errors
        ValueError: a length below 1, another window, a dtype that is not of floats, an unknown
        device. TypeError: no integer, no dtype.

    Source
        Harris, Proceedings of the IEEE 66(1), 1978, equations 27 and 30, with a whole period.

    >>> spectral_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    check_kind("dtype", dtype, torch.dtype, "a torch.dtype")
    check_window(length, window, dtype)
    check_device(device)
    length, (a, b) = int(length), WINDOWS[window]
    n = torch.arange(length, dtype=torch.float64)  # on the CPU: not every device has float64
    return (a - b * torch.cos(2 * math.pi / length * n)).to(device, dtype)


def frames(signals: torch.Tensor, length: int, hop: int, rest: str = "refuse") -> torch.Tensor:
    """Signals cut into frames that overlap, where the hop is shorter than they are.

    Formula
        y_ln = x_(lh + n), n = 0 ... N - 1, from the first sample on

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
        ValueError: counts below 1, another ``rest``. TypeError: no tensor, no integers.

    >>> frames(torch.arange(6.0)[None], 4, 2)[0]
    tensor([[0., 1., 2., 3.],
            [2., 3., 4., 5.]])
    """
    count = frame_count(signals, length, hop, rest, torch.Tensor)
    length, hop = int(length), int(hop)
    missing = length + (count - 1) * hop - signals.shape[1]
    if missing > 0:
        signals = torch.nn.functional.pad(signals, (0, missing))
    return signals.unfold(1, length, hop).clone()  # the view shares what overlaps


def overlap_add(frames: torch.Tensor, hop: int) -> torch.Tensor:
    """Frames laid one hop after the other and summed.

    Formula
        x_t = sum over the l, n with lh + n = t of y_ln

    Args
        frames: y (B, L, N) floats, at least one frame. hop: h.

    Returns
        (B, T), T = N + (L - 1) h. A sample in two frames comes twice.

    Errors
        ShapeError: not (B, L, N), or none of them. ValueError: a hop below 1. TypeError: no
        tensor, no integer.

    >>> overlap_add(torch.ones(1, 3, 4), 2)
    tensor([[1., 1., 2., 2., 2., 2., 1., 1.]])
    """
    check_frames(frames, hop, torch.Tensor)
    (batch, count, length), hop = frames.shape, int(hop)
    places = hop * torch.arange(count)[:, None] + torch.arange(length)  # (L, N)
    signals = frames.new_zeros(batch, length + (count - 1) * hop)
    return signals.index_add(1, places.flatten().to(frames.device), frames.flatten(1))
