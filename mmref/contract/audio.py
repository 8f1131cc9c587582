"""What sounds and their spectra ask of their arguments, in one place for all three wings.

Letters: B signals of T samples; L frames of N samples, h from one to the next; K = N // 2 + 1
frequencies, each a pair of real and imaginary part; M mel bands; D coefficients.
"""

from collections.abc import Sequence

import numpy as np

from mmref.contract.arrays import check_floats, check_shape, check_some, dtype_name, known
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_counts,
    check_flags,
    check_number,
    check_scale,
)
from mmref.errors import ShapeError
from mmref.types import DType, Tensor

# w_n = a - b cos(2 pi n / N): each window's a and b. The exact Hamming window has 25/46 and 21/46;
# everybody rounds them.
WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "rectangular": (1.0, 0.0)}
RESTS = ("refuse", "drop", "pad")
SCALES = ("htk", "slaney")
PRECISE = ("float32", "float64")
FAINTEST = 1e-9  # the largest weight of a filter that hears something: less is rounding


def check_window(length: int, window: str, dtype: DType = "float64") -> None:
    """Raise unless ``length`` is a count, ``window`` one of ``WINDOWS``, ``dtype`` of floats."""
    check_counts(length=length)
    check_choice("window", window, (*WINDOWS,))
    check_of_floats(dtype)


def check_of_floats(dtype: DType) -> None:
    """Raise unless a constant can have this ``dtype``."""
    if "float" not in str(dtype):
        raise ValueError(f"dtype: expected one of floating-point numbers, got {dtype!r}")


def frame_count(
    signals: Tensor, length: int, hop: int, rest: str = "refuse", kind: type | None = None
) -> int:
    """The number of frames L of signals (B, T), no empty one; raises unless they have some.

    >>> import numpy as np
    >>> frame_count(np.ones((1, 10)), 4, 2), frame_count(np.ones((1, 11)), 4, 2, "pad")
    (4, 5)
    >>> frame_count(np.ones((1, 11)), 4, 2)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: signals: expected 10 or 12 samples, or rest="drop" or "pad", got 11
    """
    check_floats("signals", signals, kind)
    check_shape("signals", signals, "B", "T")
    check_counts(length=length, hop=hop)
    check_choice("rest", rest, RESTS)
    length, hop, samples = int(length), int(hop), signals.shape[1]
    if not known(samples):
        raise ShapeError("signals", "a known number of samples", tuple(signals.shape))
    if samples < length:
        raise ShapeError("signals", f"at least {length} samples, a frame", samples)
    whole, over = divmod(samples - length, hop)
    if over and rest == "refuse":
        least = samples - over
        expected = f'{least} or {least + hop} samples, or rest="drop" or "pad"'
        raise ShapeError("signals", expected, samples)
    more = rest == "pad" and over > 0 and (whole + 1) * hop < samples
    return int(1 + whole + more)


def check_frames(frames: Tensor, hop: int, kind: type | None = None) -> None:
    """Raise unless ``frames`` are floats (B, L, N) with one at least, ``hop`` a count."""
    check_floats("frames", frames, kind)
    check_shape("frames", frames, "B", "L", "N")
    check_some("frames", frames, "frame and sample", 1, 2)
    check_counts(hop=hop)
    if not all(map(known, frames.shape[1:])):
        raise ShapeError("frames", "known numbers of frames and samples", tuple(frames.shape))


def check_precise(name: str, array: Tensor, kind: type | None = None) -> None:
    """Raise unless ``array`` holds float32 or float64: squares of samples, and the powers of
    quiet bands, leave what 16 bits can hold.

    >>> import numpy as np
    >>> check_precise("signals", np.ones(3, np.float16))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: signals: expected float32 or float64, got float16
    """
    check_floats(name, array, kind)
    given = dtype_name(array)
    if given not in PRECISE:
        raise ShapeError(name, " or ".join(PRECISE), given)


def check_signals(signals: Tensor, kind: type | None = None) -> None:
    """Raise unless ``signals`` are float32 or float64 (..., N), N known and at least 1."""
    check_precise("signals", signals, kind)
    check_shape("signals", signals, "...", "N")
    check_some("signals", signals, "sample", -1)
    if not known(signals.shape[-1]):
        raise ShapeError("signals", "a known number of samples", tuple(signals.shape))


