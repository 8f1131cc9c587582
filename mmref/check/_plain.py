"""Compares a reader's function that returns text or whole numbers, case after case."""

import copy
import re
from numbers import Integral

from mmref.check._run import Difference, article, check_callable, run, type_name

# What is asked of a value: the test for it, and what to think about otherwise.
KINDS = {
    "text": (lambda v: isinstance(v, str), "Return the text itself."),
    "text or None": (
        lambda v: v is None or isinstance(v, str),
        "A name is text; where there is none to give, it is None.",
    ),
    "a whole number": (
        lambda v: isinstance(v, Integral) and not isinstance(v, bool),
        "Epochs are counted in whole numbers.",
    ),
}


def compare_plain(signature, reference, cases, mistakes, outputs=("result",), kind="text"):
    """Make a judge. reference and the mistakes (pairs of a hint and a function) take the arguments
    of a case; a hint is given when the answer is that function's."""
    names = re.findall(r"\w+", signature)[1:]

    def judge(answer):
        check_callable(answer, names)
        return judge_plain(answer, names, reference, cases(), mistakes, outputs, kind)

    return judge


def judge_plain(answer, names, reference, cases, mistakes, outputs=("result",), kind="text"):
    """Raise at the first case in which the answer differs."""
    count = 0
    for case in cases:
        got = run(answer, names, case, len(outputs))
        expected = _parts(reference, case)
        _check(expected, got, mistakes, outputs, kind, case)
        # The answer is right here; a mistake that is not has not been made.
        mistakes = [(h, function) for h, function in mistakes if _parts(function, case) == expected]
        count += 1
    return f"{count} cases"


def _check(expected, got, mistakes, outputs, kind, case):
    fits, hint = KINDS[kind]
    for name, theirs in zip(outputs, got, strict=True):
        if not fits(theirs):
            told = f"{name}: expected {kind}, got {article(type_name(theirs))}"
            raise Difference(told, hint, case)
    for name, ours, theirs in zip(outputs, expected, got, strict=True):
        if ours != theirs:
            recognized = (h for h, function in mistakes if _parts(function, case) == got)
            told = f"{name}: expected {ours!r}, got {theirs!r}"
            raise Difference(told, next(recognized, case.hint), case)


def _parts(function, case):
    result = function(*copy.deepcopy(case.args))
    return list(result) if isinstance(result, tuple) else [result]
