"""Calls a reader's code so that whatever it does becomes a sentence."""

import copy
import inspect
import linecache
import re
import sysconfig
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mmref.check.exercise import Case, Exercise, parts

# Code in these places is not the reader's.
LIBRARIES = (
    str(Path(__file__).resolve().parent.parent),
    *{sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")},
    "<frozen",
)


class Difference(Exception):
    """What differs first."""

    def __init__(self, finding: str, hint: str | None, case: Case | None = None) -> None:
        super().__init__(finding)
        self.finding, self.hint, self.case = finding, hint, case

    def lines(self) -> list[str]:
        """The message: the case, the finding, the hint."""
        case = [f"case: {self.case.words}"] if self.case else []
        hint = self.hint or (self.case.hint if self.case else "")
        return [*case, *self.finding.split("\n"), f"hint: {hint}"]


class Raised(Difference):
    """The answer raised an exception."""


def check_callable(answer: Any, names: list[str], noun: str = "function") -> None:
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
    told = f"expected a {noun} of ({', '.join(names)}), yours takes {signature}"
    try:
        signature.bind(*names)
    except TypeError:
        hint = "The arguments are given by position, in this order."
        raise Difference(told, hint) from None
    ours = [p.name for p in signature.parameters.values()][: len(names)]
    if ours != names and sorted(ours) == sorted(names):
        hint = "The names are right, their order is not: arguments are given by position."
        raise Difference(told, hint)


def call(function: Callable, args: tuple, case: Case | None = None, hint: str | None = None) -> Any:
    """The function's result; an exception in it becomes a Raised that shows the line."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args)
    except (Exception, SystemExit) as error:
        raise Raised(describe_exception(error), hint, case) from None


def describe_exception(error: BaseException) -> str:
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


def run(answer: Callable, names: list[str], case: Case, exercise: Exercise) -> list[Any]:
    """The answer's results on a copy of the case, which it must leave as it was."""
    args = copy.deepcopy(case.args)
    result = call(answer, args, case, exercise.raised)
    for name, before, after in zip(names, case.args, args, strict=True):
        changed = _changed(name, before, after)
        if changed:
            hint = "The caller still needs it: work on a new array, not in place."
            raise Difference(f"your code changes its argument {changed}", hint, case)
    found = parts((result,)) if len(exercise.outputs) == 1 else _several(result, exercise, case)
    named = [pair for n, a in zip(names, args, strict=True) for pair in _arrays(n, a)]
    for label, array in named if exercise.fresh else ():
        if any(isinstance(part, np.ndarray) and np.shares_memory(part, array) for part in found):
            told = f"the result shares memory with the argument {label}"
            hint = "Who changes the one would change the other: return a new array."
            raise Difference(told, hint, case)
    return found


def _several(result, exercise, case):
    """The results of an answer that has several."""
    count, listed = len(exercise.outputs), isinstance(result, tuple | list)
    if listed and len(result) == count:
        return parts(result)
    came = f"{len(result)} values" if listed else article(type_name(result))
    hint = "Return the results side by side, separated by a comma."
    raise Difference(f"expected {count} results, got {came}", hint, case)


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
    pairs = zip(_arrays(name, before), _arrays(name, after), strict=True)
    for (label, a), (_, b) in pairs:
        if type(b) is not np.ndarray or a.shape != b.shape or a.dtype != b.dtype:
            return label
        if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            return label
    return None


def type_name(value: Any) -> str:
    """What kind of thing a value is, with the library it comes from."""
    kind = type(value)
    if kind is np.ndarray:
        return "NumPy array"
    root = kind.__module__.split(".")[0]
    return kind.__name__ if root in ("builtins", "numpy", "__main__") else f"{root} {kind.__name__}"


def article(noun: str) -> str:
    """The noun with "a" or "an"."""
    if noun == "NoneType":
        return "None"
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"


def _shorten(text, width=150):
    return text if len(text) <= width else text[: width - 3] + "..."
