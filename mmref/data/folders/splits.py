"""Train, validation and test: by a seeded draw that keeps the rows of one file together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from mmref.contract.settings import check_number, check_seed
from mmref.errors import DataError
from mmref.types import Array

# What files call the splits, and what they are called here.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
SPLITS = ("train", "validation", "test")
TWO_SPLITS = {"image": "image in two splits", "sound": "sound in two splits"}


def draw(
    groups: Sequence[str], shares: Sequence[float], seed: int, strata: Sequence | None = None
) -> tuple[str, ...]:
    """The split of each row: groups (N,) names, shares of (train, validation, test).

    Of each stratum, and without strata of all groups, a split gets its share, rounded up or down.
    Groups are drawn in the order of their names, so that the order of the rows does not matter.
    """
    for name, share in zip(SPLITS, shares, strict=False):
        check_number(name, share, 0, 1, closed=True)
    check_seed(seed)
    if len(shares) != 3 or not np.isclose(sum(shares), 1):
        expected = "train, validation, test: expected shares that sum to 1"
        raise ValueError(f"{expected}, got {tuple(shares)}")
    stratum_of = dict(zip(groups, strata if strata is not None else [0] * len(groups), strict=True))
    members = defaultdict(list)
    for group in sorted(stratum_of):
        members[stratum_of[group]].append(group)
    rng = np.random.default_rng(seed)
    bounds = np.cumsum(shares)[:-1]
    split_of = {}
    for stratum in sorted(members):
        names = members[stratum]
        # Equal steps from a random start: the places of the names in [0, 1).
        places = (rng.permutation(len(names)) + rng.random()) / len(names)
        for name, part in zip(names, np.searchsorted(bounds, places, side="right"), strict=True):
            split_of[name] = SPLITS[part]
    count = len(split_of)
    for split, share in zip(SPLITS, shares, strict=True):
        if share and split not in split_of.values():
            groups_of_rows = f"{count} group{'s' * (count != 1)} of rows"
            why = "rows that share a file, or without one a text, stay together"
            raise DataError(split, "empty split", f"{groups_of_rows} cannot fill it: {why}")
    return tuple(split_of[group] for group in groups)


def together(
    files: Iterable[Sequence[str]], texts: Sequence[str] | None, rows: int
) -> tuple[str, ...]:
    """What must not be torn apart: of each row the name of its group.

    files: of each modality the names, "" where there is none. Rows that share a file are in one
    group, and so are those that are linked by others; it is called by a file of the first modality
    that has one there. A row without any file goes by its text, or by itself.

    >>> together([("a.png", "b.png", ""), ("1.wav", "1.wav", "2.wav")], None, 3)
    ('a.png', 'a.png', '2.wav')
    """
    columns = [*files]
    rank: dict[str, int] = {}
    for number, names in enumerate(columns):
        for name in names:
            rank.setdefault(name, number)
    leader = {name: name for name in rank}  # from file to file of a group, up to its own name

    def group(name):
        while leader[name] != name:
            leader[name] = name = leader[leader[name]]
        return name

    rows_files = [[name for name in names if name] for names in zip(*columns, strict=True)]
    for names in rows_files:
        groups = {group(name) for name in names}
        for name in groups:
            leader[name] = min(groups, key=lambda name: (rank[name], name))
    pairs = zip(rows_files or [[]] * rows, texts or ("",) * rows, strict=True)
    # No name of a file has the first sign, so that no text is taken for one.
    return tuple(
        group(names[0]) if names else f"\0{text or row}" for row, (names, text) in enumerate(pairs)
    )


def label_of_each(groups: Sequence[str], labels: Array) -> list[int]:
    """The labels of the rows; DataError where rows that stay together differ in them."""
    label_of = dict(zip(groups, labels, strict=True))
    for group, label in zip(groups, labels, strict=True):
        if label_of[group] != label:
            text = group.startswith("\0")
            what = "the rows of one text without a file" if text else "all rows that share a file"
            detail = f"stratify=True needs one label for {what}, which stay in one split"
            raise DataError(group.removeprefix("\0"), "two labels", detail)
    return labels.tolist()


def no_strata(task: str | None) -> tuple[str, str]:
    """Kind and detail of the error where there is not one class for each row."""
    held = {
        None: ("no labels", "these have none: name their column by label="),
        "multilabel": ("several labels", "these have any number of classes"),
        "regression": ("numbers for labels", "these have numbers to be predicted"),
    }
    kind, have = held[task]
    advice = "split() without stratify draws from all rows alike"
    return kind, f"stratify=True needs one class for each row, and {have}; {advice}"
