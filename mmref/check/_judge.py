"""Judges a reader's function: case after case beside the reference."""

import copy
from collections.abc import Callable

import numpy as np

from mmref.check._call import Difference, Raised, check_callable, run, type_name
from mmref.check._chance import judge_chance
from mmref.check._hints import general, recognized
from mmref.check._kinds import check_kind, first_difference, same, special_rows, wrong_form
from mmref.check._layers import judge_layer
from mmref.check.exercise import Exercise
from mmref.check.layer_exercise import LayerExercise


def judge(exercise: Exercise | LayerExercise, answer: Callable) -> str:
    """What agreed, in a few words; raises a Difference at the first thing that does not."""
    if isinstance(exercise, LayerExercise):
        return judge_layer(exercise, answer)
    check_callable(answer, exercise.arguments)
    count = 0
    for index, case in enumerate(exercise.inputs()):
        _judge_case(exercise, answer, case, index)
        count += 1
    return f"{count} cases"


def _judge_case(exercise, answer, case, index):
    try:
        got = run(answer, exercise.arguments, case, exercise)
    except Raised as raised:
        raised.hint = recognized(exercise, answer, index)[0] or raised.hint
        raise
    for name, theirs, kind in zip(exercise.outputs, got, exercise.kinds, strict=True):
        check_kind(name, theirs, case, kind)
    expected = exercise.expected(case)
    finding = _wrong_form(exercise, expected, got)
    if finding is None:
        # Chance of another source gives the same result twice, now and then, but not eight times.
        for _ in range(7 if exercise.trials else 1):
            _check_repeat(exercise, answer, case, got)
        if exercise.trials:
            judge_chance(exercise, answer, case)
            return
        finding = _wrong_value(exercise, case, expected, got)
    if finding:
        told, hint = finding
        exactly, here = recognized(exercise, answer, index)
        known = exactly or general(exercise, answer, case, expected, got, hint) or here
        raise Difference(told, known, case)


def _wrong_form(exercise, expected, got):
    """The first result of another shape or dtype, and a hint; None if there is none."""
    for name, ours, theirs, kind in _results(exercise, expected, got):
        wrong = wrong_form(name, ours, theirs, kind)
        if wrong:
            return wrong
    return None


def _wrong_value(exercise, case, expected, got):
    """The first number that differs, and no hint; None if all agree."""
    rows = special_rows(exercise.arguments, case.args)
    for name, ours, theirs, _ in _results(exercise, expected, got):
        tolerances = exercise.rtol, exercise.atol
        told = first_difference(name, ours, theirs, *tolerances, exercise.axis, rows)
        if told:
            return told, None
    return None


def _results(exercise, expected, got):
    return zip(exercise.outputs, expected, got, exercise.kinds, strict=True)


def _check_repeat(exercise, answer, case, first):
    """Raise if a second call with equal arguments gives something else."""
    kept = copy.deepcopy(first)  # a NumPy number stays one
    second = run(answer, exercise.arguments, case, exercise)
    pairs = list(zip(kept, second, strict=True))
    alike = all(
        type_name(a) == type_name(b) and same(a, b, exercise.rtol, exercise.atol) for a, b in pairs
    )
    if not alike:
        told = "two calls with equal arguments gave different results"
        hint = (
            "The result may depend on the arguments alone: no global variables, no chance but that "
            "of a generator given, no order of a set, which differs from process to process."
        )
        raise Difference(told, hint, case)
    both = zip(first, second, strict=True)
    if any(isinstance(a, np.ndarray) and np.shares_memory(a, b) for a, b in both):
        told = "two calls returned the same array, not two equal ones"
        hint = "A later call must not overwrite an earlier result: make a new array in each call."
        raise Difference(told, hint, case)
