"""Exercise on modality dropout: random, so its properties are checked."""

import numpy as np

from mmref.check._compare import check_array
from mmref.check._run import Case, Difference, Exercise, check_callable, run

NAMES = ["present", "rate", "rng"]
SEED = 40
RATE = 0.3
# Five standard errors: a right answer fails one run in a million, and the seeds are fixed.
SIGMAS = 5


def judge(answer):
    check_callable(answer, NAMES)
    rng = np.random.default_rng(SEED)
    some = rng.random((200, 4)) < 0.6
    many, pair = np.ones((2000, 12), dtype=bool), np.ones((2000, 2), dtype=bool)
    hint = "A modality that is not there cannot come back."
    _check_subset(answer, Case("some modalities absent, a rate of 0.3", (some, RATE), hint))
    _check_none(answer, Case("a rate of 0", (some, 0.0), "A rate of 0 drops nothing."))
    hint = "Look at the rows where chance would drop everything."
    _check_left(answer, Case("some modalities absent, a rate of 0.9", (some, 0.9), hint))
    case = Case("2000 rows, 12 modalities, a rate of 0.3", (many, RATE), "")
    _check_generator(answer, case)
    _check_rows_differ(answer, case)
    _check_rate(answer, case)
    _check_independent(answer, case)
    words = "2000 rows, two modalities, a rate of 0.9"
    hint = "A row that would lose everything keeps exactly one modality, not all and no new draw."
    _check_one_stays(answer, Case(words, (pair, 0.9), hint))
    hint = "Where one must stay, chance decides which: no modality is favored."
    _check_fair(answer, Case(words, (pair, 0.9), hint))
    return "8 cases"


def _draw(answer, case, rng=None):
    """The mask that the answer makes, after the checks that every result must pass."""
    rng = np.random.default_rng(SEED) if rng is None else rng
    # The generator is passed on as it is, not copied: drawing from it must change it.
    (mask,) = run(lambda present, rate: answer(present, rate, rng), NAMES, case)
    check_array("result", case.args[0].shape, mask, case, "bool")
    return mask


def _check_none(answer, case):
    _refuse(_draw(answer, case) != case.args[0], "differs from present", case)


def _check_subset(answer, case):
    _refuse(_draw(answer, case) & ~case.args[0], "is True where present is False", case)


def _check_left(answer, case):
    present, mask = case.args[0], _draw(answer, case)
    empty = np.flatnonzero(present.any(axis=1) & ~mask.any(axis=1))
    if len(empty):
        count = present[empty[0]].sum()
        told = f"row {empty[0]} had {count} of {present.shape[1]} modalities and is left with none"
        raise Difference(told, case.hint, case)


def _check_generator(answer, case):
    """The randomness comes from rng and from nowhere else."""
    kept = np.random.get_state()
    try:
        np.random.seed(SEED)
        first = _draw(answer, case)
        np.random.seed(SEED + 1)
        second = _draw(answer, case)
    finally:
        np.random.set_state(kept)
    if not np.array_equal(first, second):
        told = "two generators with equal seeds gave different masks"
        raise Difference(told, "Draw every random number from rng, the argument.", case)
    rng = np.random.default_rng(SEED)
    if np.array_equal(_draw(answer, case, rng), _draw(answer, case, rng)):
        told = "two calls with one generator gave the same mask"
        raise Difference(told, "Draw from rng, the argument, without seeding anew.", case)


def _check_rows_differ(answer, case):
    mask = _draw(answer, case)
    if (mask == mask[0]).all() and not mask.all():
        raise Difference("every row lost the same modalities", "Every row draws for itself.", case)


def _check_rate(answer, case):
    rate = 1 - _draw(answer, case).mean()
    error = SIGMAS * np.sqrt(RATE * (1 - RATE) / case.args[0].size)
    if abs(rate - RATE) > error:
        hint = "The rate is the share dropped of the modalities that are present."
        if abs(rate - (1 - RATE)) < error:
            hint = "The rate is the share that is dropped, not the share that is kept."
        told = f"a share of {rate:.2f} is dropped, expected {RATE:.2f} within {error:.3f}"
        raise Difference(told, hint, case)


def _check_independent(answer, case):
    dropped = ~_draw(answer, case)
    rows, columns = dropped.shape
    share = dropped.mean(axis=0)
    if np.abs(share - RATE).max() > SIGMAS * np.sqrt(RATE * (1 - RATE) / rows):
        worst = int(np.abs(share - RATE).argmax())
        told = f"modality {worst} is dropped in a share of {share[worst]:.2f} of the rows"
        hint = "Every modality is dropped equally often."
        raise Difference(told, hint, case)
    # The number dropped in a row is binomial; its sample variance has a relative standard
    # error of about sqrt(2 / rows).
    ratio = dropped.sum(axis=1).var() / (columns * RATE * (1 - RATE))
    if abs(ratio - 1) > SIGMAS * np.sqrt(2 / rows):
        told = f"the number dropped in a row varies {ratio:.2f} times as much as expected"
        hint = "Within a row, every modality is dropped or kept independently of the others."
        raise Difference(told, hint, case)


def _check_one_stays(answer, case):
    """Both of two modalities stay only where neither was dropped."""
    present, rate = case.args
    share, expected = _draw(answer, case).all(axis=1).mean(), (1 - rate) ** 2
    error = SIGMAS * np.sqrt(expected * (1 - expected) / len(present))
    if abs(share - expected) > error:
        told = f"both stay in a share of {share:.3f} of the rows, expected {expected:.3f}"
        raise Difference(f"{told} within {error:.3f}", case.hint, case)


def _check_fair(answer, case):
    mask = _draw(answer, case)
    alone = mask.sum(axis=1) == 1
    share = mask[alone, 0].mean()
    if abs(share - 0.5) > SIGMAS * np.sqrt(0.25 / alone.sum()):
        told = f"where one of two stays, modality 0 stays in a share of {share:.2f} of the rows"
        raise Difference(told, case.hint, case)


def _refuse(wrong, told, case):
    """Raise at the first element that is wrong."""
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise Difference(f"result[{row}, {column}] {told}", case.hint, case)


EXERCISES = {
    "modality_dropout": Exercise(
        "modality_dropout(present, rate, rng)",
        "present (B, M), boolean, True = there; rate, a number, 0 <= rate < 1; rng, a "
        "numpy.random.Generator, the only source of chance. Returns a new boolean array (B, M), "
        "True = kept: each modality that is present is dropped with probability rate, "
        "independently of the others. A row that would lose all it had keeps exactly one of "
        "them, each with equal probability; absent modalities stay absent. (FusionClassifier "
        "has another rule: there such a row keeps all it had.)",
        judge,
    ),
}
