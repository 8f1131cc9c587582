"""What an exercise is: data. Its file says what is asked; two judges know how it is asked.

An exercise is one file, ``mmref/check/<family>/<name>.py``, that defines ``EXERCISE``. Its name is
the operation's, or begins with it. Nothing else has to be told: the registry finds the file, the
signature is the reference's, and cases that any function must pass are added to its own. All words
that such a file needs are found here.
"""

import copy
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from mmref.check._cases import COMMON, ONES, Case, arrays, case, edited, given, normal, with_grad
from mmref.check._changes import Wrong, always, of_anyone, plus, put, times

__all__ = [
    "BOOLEANS", "FLOATS", "INTEGERS", "ONES", "Case", "Exercise", "Wrong", "always", "arrays",
    "case", "given", "normal", "nowhere", "plus", "put", "times", "with_grad",
]  # fmt: skip

# What a result may be: the tests for it stand in ``_kinds``.
FLOATS, INTEGERS, BOOLEANS = "float64", "int", "bool"


@dataclass(frozen=True)
class Exercise:
    """A function of NumPy arrays that the reader writes.

    Args
        reference: the right answer. Its first parameters, as many as a case has arguments, are
            the signature.
        statement: what is asked, every argument and result with its shape: the file's docstring.
        cases: its own cases, easiest first: a tuple, or a function that yields them.
        mistakes: hints, each with the wrong functions that it is for: who writes one of these is
            given that hint. Some need not be declared (``_changes.of_anyone``).
        draw: function of a generator and of sizes, with defaults, that gives the arguments. What
            has a whole number as its default is a size: cases of every exercise change all of them.
        outputs: the names of what is returned.
        kind: what each result is, one for all or one for each (``mmref.check._kinds``).
        axis: what the first index of a result counts; None where it counts nothing.
        raised: the hint where the answer raises an exception, if not the case's.
        never: which of the cases that every exercise is asked it cannot be asked.
        long: sizes of the case of long axes, where the usual ones would take long.
        rtol, atol: how close results must be; atol counts from the largest number of a result.
        fresh: whether the result must not share memory with an argument.
        trials: for a function that draws from a generator, its last argument: how many draws are
            counted. Then results need not be the reference's, only as frequent.
        properties: what each of its results must have: functions of the result and the arguments
            that say what is wrong, or None.
        closing: how the printed statement ends.
        name: its own, which the registry tells it.
    """

    reference: Callable
    statement: str
    cases: Iterable[Case] | Callable[[], Iterable[Case]]
    mistakes: tuple[tuple, ...] = ()
    draw: Callable | None = None
    outputs: tuple[str, ...] = ("result",)
    kind: str | tuple[str, ...] = FLOATS
    axis: str | None = "row"
    raised: str | None = None
    never: str = ""
    long: dict = field(default_factory=dict)
    # Loops, einsum and other orders of summation agree to about 1e-14; a detour through float32
    # is off by 1e-8 at least.
    rtol: float = 1e-9
    atol: float = 1e-12
    fresh: bool = False
    trials: int = 0
    properties: tuple[Callable, ...] = ()
    closing: str = " NumPy arrays in, NumPy arrays out."
    name: str = ""

    @cached_property
    def arguments(self) -> list[str]:
        """The names of the arguments, in their order."""
        first = next(iter(self.inputs()))
        return list(inspect.signature(self.reference).parameters)[: len(first.args)]

    @cached_property
    def pairs(self) -> list[tuple[str, Callable]]:
        """The mistakes one by one: (hint, wrong function)."""
        declared = [(hint, function) for hint, *several in self.mistakes for function in several]
        return [*declared, *of_anyone(self.reference, chance=self.trials > 0)]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each output."""
        return (self.kind,) * len(self.outputs) if isinstance(self.kind, str) else self.kind

    def describe(self) -> str:
        """Signature and statement, to be printed."""
        signature = f"{self.name}({', '.join(self.arguments)})"
        return described(signature, self.statement + self.closing)

    def inputs(self) -> Iterable[Case]:
        """All cases with their arguments, the same ones in each call; none may change them."""
        return self._drawn_once if isinstance(self.cases, tuple) else self._all()

    @cached_property
    def _drawn_once(self):
        return tuple(self._all())

    def _all(self):
        cases = self.cases() if callable(self.cases) else self.cases
        for index, this in enumerate(cases):
            yield this if self.draw is None or this.args else self._drawn(this, index)
        if self.draw is not None:
            of_grad = "grad" in inspect.signature(self.reference).parameters
            for kind, made in COMMON.items():
                if kind not in self.never.split() and (kind != "grad" or of_grad):
                    yield self._drawn(made(self), 1000 + len(kind))

    def _drawn(self, this, seed):
        args = self.draw(np.random.default_rng(seed), **this.sizes)
        try:
            return replace(this, args=edited(this, self.reference, args))
        except NameError as error:
            raise NameError(f"{self.name}: {error}, in the case {this.words!r}") from None

    def expected(self, this: Case) -> list[Any]:
        """The reference's results for a case."""
        return parts(self.reference(*copy.deepcopy(this.args)))


def parts(result: Any) -> list[Any]:
    """Several results as a list, one alone in a list; Python's numbers become NumPy's."""
    several = result if isinstance(result, tuple | list) else (result,)
    return [np.float64(one) if type(one) is float else one for one in several]


def described(signature: str, statement: str) -> str:
    """A signature, and below it the statement, indented and wrapped."""
    first = textwrap.fill(signature, 92, subsequent_indent=8 * " ")
    return f"{first}\n{textwrap.indent(textwrap.fill(statement, 88), '    ')}"


def nowhere(words: str, bad: Callable) -> Callable:
    """A property: ``bad``, an array made from a result and the arguments, is True nowhere.

    >>> nowhere("{} is too few", lambda result: result < 0)(np.array([1, -2]))
    'result[1]: -2 is too few'
    """

    def told(result, *args):
        places = np.argwhere(bad(result, *args)).tolist()
        return f"result{places[0]}: {words.format(result[*places[0]])}" if places else None

    return told
