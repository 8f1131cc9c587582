"""Judges a function that draws at random: how often it gives what, beside the reference."""

import copy
from collections import Counter
from collections.abc import Callable

import numpy as np

from mmref.check._call import Difference, call
from mmref.check.exercise import Case, Exercise
from mmref.types import Array

# Results so few that each can be counted; of others, each number is counted by itself.
FEW = 60


def judge_chance(exercise: Exercise, answer: Callable, case: Case) -> None:
    """Raise unless each result has its properties, and all come as often as the reference's."""
    results = _draws(exercise, answer, case)
    for result in results:
        for look in exercise.properties:
            told = look(result, *case.args)
            if told:
                raise Difference(told, _mistake(exercise, case, results), case)
    told = unlike(results, _draws(exercise, exercise.reference, case, other=True))
    if told:
        raise Difference(told, _mistake(exercise, case, results), case)


def _draws(exercise, function, case, other=False, share=1):
    """Results with generators of many seeds, or of as many others, or of a share of these."""
    count, args = case.trials or exercise.trials, case.args[:-1]

    def draws():
        seeds = range(count * other, count * other + count // share)
        return [function(*copy.deepcopy(args), np.random.default_rng(seed)) for seed in seeds]

    return call(draws, (), case, exercise.raised)


def _mistake(exercise, case, results):
    """The hint of the first declared mistake that gives such results as often."""
    for hint, mistake in exercise.pairs:
        try:  # most are told apart by a tenth of the draws
            if not any(
                unlike(
                    results[: len(results) // share], _draws(exercise, mistake, case, True, share)
                )
                for share in (10, 1)
            ):
                return hint
        except Difference:
            continue
    return None


def unlike(ours: list[Array], theirs: list[Array]) -> str | None:
    """In words, the result that comes too often or too rarely; None if that may be chance.

    Both lists are counted, and the counts compared by their chi-squared statistic. Without a
    reason it is as large as this once in a million times (its quantile by Wilson and Hilferty).
    """
    ours, theirs = ([np.asarray(a) for a in draws] for draws in (ours, theirs))
    if any(a.shape != ours[0].shape for a in ours):
        return "the shape of the result changes from draw to draw"
    counts, expected = (Counter(a.tobytes() for a in draws) for draws in (ours, theirs))
    if min(len(counts), len(expected)) <= FEW:
        arrays = {a.tobytes(): a for a in (*theirs, *ours)}
        return _compare(
            counts, expected, len(ours), lambda key: f"the result {_written(arrays[key])}"
        )
    for index in np.ndindex(ours[0].shape):
        counts, expected = (Counter(a[index].item() for a in draws) for draws in (ours, theirs))
        told = _compare(counts, expected, len(ours), lambda n, i=index: f"result{list(i)} = {n}")
        if told:
            return told
    return None


def _written(result):
    return np.array2string(result.astype(int), threshold=10**6).replace("\n", "")


def _compare(counts, expected, draws, shown):
    parts = {
        key: (counts[key] - expected[key]) ** 2 / (counts[key] + expected[key])
        for key in counts | expected
    }
    free = max(len(parts) - 1, 1)
    if sum(parts.values()) <= free * (1 - 2 / (9 * free) + 4.75 * np.sqrt(2 / (9 * free))) ** 3:
        return None
    worst = max(parts, key=parts.get)
    return f"{shown(worst)} came in {counts[worst]} of {draws} draws, expected {expected[worst]}"
