"""What cases and mistakes are made of: changes of arguments, parts and results."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mmref.types import Array


def times(factor: float | Array) -> Callable:
    """A change of one argument: all its numbers, so many times."""
    return lambda array: factor * array


def plus(number: float | Array) -> Callable:
    """A change of one argument: a number added to all of its own."""
    return lambda array: array + number


def put(index: Any, value: Any) -> Callable:
    """A change of one argument: another number where ``index`` says."""

    def change(array):
        array = array.copy()
        array[index] = value
        return array

    return change


def always(value: Any) -> Callable:
    """A change of one argument: this one in its place, whatever it was."""
    return lambda _: value


def by_name(function: Callable, args: tuple) -> dict[str, Any]:
    """Arguments by the names that a function has for them; it may take more than these."""
    names = list(inspect.signature(function).parameters)[: len(args)]
    return dict(zip(names, args, strict=True))


def changed(function: Callable, args: tuple, changes: dict[str, Callable]) -> tuple:
    """The arguments of a function, some of them changed, by the names that it has for them.

    Errors
        NameError: it has no argument of a name.
    """
    named = by_name(function, args)
    unknown = changes.keys() - named
    if unknown:
        raise NameError(f"no argument is called {min(unknown)}: they are {', '.join(named)}")
    return tuple((named | {n: change(named[n]) for n, change in changes.items()}).values())


class Wrong:
    """Wrong answers that are made from a right one.

    >>> wrong = Wrong(lambda x, bias, power=1: x**power + bias)
    >>> wrong(power=2)(3, 1), wrong.of(bias=times(0))(3, 1), wrong.then(times(-1))(3, 1)
    (10, 3, -4)
    """

    def __init__(self, right: Callable) -> None:
        self.right = right

    def __call__(self, **parts: Any) -> Callable:
        """With other parts: what the right one takes by name, beside an exercise's arguments."""
        return lambda *args: self.right(*args, **parts)

    def of(self, **changes: Callable) -> Callable:
        """Of other arguments."""
        return lambda *args: self.right(*changed(self.right, args, changes))

    def twice(self, **changes: Callable) -> Callable:
        """A function that makes two of the same parts: of the arguments, and of changed ones."""

        def both(**parts):
            one = self(**parts)
            return [one, lambda *args: one(*changed(self.right, args, changes))]

        return both

    def exchanged(self, one: str, other: str) -> Callable:
        """Of two arguments in each other's place."""

        def answer(*args):
            named = by_name(self.right, args)
            named[one], named[other] = named[other], named[one]
            return self.right(*named.values())

        return answer

    def then(self, change: Callable) -> Callable:
        """Its result changed, or all of its results at once."""

        def answer(*args):
            right = self.right(*args)
            return change(*right) if isinstance(right, tuple) else change(right)

        return answer


def of_anyone(reference: Callable, chance: bool) -> Iterator[tuple[str, Callable]]:
    """Mistakes that need not be declared: (hint, wrong function)."""
    wrong = Wrong(reference)
    if chance:
        hint = "Draw from rng, the argument, without seeding anew."
        yield hint, wrong.of(rng=lambda _: np.random.default_rng(0))
    if reference.__name__.endswith("gradient"):
        hint = "The sign is reversed: a gradient points to where the loss grows."
        yield hint, wrong.then(_reversed)
        hint = "The loss changes with the result by grad: it is a factor of every gradient."
        if "grad" in inspect.signature(reference).parameters:
            yield hint, wrong.of(grad=np.ones_like)


def _reversed(*results):
    return tuple(-one for one in results) if len(results) > 1 else -results[0]
