"""What quantization, pruning, distillation and low rank ask of their arguments, in one place for
all three wings."""

from mmref.contract.arrays import check_array, check_floats, check_shape, check_some
from mmref.contract.settings import check_count, check_flags, check_number, check_scale
from mmref.types import Tensor

MOST_BITS = 16  # float32 holds every integer of so many, and their products with a scale apart


def check_bits(bits: int) -> tuple[int, int]:
    """The lowest and the highest integer of a grid; raises unless ``bits`` is from 2 to 16.

    >>> check_bits(8)
    (-128, 127)
    """
    check_count("bits", bits, 2)
    if bits > MOST_BITS:
        raise ValueError(f"bits: expected an integer, at most {MOST_BITS}, got {bits!r}")
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def check_quantized(
    x: Tensor, scale: float, zero_point: int, bits: int, kind: type | None = None
) -> tuple[int, int]:
    """The lowest and the highest integer; raises unless ``x`` is floats of any shape, ``scale``
    positive and ``zero_point`` an integer of the grid.

    >>> import numpy as np
    >>> check_quantized(np.ones(3), 0.1, 200, 8)
    Traceback (most recent call last):
        ...
    ValueError: zero_point: expected an integer from -128 to 127, got 200
    """
    check_floats("x", x, kind)
    check_scale(scale=scale)
    low, high = check_bits(bits)
    check_count("zero_point", zero_point, low)
    if zero_point > high:
        raise ValueError(
            f"zero_point: expected an integer from {low} to {high}, got {zero_point!r}"
        )
    return low, high


def check_grid(x: Tensor, bits: int, symmetric: bool, kind: type | None = None) -> None:
    """Raise unless ``x`` is floats, one at least, and the settings are a number of bits and a flag.

    >>> import numpy as np
    >>> check_grid(np.ones(0), 8, False)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: x: expected at least one number, got (0,)
    """
    check_floats("x", x, kind)
    check_some("x", x, "number")
    check_bits(bits)
    check_flags(symmetric=symmetric)


def grid_of(least: float, largest: float, bits: int, symmetric: bool) -> tuple[float, int]:
    """Scale and zero point of numbers from ``least`` to ``largest``: the arithmetic of all wings.

    >>> grid_of(0.0, 25.5, 8, False)
    (0.1, -128)
    """
    for name, number in (("x", least), ("x", largest)):
        check_number(name, number)
    low, high = check_bits(bits)
    least, largest = min(least, 0.0), max(largest, 0.0)
    if symmetric:
        return max(-least, largest) / high or 1.0, 0
    scale = (largest - least) / (high - low) or 1.0
    return scale, low - round(least / scale)


def check_weights(weights: Tensor, share: float, kind: type | None = None) -> None:
    """Raise unless ``weights`` are floats of any shape and ``share`` is a number from 0 to 1.

    >>> import numpy as np
    >>> check_weights(np.ones(3), 90)
    Traceback (most recent call last):
        ...
    ValueError: share: expected a number in [0, 1], got 90
    """
    check_floats("weights", weights, kind)
    check_number("share", share, 0, 1, closed=True)


def check_distilled(
    logits: Tensor, teacher: Tensor, temperature: float, kind: type | None = None
) -> None:
    """Raise unless ``logits`` and ``teacher`` are floats (B, K) of one dtype, B and K at least 1,
    and ``temperature`` is positive.

    >>> import numpy as np
    >>> check_distilled(np.ones((2, 3)), np.ones((2, 4)), 1.0)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: teacher: expected (B, K) = (2, 3), got (2, 4)
    """
    check_floats("logits", logits, kind)
    check_shape("logits", logits, "B", "K")
    check_some("logits", logits, "row and one class")
    check_array("teacher", teacher, kind)
    check_floats("teacher", teacher, kind, logits.dtype, "the logits")
    check_shape("teacher", teacher, B=logits.shape[0], K=logits.shape[1])
    check_scale(temperature=temperature)


def check_low_rank(weight: Tensor, rank: int, kind: type | None = None) -> None:
    """Raise unless ``weight`` is floats (O, D) and ``rank`` is from 1 to the shorter side.

    >>> import numpy as np
    >>> check_low_rank(np.ones((4, 3)), 4)
    Traceback (most recent call last):
        ...
    ValueError: rank: expected an integer, at most 3, got 4
    """
    check_floats("weight", weight, kind)
    check_shape("weight", weight, "O", "D")
    check_some("weight", weight, "number")
    check_count("rank", rank)
    most = min(weight.shape)
    if rank > most:
        raise ValueError(f"rank: expected an integer, at most {most}, got {rank!r}")
