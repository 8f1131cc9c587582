"""Cases: an input with what to think about; the exercise's own, and those that all are asked."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mmref.check._changes import changed, times
from mmref.types import Array


@dataclass(frozen=True)
class Case:
    """One input, with what to think about if it goes wrong.

    Args
        words: the input in words.
        hint: what to think about.
        sizes: what the exercise's ``draw`` is given by name.
        edit: a change for each argument that changes, by its name; or a function of all of them
            that changes them in place or returns others.
        args: the arguments themselves, where nothing is drawn.
        trials: how many draws of a random function are counted, if not the exercise's.
    """

    words: str
    hint: str
    sizes: dict = field(default_factory=dict)
    edit: Callable | dict[str, Callable] | None = None
    args: tuple = ()
    trials: int = 0


def case(words: str, hint: str, edit: Callable | dict | None = None, /, **sizes: Any) -> Case:
    """A case that is drawn, with other sizes than the usual ones where these are given."""
    return Case(words, hint, sizes, edit)


def given(words: str, hint: str, *args: Any) -> Case:
    """A case with these very arguments."""
    return Case(words, hint, args=args)


def edited(this: Case, reference: Callable, args: tuple) -> tuple:
    """Drawn arguments of the reference as a case has them."""
    if this.edit is None or isinstance(this.edit, dict):
        return changed(reference, args, this.edit or {})
    return this.edit(*args) or args


def with_grad(this: Case, reference: Callable, hint: str | None = None) -> Case:
    """A case of an operation as one of its gradient, which has ``grad`` in front."""

    def edit(grad, *args):
        args = edited(this, reference, args)
        return np.resize(grad, np.shape(reference(*args))), *args

    return replace(this, edit=edit, hint=hint or this.hint)


def normal(rng: np.random.Generator, *shapes: tuple) -> list[Array]:
    """Normal numbers with two digits, which are easily printed: an array for each shape."""
    return [rng.normal(size=shape).round(2) for shape in shapes]


def arrays(*shapes: str | Callable, **sizes: Any) -> Callable:
    """A ``draw`` of an array for each shape, a letter for each axis; what is no shape is a name.

    Other arrays than of normal numbers are drawn by functions of the generator and the sizes.

    >>> draw = arrays("BT", lambda rng, T, **_: np.arange(T), "eps", B=2, T=3, eps=0.1)
    >>> [np.shape(argument) for argument in draw(np.random.default_rng(0), B=5)]
    [(5, 3), (3,), ()]
    """

    def draw(rng, **given):
        of = sizes | given

        def drawn(shape):
            if callable(shape):
                return shape(rng, **of)
            named = len(shape) > 1 and shape in of
            return of[shape] if named else normal(rng, [of[n] for n in shape])[0]

        return tuple(map(drawn, shapes))

    kind = inspect.Parameter.KEYWORD_ONLY
    draw.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, kind, default=value) for name, value in sizes.items()]
    )
    return draw


# ---- what every function is asked ----


def _sizes(exercise):
    """The sizes that ``draw`` knows, and their usual values."""
    found = inspect.signature(exercise.draw).parameters.values()
    return {p.name: p.default for p in found if type(p.default) is int}


def floats(args: tuple) -> Iterator[Array]:
    """The arrays of floats in some arguments, those in mappings too."""
    for argument in args:
        for array in argument.values() if isinstance(argument, dict) else [argument]:
            if isinstance(array, np.ndarray) and array.dtype.kind == "f":
                yield array


def _enlarge(*args):
    for array in floats(args):
        array *= 1000


def _punch(*args):
    rng = np.random.default_rng(0)
    for array in floats(args):
        zero = rng.random(array.shape) < 0.3
        zero.flat[:1], zero.flat[1:2] = True, False  # one at least, and not all
        array[zero] = 0


def _long(exercise):
    hint = "Sizes are as large as the arguments say: none is known beforehand."
    sizes = {name: 23 + i for i, name in enumerate(_sizes(exercise))}
    return case("longer axes", hint, **(sizes | exercise.long))


LARGE = "Numbers may be large: is anything clipped, or does an exponential overflow?"
ONES = "Every axis stays, one of length 1 too."
CLIPPED = "A gradient may be large: nothing is clipped."
COMMON = {
    "large": lambda _: case("numbers of 1000 and more", LARGE, _enlarge),
    "zeros": lambda _: case("zeros among the numbers", "A 0 is a number like any other.", _punch),
    "long": _long,
    "ones": lambda this: case("every axis of length 1", ONES, **dict.fromkeys(_sizes(this), 1)),
    "grad": lambda _: case("gradients of 10,000", CLIPPED, {"grad": times(10_000)}),
}
