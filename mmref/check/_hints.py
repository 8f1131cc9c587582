"""What to think about: the hint of the mistake that was made, as far as it can be told."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from mmref.check._call import Difference, call
from mmref.check._kinds import ONES, is_array, same, shape_hint
from mmref.check.exercise import Case, Exercise, parts


def recognized(exercise: Exercise, answer: Callable, index: int) -> tuple[str | None, str | None]:
    """The hints of declared mistakes that the answer, which fails at case ``index``, makes.

    The first is that of the mistake whose results are the answer's in every case. The second
    says less: the mistake is right where the answer was right, and agrees with it at that case.
    """
    count = len(exercise.pairs)
    everywhere, told = [True] * count, [False] * count
    so_far, here = [True] * count, [False] * count
    for i, case in enumerate(exercise.inputs()):
        open_yet = [j for j in range(count) if everywhere[j] or (so_far[j] and i <= index)]
        if not open_yet:
            break
        theirs, right = outcome(answer, case.args), exercise.expected(case)
        for j in open_yet:
            wrong = outcome(exercise.pairs[j][1], case.args)
            agree, is_right = _equal(exercise, theirs, wrong), _equal(exercise, wrong, right)
            everywhere[j] &= agree
            told[j] |= agree and wrong is not None and not is_right
            if i < index:
                so_far[j] &= is_right
            if i == index:
                here[j] = agree and not is_right and _finite(wrong)
    return _first(exercise, everywhere, told), _first(exercise, so_far, here)


def _first(exercise, *flags):
    """The hint of the first mistake for which all flags are up, or None."""
    for (hint, _), *up in zip(exercise.pairs, *flags, strict=True):
        if all(up):
            return hint
    return None


def general(
    exercise: Exercise, answer: Callable, case: Case, expected: list, got: list, form: str | None
) -> str | None:
    """A hint for what can go wrong in every exercise, or None; ``form``: that of a wrong shape."""
    form = _of_longer_axes(exercise, answer) if form == ONES else form
    hint = _order(exercise, expected, got) or form or _precision(expected, got)
    hint = hint or _ignored(exercise, answer, case, expected, got)
    return hint or _repeated(exercise, answer, expected, got)


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


def _order(exercise, expected, got):
    """The right results in another order."""
    for other in list(itertools.permutations(expected))[1:]:
        if _equal(exercise, got, list(other)):
            return f"The order asked for is: {', '.join(exercise.outputs)}."
    return None


def _of_longer_axes(exercise, answer):
    """What is wrong with a shape where no axis of length 1 hides it; that they differ, if nowhere.

    One number for a stack of layers has an axis too few, but for a stack of one layer it is only
    without an axis of length 1.
    """
    for case in exercise.inputs():
        expected, got = exercise.expected(case), outcome(answer, case.args)
        if got is None or len(got) != len(expected):
            continue
        for ours, theirs in zip(expected, got, strict=True):
            if is_array(ours) and is_array(theirs) and ours.shape != theirs.shape:
                hint = shape_hint(ours.shape, theirs.shape)
                if hint != ONES:
                    return hint
    return ONES


def _precision(expected, got):
    """Right to some digits."""
    worst = 0.0
    for ours, theirs in zip(expected, got, strict=True):
        if not is_array(ours) or theirs.dtype != "float64" or theirs.shape != ours.shape:
            return None
        scale = np.max(np.abs(ours), initial=0.0)
        worst = max(worst, np.max(np.abs(theirs - ours), initial=0.0) / (scale or 1.0))
    if not 1e-16 < worst < 1e-4:  # NaN is not less than anything
        return None
    return (
        f"Right to {int(-np.log10(worst))} digits: is there float32 on the way, a numerical "
        "difference, a difference of large numbers, or a small constant that was added?"
    )


def _ignored(exercise, answer, case, expected, got):
    """An argument that the reference looks at here, and the answer in no case."""
    for i, name in enumerate(exercise.arguments):
        if _heeds(exercise, exercise.reference, case, i):
            if not any(_heeds(exercise, answer, this, i) for this in exercise.inputs()):
                return f"{name} has no effect on your result yet."
    return None


def _heeds(exercise, function, case, i):
    """Whether another argument ``i`` makes another result."""
    changed = _another(case.args[i])
    if changed is None:
        return False
    args = (*case.args[:i], changed, *case.args[i + 1 :])
    return not _equal(exercise, outcome(function, args), outcome(function, case.args))


def _another(argument):
    """An argument of the same kind that holds something else; None where there is no telling."""
    if isinstance(argument, dict):
        return {key: _another(value) for key, value in argument.items()}
    if isinstance(argument, float):
        return 1.5 * argument + 0.25
    if isinstance(argument, int) and not isinstance(argument, bool):
        return argument + 1
    if not isinstance(argument, np.ndarray):
        return None
    if argument.dtype.kind == "b":
        return ~argument
    if argument.dtype.kind == "f":  # other numbers, and in another order
        return 1.5 * np.flip(argument) + 0.25
    return np.roll(argument, 1, axis=0)


def _repeated(exercise, answer, expected, got):
    """The same result in every row, here and in every case."""
    if exercise.axis is None:
        return None
    for k, (ours, theirs) in enumerate(zip(expected, got, strict=True)):
        if _varies(ours) and theirs.shape == ours.shape and not _varies(theirs):
            everywhere = (outcome(answer, this.args) for this in exercise.inputs())
            if not any(results and _varies(results[k]) for results in everywhere):
                return f"Your result is the same for every {exercise.axis}."
    return None


def _varies(array):
    if not is_array(array) or array.ndim == 0:
        return False
    one, other = array[1:], array[:1]
    nan = (one != one) & (other != other)
    return bool(((one != other) & ~nan).any())
