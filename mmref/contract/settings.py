"""The words of errors: what is asked of numbers, flags, names and functions.

A wrong kind is a TypeError, a wrong value a ValueError: a ChoiceError where the values can be
listed. All say "name: expected ..., got ...", and one mistake is told by one function, whoever
asks. True and False are no numbers, and no other word is a flag.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import TypeGuard, cast

from mmref.errors import ChoiceError, ShapeError
from mmref.types import Pair, Size

LONGEST = 2**31 - 1  # of any axis; a longer one ends in an allocator's words


def check_count(name: str, value: object, low: int = 1) -> None:
    """Raise unless ``value`` is an integer (TypeError), at least ``low`` (ValueError).

    >>> check_count("epochs", 0)
    Traceback (most recent call last):
        ...
    ValueError: epochs: expected an integer, at least 1, got 0
    """
    message = f"{name}: expected an integer, at least {low}, got {value!r}"
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(message)
    if value < low:
        raise ValueError(message)


def check_length(name: str, value: object, low: int = 1) -> None:
    """Raise unless ``value`` is a count that an axis can be long.

    >>> check_length("channels", 10**14)
    Traceback (most recent call last):
        ...
    ValueError: channels: expected an integer, at most 2147483647, got 100000000000000
    """
    check_count(name, value, low)
    if cast(int, value) > LONGEST:
        raise ValueError(f"{name}: expected an integer, at most {LONGEST}, got {value!r}")


def check_counts(**counts: object) -> None:
    """Raise unless all are lengths of axes: integers, at least 1."""
    for name, count in counts.items():
        check_length(name, count)


def check_seed(seed: object, name: str = "seed") -> None:
    """Raise unless ``seed`` is an integer, at least 0: None would be another draw each time."""
    check_count(name, seed, 0)


def is_number(value: object) -> TypeGuard[float]:
    """Whether ``value`` is a real number, NumPy's own too; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_scale(**scales: object) -> None:
    """Raise unless all are positive, finite numbers.

    >>> check_scale(embedding_scale=0)
    Traceback (most recent call last):
        ...
    ValueError: embedding_scale: expected a positive number, got 0
    """
    for name, scale in scales.items():
        _check_inside(name, scale, "a positive number", lambda x: x > 0)


def check_number(
    name: str,
    value: object,
    low: float | None = None,
    high: float | None = None,
    closed: bool = False,
) -> None:
    """Raise unless ``value`` is a finite number, in [low, high) or, if ``closed``, [low, high].

    >>> check_number("smoothing", 1.5, 0, 1)
    Traceback (most recent call last):
        ...
    ValueError: smoothing: expected a number in [0, 1), got 1.5
    >>> check_number("epsilon", None, 0)
    Traceback (most recent call last):
        ...
    TypeError: epsilon: expected a finite number, at least 0, got None
    """
    if low is None:
        _check_inside(name, value, "a finite number", lambda x: True)
    elif high is None:
        _check_inside(name, value, f"a finite number, at least {low}", lambda x: x >= low)
    elif closed:
        _check_inside(name, value, f"a number in [{low}, {high}]", lambda x: low <= x <= high)
    else:
        _check_inside(name, value, f"a number in [{low}, {high})", lambda x: low <= x < high)


def _check_inside(name: str, value: object, expected: str, inside: Callable) -> None:
    message = f"{name}: expected {expected}, got {value!r}"
    if not is_number(value):
        raise TypeError(message)
    try:
        right = isfinite(value) and inside(value)
    except OverflowError:  # an integer beyond every float
        right = False
    if not right:
        raise ValueError(message)


def check_flags(**flags: object) -> None:
    """Raise unless all are True or False: any other word would count as True.

    >>> check_flags(forget_gate="no")
    Traceback (most recent call last):
        ...
    mmref.errors.ChoiceError: forget_gate: expected one of True, False; got 'no'
    """
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise ChoiceError(name, flag, (True, False))


