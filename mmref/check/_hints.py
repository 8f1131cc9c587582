"""What to think about: the hint of the mistake that was made, as far as it can be told."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from mmref.check._call import Difference, call
from mmref.check._kinds import is_array, same
from mmref.check.exercise import Case, Exercise, parts


def recognized(exercise: Exercise, answer: Callable, index: int) -> str | None:
    """The hint of the declared mistake that the answer makes, which fails at case ``index``.

    It is the one whose results are the answer's in every case; if there is none, the first that
    is right where the answer was right, and gives what the answer gives at that case.
    """
    count = len(exercise.mistakes)
    everywhere, told = [True] * count, [False] * count
    so_far, here = [True] * count, [False] * count
    for i, case in enumerate(exercise.inputs()):
        theirs, right = outcome(answer, case.args), exercise.expected(case)
        for j, (_, mistake) in enumerate(exercise.mistakes):
            wrong = outcome(mistake, case.args)
            agree, is_right = _equal(exercise, theirs, wrong), _equal(exercise, wrong, right)
            everywhere[j] &= agree
            told[j] |= agree and wrong is not None and not is_right
            if i < index:
                so_far[j] &= is_right
            if i == index:
                here[j] = agree and not is_right and _finite(wrong)
    for chosen in (zip(everywhere, told, strict=True), zip(so_far, here, strict=True)):
        for (hint, _), flags in zip(exercise.mistakes, chosen, strict=True):
            if all(flags):
                return hint
    return None


def general(
    exercise: Exercise, answer: Callable, case: Case, expected: list, got: list
) -> str | None:
    """A hint for what can go wrong in every exercise, or None."""
    for look in (_order, _precision, _ignored, _repeated):
        hint = look(exercise, answer, case, expected, got)
        if hint:
            return hint
    return None


def outcome(function: Callable, args: tuple) -> list[Any] | None:
    """What a function returns for a copy of these arguments; None if it raises an exception."""
    try:
        return parts(call(function, copy.deepcopy(args)))
    except Difference:
        return None


def _equal(exercise, one, other):
    if one is None or other is None:
        return one is other
    return len(one) == len(other) and all(
        same(a, b, exercise.rtol, exercise.atol) for a, b in zip(one, other, strict=True)
    )


def _finite(results):
    """Several ways lead to NaN; the case says which one it tests."""
    return results is not None and all(
        np.isfinite(a).all() for a in results if is_array(a) and a.dtype.kind == "f"
    )


def _order(exercise, answer, case, expected, got):
    """The right results in another order."""
    others = itertools.islice(itertools.permutations(expected), 1, None)  # the first is theirs
    for other in others:
        if _equal(exercise, got, list(other)):
            return f"The order asked for is: {', '.join(exercise.outputs)}."
    return None


def _precision(exercise, answer, case, expected, got):
    """Right to some digits."""
    worst = 0.0
    for ours, theirs in zip(expected, got, strict=True):
        if not is_array(ours) or theirs.dtype != "float64" or theirs.shape != ours.shape:
            return None
        scale = np.max(np.abs(ours), initial=0.0)
        worst = max(worst, np.max(np.abs(theirs - ours), initial=0.0) / (scale or 1.0))
    if not 0 < worst < 1e-4:  # NaN is not less than anything
        return None
    return (
        f"Right to {int(-np.log10(worst))} digits: is there float32 on the way, a numerical "
        "difference, a difference of large numbers, or a small constant that was added?"
    )


def _ignored(exercise, answer, case, expected, got):
    """An argument that the reference looks at, and the answer does not."""
    for i, (name, argument) in enumerate(zip(exercise.arguments, case.args, strict=True)):
        changed = _another(argument)
        if changed is None:
            continue
        args = (*case.args[:i], changed, *case.args[i + 1 :])
        right = outcome(exercise.reference, args)
        if right is None or _equal(exercise, right, expected):
            continue
        if _equal(exercise, outcome(answer, args), got) and _is_deaf(exercise, answer, i):
            return f"{name} has no effect on your result yet."
    return None


def _is_deaf(exercise, answer, i):
    """Whether an argument has no effect at the first case either.

    At a later one it may have none because nothing but NaN, or 0, is left of anything.
    """
    args = next(iter(exercise.inputs())).args
    changed = _another(args[i])
    if changed is None:
        return True
    others = (*args[:i], changed, *args[i + 1 :])
    return _equal(exercise, outcome(answer, args), outcome(answer, others))


def _another(argument):
    """An argument of the same kind that holds something else; None where there is no telling."""
    if isinstance(argument, dict):
        changed = {key: _another(value) for key, value in argument.items()}
        return None if None in [type(v) for v in changed.values() if v is None] else changed
    if isinstance(argument, float):
        return 1.5 * argument
    if not isinstance(argument, np.ndarray):
        return None
    if argument.dtype.kind == "b":
        return ~argument
    if argument.dtype.kind == "f":
        return 1.5 * argument + 0.25
    return np.roll(argument, 1, axis=0)


def _repeated(exercise, answer, case, expected, got):
    """The same result in every row, where the rows differ; zeros may be what underflow left."""
    if exercise.axis is None:
        return None
    for ours, theirs in zip(expected, got, strict=True):
        if not is_array(ours) or ours.ndim == 0 or len(ours) < 2 or theirs.shape != ours.shape:
            continue
        if theirs.any() and (theirs == theirs[0]).all() and not (ours == ours[0]).all():
            return f"Your result is the same for every {exercise.axis}."
    return None
