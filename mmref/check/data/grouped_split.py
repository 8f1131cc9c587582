"""groups, a list of N names, the group of each row; shares, three numbers that sum to 1; rng, a
numpy.random.Generator, the only source of chance. Returns integers (N,): 0 for train, 1 for
validation, 2 for test. All rows of a group are in one split; of the groups, each split gets its
share, to within one; all divisions with the same sizes are equally likely."""

import itertools

import numpy as np

from mmref.check.exercise import INTEGERS, Case, Exercise

TOGETHER = "Draw the groups, not the rows."
SHARE = "The shares are shares of the groups."
FAIR = (
    "Of the divisions with these sizes, each is equally likely, whatever a group's name and size."
)
NAMES = "Groups are told apart by their names as they are written."
SPLITS = ("train", "validation", "test")
SALT = itertools.count()


class Name(str):
    """A name with another hash in each copy of a list, as text has in each process."""

    salt = 0

    def __hash__(self):
        return hash((str(self), self.salt))

    def __deepcopy__(self, memo):
        copied = Name(self)
        copied.salt = memo.setdefault("salt", next(SALT))
        return copied


def split(words, hint, names, *shares, trials=0):
    args = [Name(n) for n in names], shares, np.random.default_rng(0)
    return Case(words, hint, args=args, trials=trials)


def grouped_split(groups, shares, rng, order=None):
    """Each row's split, or a wrong one, with another order of the groups."""
    names = sorted(set(groups))
    places = order(names, rng, groups) if order else rng.permutation(len(names))
    cuts = np.round(np.cumsum(shares)[:-1] * len(names))
    part = np.searchsorted(cuts, places, side="right")
    return part[np.searchsorted(names, groups)]


def wrong(order):
    return lambda *args: grouped_split(*args, order=order)


def rank(numbers):
    return np.argsort(np.argsort(numbers, kind="stable"), kind="stable")


def by_rows(groups, shares, rng):
    return np.searchsorted(np.round(np.cumsum(shares)[:-1] * len(groups)),
                           rng.permutation(len(groups)), side="right")  # fmt: skip


def divided(result, groups, shares, rng):
    """Groups that stay together, in a share of the groups each."""
    found = {}
    for row, (group, part) in enumerate(zip(groups, result.tolist(), strict=True)):
        if part not in (0, 1, 2):
            return f"expected 0, 1 or 2, got {part}"
        if found.setdefault(group, part) != part:
            return (
                f"row {row}: {group!r} is in {SPLITS[part]}, and in {SPLITS[found[group]]} before"
            )
    for part, share in enumerate(shares):
        count, expected = list(found.values()).count(part), share * len(found)
        # Rounded up or down; of cumulated shares, both ends of a part may be.
        if abs(count - expected) > 1 or (share == 0 and count):
            return f"{SPLITS[part]} has {count} of {len(found)} groups; its share is {expected:.1f}"


CASES = (
    split("four groups of two rows, far apart", TOGETHER, "abcdabcd", 0.5, 0.25, 0.25),
    split("a group of nine rows, three of one", SHARE, "aaabcaadaaaa", 0.5, 0.25, 0.25),
    split("three groups, many draws", FAIR, "cab", 1 / 3, 1 / 3, 1 / 3, trials=8000),
    split("no validation", "A share of 0 is a split without a group.", "abab", 0.5, 0.0, 0.5),
    split("a single group", "One group is in one split.", "aaaa", 1.0, 0.0, 0.0),
    split("names that differ in capitals and spaces", NAMES, ["cat", "Cat", "cat ", "cat"] * 2,
          1 / 3, 1 / 3, 1 / 3),
    split("20 groups", "Sizes are as large as the arguments say.", [f"{i}" for i in range(20)], 0.7,
          0.15, 0.15),
)  # fmt: skip
MISTAKES = (
    (TOGETHER, by_rows),
    (FAIR, wrong(lambda names, rng, groups: np.arange(len(names))),
     wrong(lambda names, rng, groups: np.roll(np.arange(len(names)), -rng.integers(len(names)))),
     wrong(lambda names, rng, groups: rank(rng.integers(3, size=len(names)))),
     wrong(lambda names, rng, groups: rank([-groups.count(n) for n in names]))),
    ("Draw from rng, the argument, without seeding anew.",
     wrong(lambda names, rng, groups: np.random.default_rng(0).permutation(len(names)))),
)  # fmt: skip
EXERCISE = Exercise(
    grouped_split, __doc__, CASES, MISTAKES, kind=INTEGERS, trials=600, properties=(divided,),
    closing="",
)  # fmt: skip
