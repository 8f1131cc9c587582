"""What a result may be, and the first place where it differs from what it should be."""

from collections.abc import Callable
from numbers import Integral
from os.path import commonprefix
from typing import Any

import numpy as np

from mmref.check._call import Difference, article, type_name
from mmref.check.exercise import Case
from mmref.types import Array

# Arrays: the kinds of dtype that will do, and what to think about otherwise.
ARRAYS = {
    "float64": ("f", "Keep the dtype of the inputs; an array of another one rounds what it holds."),
    "float32": ("f", "Layers compute in float32."),
    "int": ("iu", "A whole number is asked for: a label, an index or a count."),
    "bool": ("b", "A mask holds True and False."),
}
# Values: the test for them, and what to think about otherwise.
VALUES: dict[str, tuple[Callable, str]] = {
    "text": (lambda v: isinstance(v, str), "Return the text itself."),
    "text or None": (
        lambda v: v is None or isinstance(v, str),
        "A name is text; where there is none to give, it is None.",
    ),
    "a whole number": (
        lambda v: isinstance(v, Integral) and not isinstance(v, bool),
        "It is counted in whole numbers.",
    ),
}


def check_kind(name: str, got: Any, case: Case, kind: str) -> None:
    """Raise unless ``got`` is a NumPy array, or a value of its kind."""
    if kind in VALUES:
        fits, hint = VALUES[kind]
        if not fits(got):
            told = f"{name}: expected {kind}, got {article(type_name(got))}"
            raise Difference(told, hint, case)
    elif got is None:
        raise Difference(f"{name}: got None", "Does the function end with a return?", case)
    elif not is_array(got) or isinstance(got, np.ma.MaskedArray | np.matrix):
        told = f"{name}: expected a NumPy array, got {article(type_name(got))}"
        raise Difference(told, "Compute with NumPy arrays throughout and return one.", case)


def wrong_form(name: str, expected: Any, got: Any, kind: str) -> tuple[str, str | None] | None:
    """A shape or dtype that is not the one asked for, with a hint; None if both are."""
    if not is_array(expected):
        return None
    shape = np.shape(expected)
    if got.shape != shape:
        told = f"{name}: expected the shape {shape}, got {got.shape}"
        return told, shape_hint(shape, got.shape)
    kinds, hint = ARRAYS[kind]
    exact = kind.startswith("float")
    if got.dtype.kind not in kinds or (exact and got.dtype != kind):
        return f"{name}: expected the dtype {kind}, got {got.dtype}", hint
    return None


def same(one: Any, other: Any, rtol: float, atol: float) -> bool:
    """Whether two results agree, numbers within the tolerances."""
    if isinstance(one, Integral) and isinstance(other, Integral):  # Python's or NumPy's
        return int(one) == int(other)
    if not (is_array(one) and is_array(other)):
        return type(one) is type(other) and one == other
    numbers = one.dtype.kind in "fiub" and other.dtype.kind in "fiub"
    return numbers and one.shape == other.shape and bool(close(one, other, rtol, atol).all())


def is_array(value: Any) -> bool:
    """An array, or a number of NumPy's, which is one without axes."""
    return isinstance(value, np.ndarray | np.generic)


def close(one: Any, other: Any, rtol: float, atol: float) -> Array:
    """Where two arrays of one shape agree; atol counts from the largest number of ``other``."""
    finite = np.abs(other)[np.isfinite(other)]
    scale = max(1.0, float(np.max(finite, initial=0.0)))
    return np.isclose(one, other, rtol=rtol, atol=atol * scale, equal_nan=True)


def first_difference(
    name: str, expected: Any, got: Any, rtol: float, atol: float, axis: str | None, rows: list[str]
) -> str | None:
    """In words, the first element that is not close; None if all are."""
    if not is_array(expected):
        a, b = _excerpts(repr(expected), repr(got))
        return None if expected == got else f"{name}: expected {a}, got {b}"
    wrong = np.argwhere(~close(got, expected, rtol, atol))
    if not len(wrong):
        return None
    index = tuple(int(i) for i in wrong[0])
    a, b = _distinct(expected[index].item(), got[index].item())
    return f"{_place(name, index, axis, rows)}: expected {a}, got {b}"


def special_rows(names: list[str], args: tuple) -> list[str]:
    """What the first mask among the arguments says of each row, "" where it keeps all."""
    for name, mask in zip(names, args, strict=True):
        if isinstance(mask, np.ndarray) and mask.dtype.kind == "b" and mask.ndim == 2:
            return ["" if row.all() else f"where {name} is {row.astype(int)}" for row in mask]
    return []


def _place(name, index, axis, rows):
    if not index:
        return name
    if not axis:
        return f"{name}{list(index)}"
    words = f"{axis} {index[0]}"
    if index[0] < len(rows) and rows[index[0]]:
        words += f", {rows[index[0]]}"
    return f"{name}{list(index)} ({words})"


def _excerpts(a, b, width=120):
    """Two texts, of long ones the part around the first difference."""
    start = max(0, len(commonprefix([a, b])) - width // 2)
    if max(len(a), len(b)) <= width:
        return a, b
    return tuple(
        "..." * (start > 0) + text[start:][:width] + "..." * (start + width < len(text))
        for text in (a, b)
    )


def _distinct(a, b):
    """Both values, numbers with as many digits as it takes to tell them apart."""
    if isinstance(a, bool) and isinstance(b, bool):
        return str(a), str(b)
    for digits in (4, 8, 12, 17):
        texts = f"{float(a):.{digits}g}", f"{float(b):.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


ONES = "Only axes of length 1 differ: look where an axis is kept, added or squeezed."


def shape_hint(expected: tuple, got: tuple) -> str | None:
    """What to think about if the shapes differ in a telling way, or None."""
    if tuple(n for n in got if n != 1) == tuple(n for n in expected if n != 1):
        return ONES
    if got == ():
        return "A single number: was too much summed over, indexed away or squeezed?"
    if got == expected[::-1]:
        return "The axes are swapped."
    if int(np.prod(got)) == int(np.prod(expected)):
        return "All the numbers are there, but arranged in another shape."
    if len(got) > len(expected):
        return "An axis too many: which one should be summed over?"
    if len(got) < len(expected):
        return "An axis too few: one was summed over or indexed away."
    others = [(k, m - n) for k, (n, m) in enumerate(zip(expected, got, strict=True)) if n != m]
    if len(others) == 1 and abs(others[0][1]) == 1:
        axis, more = others[0]
        return (
            f"Axis {axis} has one entry too {'many' if more > 0 else 'few'}: what belongs to the "
            "result first, and what last?"
        )
    return None
