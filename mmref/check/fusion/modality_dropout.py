"""present (B, M), boolean, True = there; rate, a number, 0 <= rate < 1; rng, a
numpy.random.Generator, the only source of chance. Returns a new boolean array (B, M), True = kept:
each modality that is present is dropped with probability rate, independently of the others. A row
that would lose all it had keeps exactly one of them, each with equal probability; absent modalities
stay absent. (FusionClassifier has another rule: there such a row keeps all it had.)"""

import numpy as np

from mmref.check.exercise import BOOLEANS, Exercise, Wrong, case

LEFT = "Look at the rows where chance would drop everything."
ABSENT = "A modality that is not there cannot come back."
ROWS = "Every row draws for itself, and every modality of it."
FAIR = "Where one must stay, chance decides which: no modality is favored."
ONE = "A row that would lose everything keeps exactly one modality, not all and no new draw."


def draw(rng, B=2, M=3, rate=0.7, there=1.0):
    present = rng.random((B, M)) < there
    present[0, 0] = True
    return present, rate, rng


def by_lot(present, rng):
    return np.where(present, rng.random(present.shape), -1).argmax(axis=1)


def modality_dropout(present, rate, rng, stays=by_lot, again=None, rows=None):
    """The mask, or a wrong one: other rescues, another second chance, or draws for some ``rows``
    alone, which the others share."""
    keep = present & (rng.random((rows or len(present), present.shape[1])) >= rate)
    lost = present.any(axis=1) & ~keep.any(axis=1)
    if again:
        return again(keep, lost, present, rate, rng)
    keep[lost, stays(present, rng)[lost]] = True
    return keep


def redraw(keep, lost, present, rate, rng):
    while lost.any():
        keep[lost] = (present & (rng.random(present.shape) >= rate))[lost]
        lost = present.any(axis=1) & ~keep.any(axis=1)
    return keep


def none_lost(result, present, rate, rng):
    rows = np.flatnonzero(present.any(axis=1) & ~result.any(axis=1))
    if len(rows):
        return f"row {rows[0]}, with {present[rows[0]].sum()} modalities, is left with none"


def none_new(result, present, rate, rng):
    new = np.argwhere(result & ~present).tolist()
    if new:
        return f"result{new[0]} is True where present is False"


wrong = Wrong(modality_dropout)
CASES = (
    case("a rate of 0", "A rate of 0 drops nothing.", rate=0.0),
    case("one of three modalities absent, a rate of 0.3", ABSENT,
         lambda present, *_: (present & [[True, True, False]], *_), B=1, rate=0.3),
    case("one row of two modalities, a rate of 0.4", "Each is dropped by itself.", B=1, M=2,
         rate=0.4),
    case("two rows, three modalities, a rate of 0.7", ONE),
    case("two rows of two, a rate of 0.5", ROWS, M=2, rate=0.5),
    case("some modalities absent, a rate of 0.9", LEFT, B=3, rate=0.9, there=0.5),
    case("one row of five, a rate of 0.95", FAIR, B=1, M=5, rate=0.95),
)  # fmt: skip
MISTAKES = (
    (LEFT, lambda present, rate, rng: present & (rng.random(present.shape) >= rate)),
    (ABSENT, lambda present, rate, rng: rng.random(present.shape) >= rate),
    ("The rate is the share that is dropped, not the share that is kept.",
     wrong.of(rate=lambda rate: 1 - rate if rate else 0)),
    (ONE, wrong(again=redraw),
     wrong(again=lambda keep, lost, present, *_: keep | (present & lost[:, None]))),
    (FAIR, wrong(stays=lambda present, rng: present.argmax(axis=1))),
    (ROWS, wrong(rows=1)),
    ("Draw from rng, the argument, without seeding anew.",
     wrong.of(rng=lambda _: np.random.default_rng(0))),
)  # fmt: skip
EXERCISE = Exercise(
    modality_dropout, __doc__, CASES, MISTAKES, draw, kind=BOOLEANS, also=("long", "ones"),
    fresh=True, trials=500, properties=(none_new, none_lost),
)  # fmt: skip