def check_spectrum(spectrum: Tensor, length: int, kind: type | None = None) -> None:
    """Raise unless ``spectrum`` is one of ``length`` samples: float32 or float64 (..., K, 2).

    >>> import numpy as np
    >>> check_spectrum(np.ones((4, 2)), 8)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: spectrum: expected (..., 5, 2), got (4, 2)
    """
    check_counts(length=length)
    check_precise("spectrum", spectrum, kind)
    check_shape("spectrum", spectrum, "...", int(length) // 2 + 1, 2)


def check_invertible(
    spectrum: Tensor, length: int, hop: int, window: str, trim: int, kind: type | None = None
) -> None:
    """Raise unless ``spectrum`` (B, L, K, 2) has frames, and windows cover every sample that is
    left after ``trim``: their squares sum to more than sqrt(eps) of the largest sum.

    >>> import numpy as np
    >>> check_invertible(np.ones((1, 3, 5, 2)), 8, 4, "hann", trim=0)
    Traceback (most recent call last):
        ...
    ValueError: trim: expected samples under a window only, got 0: the windows hardly cover sample 0
    """
    check_window(length, window)
    check_spectrum(spectrum, length, kind)
    check_counts(hop=hop)
    check_count("trim", trim, 0)
    length, hop, trim = int(length), int(hop), int(trim)
    check_shape("spectrum", spectrum, "B", "L", length // 2 + 1, 2)
    check_some("spectrum", spectrum, "frame", 1)
    count = spectrum.shape[1]
    if not known(count):
        raise ShapeError("spectrum", "a known number of frames", tuple(spectrum.shape))
    total = length + (count - 1) * hop
    if 2 * trim >= total:
        raise ValueError(f"trim: expected less than half of {total} samples, got {trim}")
    a, b = WINDOWS[window]
    squares = (a - b * np.cos(2 * np.pi * np.arange(length) / length)) ** 2
    sums = np.zeros(total)
    for i in range(count):
        sums[i * hop : i * hop + length] += squares
    least = np.sqrt(np.finfo(dtype_name(spectrum)).eps) * sums.max()
    gone = np.flatnonzero(sums[trim : total - trim] <= least)
    if gone.size:
        where = f"the windows hardly cover sample {gone[0] + trim}"
        raise ValueError(f"trim: expected samples under a window only, got {trim}: {where}")


def highest(
    rate: int,
    length: int,
    mels: int,
    low: float,
    high: float | None,
    scale: str,
    area: bool,
    dtype: DType = "float64",
) -> float:
    """The upper end of the mel filters in hertz; raises unless the settings make some."""
    check_counts(rate=rate, length=length, mels=mels)
    check_number("low", low, 0)
    check_choice("scale", scale, SCALES)
    check_flags(area=area)
    check_of_floats(dtype)
    most = int(rate) / 2
    if high is None:
        high = most
    check_scale(high=high)
    if not low < high <= most:
        expected = f"a number above low = {low:g} and at most rate / 2 = {most:g}"
        raise ValueError(f"high: expected {expected}, got {high:g}")
    return high


def check_heard(weights: Sequence[float], length: int) -> None:
    """Raise unless each of the M filters has a frequency; ``weights`` are their largest ones.

    >>> check_heard([1e-16, 1.0], 16)
    Traceback (most recent call last):
        ...
    ValueError: mels: expected fewer, or a longer window than 16 samples, got 2: some hear nothing
    """
    if not all(weight > FAINTEST for weight in weights):
        expected = f"fewer, or a longer window than {length} samples"
        raise ValueError(f"mels: expected {expected}, got {len(weights)}: some hear nothing")


def check_bands(
    power: Tensor, filters: Tensor, floor: float, name: str = "power", kind: type | None = None
) -> None:
    """Raise unless ``power`` is (..., K) and ``filters`` (M, K), of one dtype that can hold
    ``floor``.

    name: of the argument that the power is made of.

    >>> import numpy as np
    >>> check_bands(np.ones(2, np.float32), np.ones((1, 2), np.float32), 1e-50)
    Traceback (most recent call last):
        ...
    ValueError: floor: expected a number in [1.17549e-38, 3.40282e+38] for float32, got 1e-50
    """
    check_precise("power", power, kind)
    check_shape("power", power, "...", "K")
    check_some("power", power, "frequency", -1)
    check_floats("filters", filters, kind)
    check_floats("filters", filters, kind, power.dtype, name)
    check_shape("filters", filters, "M", power.shape[-1])
    check_some("filters", filters, "band", 0)
    check_scale(floor=floor)
    limits = np.finfo(dtype_name(power))
    low, high = float(limits.tiny), float(limits.max)
    if not low <= float(floor) <= high:
        expected = f"a number in [{low:g}, {high:g}] for {dtype_name(power)}"
        raise ValueError(f"floor: expected {expected}, got {floor!r}")


def coefficients(width: int, count: int | None, name: str = "signals") -> int:
    """How many coefficients of ``width`` numbers are kept: ``count``, or all where it is None."""
    if count is None:
        return width
    check_count("count", count)
    if count > width:
        raise ValueError(f"count: expected an integer, at most {width} as {name}, got {count}")
    return int(count)
