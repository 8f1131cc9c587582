"""Exercise on a split that keeps groups together: random, so its properties are checked."""

import numpy as np

from mmref.check._compare import check_array
from mmref.check._run import Case, Difference, Exercise, check_callable, run

NAMES = ["groups", "shares", "rng"]
SPLITS = ("train", "validation", "test")
SEED = 46
TRIALS = 300
# Five standard errors: a right answer fails one run in a million, and the seeds are fixed.
SIGMAS = 5


def judge(answer):
    check_callable(answer, NAMES)
    for case in cases():
        _check_split(answer, case)
    case = Case("one group of 40 rows, 19 of one row", (_unequal(), (0.5, 0.25, 0.25)), "")
    _check_generator(answer, case)
    _check_fair(answer, case)
    return "8 cases"


def cases():
    whole = "Draw the groups, not the rows."
    pairs = [f"thing {i}" for i in range(20)] * 2
    yield Case("20 groups of two rows, far apart", (pairs, (0.7, 0.15, 0.15)), whole)
    count = "The shares are shares of the groups."
    yield Case("one group of 40 rows, 19 of one row", (_unequal(), (0.5, 0.25, 0.25)), count)
    yield Case("every row its own group", ([f"{i}" for i in range(30)], (0.6, 0.2, 0.2)), count)
    none = "A share of 0 is a split without a group."
    yield Case("no validation", (pairs, (0.8, 0.0, 0.2)), none)
    alone = "One group is in one split."
    yield Case("a single group", (["cat"] * 5, (1.0, 0.0, 0.0)), alone)
    thirds = "Rounding may not lose a group or count one twice."
    yield Case("11 groups in thirds", ([f"{i}" for i in range(11)] * 3, (1 / 3,) * 3), thirds)


def _unequal():
    return ["common"] * 40 + [f"rare {i}" for i in range(19)]


def _draw(answer, case, rng=None):
    """The split of each row, after the checks that every result must pass."""
    rng = np.random.default_rng(SEED) if rng is None else rng
    # The generator is passed on as it is, not copied: drawing from it must change it.
    (split,) = run(lambda groups, shares: answer(groups, shares, rng), NAMES, case)
    check_array("result", (len(case.args[0]),), split, case, "int")
    wrong = np.flatnonzero((split < 0) | (split > 2))
    if len(wrong):
        told = f"result[{wrong[0]}]: expected 0, 1 or 2, got {split[wrong[0]]}"
        raise Difference(told, "0 is train, 1 validation, 2 test.", case)
    return split


def _check_split(answer, case):
    groups, shares = case.args
    split = _draw(answer, case)
    split_of = {}
    for row, (group, part) in enumerate(zip(groups, split.tolist(), strict=True)):
        first = split_of.setdefault(group, part)
        if first != part:
            told = f"row {row}: {group!r} is in {SPLITS[part]}, and in {SPLITS[first]} before"
            raise Difference(told, "Draw the groups, not the rows.", case)
    for part, share in enumerate(shares):
        found = list(split_of.values()).count(part)
        expected = share * len(split_of)
        # Rounded up or down; of cumulated shares, both ends of a part may be.
        if abs(found - expected) > 1 or (share == 0 and found):
            told = f"{SPLITS[part]} has {found} of {len(split_of)} groups, a share of {share:.2f} "
            raise Difference(f"{told}is {expected:.1f}", case.hint, case)


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
        told = "two generators with equal seeds gave different splits"
        raise Difference(told, "Draw every random number from rng, the argument.", case)
    rng = np.random.default_rng(SEED)
    if all(np.array_equal(first, _draw(answer, case, rng)) for _ in range(5)):
        told = "six calls with one generator gave the same split"
        raise Difference(told, "Draw from rng, the argument, without seeding anew.", case)


def _check_fair(answer, case):
    """Every group is equally often in train, the large one too."""
    groups, shares = case.args
    rng = np.random.default_rng(SEED)
    trained = np.mean([_draw(answer, case, rng) == 0 for _ in range(TRIALS)], axis=0)
    error = SIGMAS * np.sqrt(shares[0] * (1 - shares[0]) / TRIALS)
    worst = int(np.abs(trained - shares[0]).argmax())
    if abs(trained[worst] - shares[0]) > error:
        told = f"{groups[worst]!r} is in train in a share of {trained[worst]:.2f} of the draws"
        hint = "Every group has the same chance, whatever its name, its place and its size."
        raise Difference(f"{told}, expected {shares[0]:.2f} within {error:.2f}", hint, case)


EXERCISES = {
    "grouped_split": Exercise(
        "grouped_split(groups, shares, rng)",
        "groups, a list of N names, the group of each row; shares, three numbers that sum to 1; "
        "rng, a numpy.random.Generator, the only source of chance. Returns integers (N,): 0 for "
        "train, 1 for validation, 2 for test. All rows of a group are in one split; of the groups, "
        "each split gets its share, to within one; each group has the same chances.",
        judge,
        closing="",
    ),
}