def check_choice(name: str, value: object, choices: tuple) -> None:
    """Raise unless ``value`` is one of these; it may be of a kind that cannot be hashed.

    >>> check_choice("loss", ["hinge"], ("hinge", "wasserstein"))
    Traceback (most recent call last):
        ...
    mmref.errors.ChoiceError: loss: expected one of 'hinge', 'wasserstein'; got ['hinge']
    """
    for choice in choices:
        # NumPy's texts are texts, but True, which equals 1, is no number.
        if isinstance(value, type(choice)) and isinstance(value, bool) == isinstance(choice, bool):
            if value == choice:
                return
    raise ChoiceError(name, value, choices)


def check_function(name: str, value: object, what: str = "a function") -> None:
    """Raise unless ``value`` can be called."""
    if not callable(value):
        raise TypeError(f"{name}: expected {what}, got {value!r}")


def check_kind(name: str, value: object, kind: type | tuple[type, ...], what: str) -> None:
    """Raise unless ``value`` is of this kind, which ``what`` names.

    >>> check_kind("generator", None, int, "an int")
    Traceback (most recent call last):
        ...
    TypeError: generator: expected an int, got NoneType
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name}: expected {what}, got {type(value).__name__}")


def check_text(name: str, value: object) -> None:
    """Raise unless ``value`` is a text that is not empty."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected a text, got {value!r}")
    if not value:
        raise ValueError(f"{name}: expected a text, got {value!r}")


def check_mapping(name: str, value: object, what: str = "array") -> None:
    """Raise unless ``value`` is a mapping whose keys are texts; ``what`` says what it maps to.

    >>> check_mapping("features", [1, 2])
    Traceback (most recent call last):
        ...
    TypeError: features: expected a mapping from name to array, got list
    """
    got = type(value).__name__
    if isinstance(value, Mapping):
        wrong = [key for key in value if not isinstance(key, str)]
        if not wrong:
            return
        got = f"the key {wrong[0]!r}"
    raise TypeError(f"{name}: expected a mapping from name to {what}, got {got}")


def pair(name: str, value: Size, low: int = 1) -> Pair:
    """An integer as two of them, a pair as it is; raises unless they are at least ``low``.

    >>> pair("stride", (1, 0))
    Traceback (most recent call last):
        ...
    ValueError: stride[1]: expected an integer, at least 1, got 0
    """
    if not isinstance(value, list | tuple):
        check_length(name, value, low)
        return int(value), int(value)
    if len(value) != 2:
        raise ShapeError(name, "an integer or a pair of them", repr(value))
    for i, number in enumerate(value):
        check_length(f"{name}[{i}]", number, low)
    first, second = (int(number) for number in value)
    return first, second


def check_height_width(name: str, value: object) -> None:
    """Raise unless ``value`` is (H, W), both at least 1."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ShapeError(name, "(H, W)", repr(value))
    pair(name, value)


def check_multiples(size: Sequence[int], factor: int, why: str = "") -> None:
    """Raise unless ``factor`` divides both numbers of ``size``."""
    if size[0] % factor or size[1] % factor:
        raise ValueError(f"size: expected multiples of {factor}{why}, got {tuple(size)}")


def text_list(name: str, values: Iterable[str]) -> list[str]:
    """Texts as a list; raises for a single one, whose characters would count as texts.

    >>> text_list("texts", "a red star")
    Traceback (most recent call last):
        ...
    TypeError: texts: expected a sequence of texts, got the text 'a red star'
    """
    expected = f"{name}: expected a sequence of texts"
    if isinstance(values, str):
        raise TypeError(f"{expected}, got the text {values!r:.60}")
    if not isinstance(values, Iterable):
        raise TypeError(f"{expected}, got {type(values).__name__}")
    texts = list(values)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{expected}, got {text!r:.60} in it")
    return texts
