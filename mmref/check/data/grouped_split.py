"""groups, a list of N names, the group of each row; shares, three numbers that sum to 1; rng, a
numpy.random.Generator, the only source of chance. Returns integers (N,): 0 for train, 1 for
validation, 2 for test. All rows of a group are in one split; of the groups, each split gets its
share, to within one; all divisions with the same sizes are equally likely."""

import numpy as np

from mmref.check.data._groups import Name, shared_out
from mmref.check.exercise import INTEGERS, Case, Exercise, Wrong, nowhere

TOGETHER = "Draw the groups, not the rows."
SHARE = "The shares are shares of the groups."
FAIR = "Of the divisions with these sizes, each is equally likely, whatever a group's name or size."
NAMES = "Groups are told apart by their names as they are written."


def split(words, hint, names, *shares, trials=0):
    args = [Name(n) for n in names], shares, np.random.default_rng(0)
    return Case(words, hint, args=args, trials=trials)


def grouped_split(groups, shares, rng, lots=lambda names, rng, groups: rng.permutation(len(names))):
    """Each row's split, or a wrong one: by other ``lots``, which sort the groups."""
    names = sorted(set(groups))
    places = np.argsort(np.argsort(lots(names, rng, groups), kind="stable"))
    part = np.searchsorted(np.round(np.cumsum(shares)[:-1] * len(names)), places, side="right")
    return part[np.searchsorted(names, groups)]


wrong = Wrong(grouped_split)
CASES = (
    split("four groups of two rows, far apart", TOGETHER, "abcdabcd", 0.5, 0.25, 0.25),
    split("a group of nine rows, three of one", SHARE, "aaabcaadaaaa", 0.5, 0.25, 0.25),
    split("three groups, many draws", FAIR, "cab", 1 / 3, 1 / 3, 1 / 3, trials=8000),
    split("no validation", "A share of 0 is a split without a group.", "abab", 0.5, 0.0, 0.5),
    split("a single group", "One group is in one split.", "aaaa", 1.0, 0.0, 0.0),
    split("names that differ in capitals and spaces", NAMES, ["cat", "Cat", "cat ", "cat"] * 2,
          1 / 3, 1 / 3, 1 / 3),
    split("21 groups", "Sizes are as large as the arguments say.", map(str, range(21)), 1 / 3,
          1 / 3, 1 / 3),
)  # fmt: skip
MISTAKES = (
    (TOGETHER, wrong.of(groups=lambda rows: [*range(len(rows))])),
    (FAIR, *(wrong(lots=lots) for lots in (
        lambda names, *_: np.arange(len(names)),
        lambda names, rng, _: np.roll(np.arange(len(names)), -rng.integers(len(names))),
        lambda names, rng, _: rng.integers(3, size=len(names)),
        lambda names, _, groups: [-groups.count(n) for n in names]))),
)  # fmt: skip
EXERCISE = Exercise(
    grouped_split, __doc__, CASES, MISTAKES, kind=INTEGERS, trials=600, closing="", properties=(
        nowhere("expected 0, 1 or 2, got {}", lambda parts, *_: ~np.isin(parts, range(3))),
        nowhere("is {}, and another one in its group before",
                lambda parts, groups, *_: [parts[groups.index(g)] for g in groups] != parts),
        shared_out),
)  # fmt: skip
