"""Frequencies as the ear spaces them: mel bands, their logarithm, cepstral coefficients."""

import math

import torch

from mmref.contract.audio import (
    check_bands,
    check_heard,
    check_signals,
    coefficients,
    highest,
)
from mmref.contract.settings import check_kind
from mmref.torch._dtype import check_device
from mmref.torch.audio.spectrum import power_spectrogram


def mel_filters(
    rate: int,
    length: int,
    mels: int,
    low: float = 0.0,
    high: float | None = None,
    scale: str = "htk",
    area: bool = False,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> torch.Tensor:
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
        another scale, a dtype that is not of floats. TypeError: no numbers, no dtype.

    Source
        Davis and Mermelstein 1980; the toolkit HTK; Slaney, Auditory Toolbox, 1998.

    >>> mel_filters(8000, 16, 3)[0, :4]
    tensor([0.0000, 0.8935, 0.1657, 0.0000])
    """
    check_kind("dtype", dtype, torch.dtype, "a torch.dtype")
    high = highest(rate, length, mels, low, high, scale, area, dtype)
    check_device(device)
    rate, length, mels = int(rate), int(length), int(mels)
    # On the CPU: not every device has float64.
    ends = _mel(torch.tensor([low, high], dtype=torch.float64), scale).tolist()
    between = torch.linspace(*ends, mels + 2, dtype=torch.float64)
    corners = _hertz(between, scale)[:, None]  # (M + 2, 1)
    f = torch.arange(length // 2 + 1, dtype=torch.float64) * rate / length  # (K,)
    slopes = (f - corners[:-1]) / corners.diff(dim=0)  # (M + 1, K)
    filters = torch.minimum(slopes[:-1], 1 - slopes[1:]).clamp(min=0)
    check_heard(filters.amax(dim=1).tolist(), length)
    if area:
        filters = 2 * filters / (corners[2:] - corners[:-2])
    return filters.to(device, dtype)


def log_mel(power: torch.Tensor, filters: torch.Tensor, floor: float = 1e-10) -> torch.Tensor:
    """The logarithm of the power in each band; no quieter than the floor.

    Formula
        S_m = ln max(sum_k F_mk P_k, floor)

    Args
        power: P (..., K), float32 or float64. filters: F (M, K), of the same dtype.
        floor: above 0, in the dtype too. Under autocast everything stays in the dtype.

    Returns
        (..., M). At the floor and below it, the gradient is 0.

    Errors
        ShapeError: not (..., K) and (M, K) of one dtype, another dtype. ValueError: a floor that
        is not positive, or that the dtype cannot hold.
        TypeError: no tensors, a floor that is no number.

    >>> log_mel(torch.tensor([1.0, 3.0]), torch.tensor([[1.0, 0.5], [0.0, 0.0]]))
    tensor([  0.9163, -23.0259])
    """
    check_bands(power, filters, floor, kind=torch.Tensor)
    floor, bands = float(floor), _product(power, filters)
    return torch.where(bands <= floor, floor, bands).log()  # not clamp: its gradient at the floor


def dct(signals: torch.Tensor, count: int | None = None) -> torch.Tensor:
    """Discrete cosine transform of the second type, orthonormal: the first coefficients.

    Formula
        c_d = s_d sum_n x_n cos(pi d (2 n + 1) / (2 N)), s_0 = sqrt(1 / N), other s_d = sqrt(2 / N)

    Args
        signals: x (..., N), float32 or float64. count: D, at most N; None: all N.

    Returns
        (..., D).

    Errors
        ShapeError: another dtype, or no sample. ValueError: a count below 1 or above N. TypeError:
        no tensor, no integer.

    Source
        Ahmed, Natarajan and Rao, IEEE Transactions on Computers C-23(1), 1974.

    >>> dct(torch.ones(4), 1)
    tensor([2.])
    """
    check_signals(signals, torch.Tensor)
    n = signals.shape[-1]
    count = coefficients(n, count)
    rows, columns = (torch.arange(size, dtype=torch.float64) for size in (count, n))
    angles = torch.outer(rows, columns + 0.5) / n
    cosines = math.sqrt(2 / n) * torch.cos(math.pi * angles)  # (D, N)
    cosines[0] /= math.sqrt(2)
    return _product(signals, cosines.to(signals))


def mfcc(
    signals: torch.Tensor,
    filters: torch.Tensor,
    length: int,
    hop: int,
    count: int = 13,
    floor: float = 1e-10,
    window: str = "hann",
    rest: str = "refuse",
) -> torch.Tensor:
    """Mel-frequency cepstral coefficients: the outline of each frame's spectrum in a few numbers.

    Formula
        C = dct(log_mel(power_spectrogram(x), F)), the first D

    Args
        signals: x (B, T), float32 or float64. filters: F (M, K), of the same dtype.
        length, hop, window, rest: as for :func:`stft`. count: D, at most M.
        floor: as for :func:`log_mel`.

    Returns
        (B, L, D).

    Errors
        As its parts.

    Source
        Davis and Mermelstein 1980, equation 1, orthonormal.

    >>> mfcc(torch.ones(1, 4), torch.ones(2, 3), 4, 2, count=1)
    tensor([[[2.2761]]])
    """
    power = power_spectrogram(signals, length, hop, window, rest)
    check_bands(power, filters, floor, "signals", torch.Tensor)
    return dct(log_mel(power, filters, floor), coefficients(len(filters), count, "filters"))


def _product(x, rows):
    """x rows^T in their own dtype: autocast's 16 bits hold no quiet band."""
    if x.is_meta or not torch.is_autocast_enabled(x.device.type):
        return x @ rows.T
    with torch.autocast(x.device.type, enabled=False):
        return x @ rows.T


def _mel(f, scale):
    if scale == "htk":
        return 2595 * torch.log10(1 + f / 700)
    return torch.where(f < 1000, 3 * f / 200, 15 + 27 / math.log(6.4) * (f / 1000).log())


def _hertz(m, scale):
    if scale == "htk":
        return 700 * (10 ** (m / 2595) - 1)
    return torch.where(m < 15, 200 * m / 3, 1000 * ((m - 15) * math.log(6.4) / 27).exp())
