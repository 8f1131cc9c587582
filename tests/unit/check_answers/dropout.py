"""Answers to modality_dropout."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong


@right("modality_dropout")
def drop(present, rate, rng):
    keep = present & (rng.random(present.shape) >= rate)
    lost = present.any(axis=1) & ~keep.any(axis=1)
    stays = np.where(present, rng.random(present.shape), -1).argmax(axis=1)
    keep[lost, stays[lost]] = True
    return keep


@wrong("modality_dropout", "both stay in a share of 0.05", "no new draw")
def drop_until_something_is_left(present, rate, rng):
    keep = np.zeros_like(present)
    for b, row in enumerate(present):
        while row.any() and not keep[b].any():
            keep[b] = row & (rng.random(len(row)) >= rate)
    return keep


@right("modality_dropout")
def drop_by_loops(present, rate, rng):
    keep = present.copy()
    for row in keep:
        there = np.flatnonzero(row)
        for m in there:
            row[m] = rng.random() >= rate
        if len(there) and not row.any():
            row[rng.choice(there)] = True
    return keep


@wrong("modality_dropout", "is left with none")
def drop_everything(present, rate, rng):
    return present & (rng.random(present.shape) >= rate)


@wrong("modality_dropout", "is True where present is False", "cannot come back")
def bring_one_back(present, rate, rng):
    keep = present & (rng.random(present.shape) >= rate)
    lost = np.flatnonzero(~keep.any(axis=1))
    keep[lost, rng.integers(present.shape[1], size=len(lost))] = True
    return keep if rate else present.copy()


@wrong("modality_dropout", "both stay in a share of 0.8", "expected 0.010", "exactly one")
def restore_the_whole_row(present, rate, rng):
    keep = present & (rng.random(present.shape) >= rate)
    return np.where(keep.any(axis=1, keepdims=True), keep, present)


@wrong("modality_dropout", "is True where present is False", "cannot come back")
def draw_without_present(present, rate, rng):
    return rng.random(present.shape) >= rate


@wrong("modality_dropout", "differs from present", "drops nothing")
def drop_at_least_one(present, rate, rng):
    return drop(present, max(rate, 0.1), rng)


@wrong("modality_dropout", "rate of 0")
def rate_is_what_is_kept(present, rate, rng):
    return drop(present, 1 - rate, rng)


@wrong("modality_dropout", "share of 0.70 is dropped", "not the share that is kept")
def rate_is_what_is_kept_but_for_zero(present, rate, rng):
    return drop(present, 1 - rate if rate else 0, rng)


@wrong("modality_dropout", "share of 0.0", "dropped")
def drop_one_at_most(present, rate, rng):
    keep = present.copy()
    for row in keep:
        if row.sum() > 1 and rng.random() < rate:
            row[rng.choice(np.flatnonzero(row))] = False
    return keep


@wrong("modality_dropout", "every row lost the same", "Every row draws for itself")
def same_for_the_whole_batch(present, rate, rng):
    keep = present & (rng.random(present.shape[1]) >= rate)
    lost = present.any(axis=1) & ~keep.any(axis=1)
    stays = np.where(present, rng.random(present.shape), -1).argmax(axis=1)
    keep[lost, stays[lost]] = True
    return keep


@wrong("modality_dropout", "modality 11 is dropped in a share of 0.4", "equally often")
def some_modalities_dropped_less(present, rate, rng):
    rates = np.full(present.shape[1], rate)
    rates[0], rates[-1] = 0.5 * rate, 1.5 * rate
    return drop(present, rates, rng)


@wrong("modality_dropout", "varies", "independently")
def exactly_so_many_in_each_row(present, rate, rng):
    keep = present.copy()
    for row in keep:
        there = np.flatnonzero(row)
        count = min(int(rate * len(there) + rng.random()), max(len(there) - 1, 0))
        row[rng.permutation(there)[:count]] = False
    return keep


@wrong("modality_dropout", "modality 0 stays", "no modality is favored")
def keep_the_first(present, rate, rng):
    keep = present & (rng.random(present.shape) >= rate)
    lost = present.any(axis=1) & ~keep.any(axis=1)
    keep[lost, present.argmax(axis=1)[lost]] = True
    return keep


@wrong("modality_dropout", "equal seeds", "rng, the argument")
def global_generator(present, rate, rng):
    class Global:
        random = staticmethod(np.random.random_sample)

    return drop(present, rate, Global)


@wrong("modality_dropout", "equal seeds", "rng, the argument")
def generator_of_its_own(present, rate, rng):
    return drop(present, rate, np.random.default_rng())


@wrong("modality_dropout", "same mask", "without seeding anew")
def seeded_anew(present, rate, rng):
    return drop(present, rate, np.random.default_rng(0))


@wrong("modality_dropout", "changes its argument present")
def dropped_in_place(present, rate, rng):
    present &= drop(present, 0.5, rng)
    return present.copy()


@wrong("modality_dropout", "shares memory with the argument present")
def present_itself(present, rate, rng):
    return present if rate == 0 else drop(present, rate, rng)


@wrong("modality_dropout", "expected the dtype bool, got float64")
def a_mask_of_numbers(present, rate, rng):
    return drop(present, rate, rng) * 1.0


@wrong("modality_dropout", "AttributeError", "rand(")
def old_generator_interface(present, rate, rng):
    return present & (rng.rand(*present.shape) >= rate)
