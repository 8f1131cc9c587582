"""Calls a reader's code so that whatever it does becomes a sentence."""

import copy
import inspect
import linecache
import re
import sysconfig
import textwrap
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Code in these places is not the reader's.
LIBRARIES = (
    str(Path(__file__).resolve().parent.parent),
    *{sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")},
    "<frozen",
)


@dataclass(frozen=True)
class Exercise:
    """A task. ``judge(answer)`` raises a Difference, or returns what agreed in a few words."""

    signature: str
    statement: str
    judge: Callable
    closing: str = " NumPy arrays in, NumPy arrays out."

    def __str__(self):
        statement = self.statement + self.closing
        return f"{self.signature}\n{textwrap.indent(textwrap.fill(statement, 88), '    ')}"


@dataclass(frozen=True)
class Case:
    """One input: in words, as arguments, with what to think about if it goes wrong.

    axis is what the first index of the result counts; rows says what is special about each of
    these, such as "where text is absent". raised is the hint if the answer raises an exception,
    where that is another one.
    """

    words: str
    args: tuple
    hint: str
    rows: tuple = ()
    axis: str | None = "row"
    raised: str | None = None


class Difference(Exception):
    """What differs first."""

    def __init__(self, finding, hint, case=None):
        super().__init__(finding)
        self.finding, self.hint, self.case = finding, hint, case

    def lines(self):
        case = [f"case: {self.case.words}"] if self.case else []
        return [*case, *self.finding.split("\n"), f"hint: {self.hint}"]


def check_callable(answer, names, noun="function"):
    """Raise unless ``answer`` can be called with these arguments by position."""
    if not callable(answer):
        raise Difference(
            f"expected a {noun}, got {article(type_name(answer))}",
            f"Pass the {noun} itself, without calling it.",
        )
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):  # built in: it has none to show
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise Difference(
            f"expected a {noun} of ({', '.join(names)}), yours takes {signature}",
            "The arguments are given by position, in this order.",
        ) from None
    ours = [p.name for p in signature.parameters.values()][: len(names)]
    if ours != names and sorted(ours) == sorted(names):
        raise Difference(
            f"expected a {noun} of ({', '.join(names)}), yours takes {signature}",
            "The names are right, their order is not: arguments are given by position.",
        )


def call(function, args, case=None):
    """The function's result; an exception in it becomes a Difference that shows the line."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args)
    except (Exception, SystemExit) as error:
        hint = (case.raised or case.hint) if case else "It must work before it can be compared."
        raise Difference(describe_exception(error), hint, case) from None


def describe_exception(error):
    """The exception's type and message, and the innermost line of it that the reader wrote."""
    text = "".join(traceback.format_exception_only(error))
    lines = [re.sub(r"0x[0-9a-f]+", "0x...", s.strip()) for s in text.splitlines() if s.strip()]
    told = f"your code raised {_shorten(re.sub(chr(27) + r'[^m]*m', '', lines[0]))}"
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        code = frame.f_code
        if not code.co_filename.startswith(LIBRARIES):
            source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
            place = f"in {code.co_name}, line {line}"
            return f"{told}\n{place}: {_shorten(source, 100)}" if source else f"{told}\n{place}"
    return told


def run(answer, names, case, count=1):
    """The answer's results, a list, on a copy of the case, which it must leave as it was."""
    args = copy.deepcopy(case.args)
    result = call(answer, args, case)
    for name, before, after in zip(names, case.args, args, strict=False):
        changed = _changed(name, before, after)
        if changed:
            hint = "The caller still needs it: work on a new array, not in place."
            raise Difference(f"your code changes its argument {changed}", hint, case)
    parts = [result] if count == 1 else _several(result, count, case)
    for label, array in (pair for n, a in zip(names, args, strict=False) for pair in _arrays(n, a)):
        if any(isinstance(part, np.ndarray) and np.shares_memory(part, array) for part in parts):
            told = f"the result shares memory with the argument {label}"
            hint = "Who changes the one would change the other: return a new array."
            raise Difference(told, hint, case)
    return parts


def _several(result, count, case):
    """The arrays of a result that has several."""
    listed = isinstance(result, tuple | list)
    if listed and len(result) == count:
        return list(result)
    came = f"{len(result)} values" if listed else article(type_name(result))
    hint = "Return the results side by side, separated by a comma."
    raise Difference(f"expected {count} arrays, got {came}", hint, case)


def _arrays(name, argument):
    """The arrays in an argument, each with its name."""
    if isinstance(argument, dict):
        return [(f"{name}[{key!r}]", array) for key, array in argument.items()]
    return [(name, argument)] if isinstance(argument, np.ndarray) else []


def _changed(name, before, after):
    """The name of the first array or list that was changed, or None."""
    if isinstance(before, list) and repr(before) != repr(after):
        return name
    if isinstance(before, dict) and list(before) != list(after):
        return name
    for (label, a), (_, b) in zip(_arrays(name, before), _arrays(name, after), strict=True):
        if type(b) is not np.ndarray or a.shape != b.shape or a.dtype != b.dtype:
            return label
        if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            return label
    return None


def type_name(value):
    kind = type(value)
    if kind is np.ndarray:
        return "NumPy array"
    root = kind.__module__.split(".")[0]
    return kind.__name__ if root in ("builtins", "numpy", "__main__") else f"{root} {kind.__name__}"


def article(noun):
    if noun == "NoneType":
        return "None"
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"


def _shorten(text, width=150):
    return text if len(text) <= width else text[: width - 3] + "..."
