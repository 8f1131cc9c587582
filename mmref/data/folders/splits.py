"""Train, validation and test: by a seeded draw that keeps the texts of one image together."""

from collections import defaultdict
from collections.abc import Sequence

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


def draw(
    images: Sequence[str], shares: Sequence[float], seed: int, strata: Sequence | None = None
) -> tuple[str, ...]:
    """The split of each row: images (N,) names, shares of (train, validation, test).

    Of each stratum, and without strata of all images, a split gets its share, rounded up or down.
    Images are drawn in the order of their names, so that the order of the rows does not matter.
    """
    for name, share in zip(SPLITS, shares, strict=False):
        check_number(name, share, 0, 1, closed=True)
    check_seed(seed)
    if len(shares) != 3 or not np.isclose(sum(shares), 1):
        expected = "train, validation, test: expected shares that sum to 1"
        raise ValueError(f"{expected}, got {tuple(shares)}")
    stratum_of = dict(zip(images, strata if strata is not None else [0] * len(images), strict=True))
    members = defaultdict(list)
    for image in sorted(stratum_of):
        members[stratum_of[image]].append(image)
    rng = np.random.default_rng(seed)
    bounds = np.cumsum(shares)[:-1]
    split_of = {}
    for stratum in sorted(members):
        names = members[stratum]
        # Equal steps from a random start: the places of the names in [0, 1).
        places = (rng.permutation(len(names)) + rng.random()) / len(names)
        for name, part in zip(names, np.searchsorted(bounds, places, side="right"), strict=True):
            split_of[name] = SPLITS[part]
    for split, share in zip(SPLITS, shares, strict=True):
        if share and split not in split_of.values():
            raise DataError(split, "empty split", f"{len(split_of)} images do not suffice")
    return tuple(split_of[image] for image in images)


def together(
    images: Sequence[str] | None, texts: Sequence[str] | None, rows: int
) -> tuple[str, ...]:
    """What must not be torn apart: for each row its image; without one, its text, or itself."""
    absent = ("",) * rows
    pairs = zip(images or absent, texts or absent, strict=True)
    # No name of a file has the first sign, so that no text is taken for one.
    return tuple(image or f"\0{text or row}" for row, (image, text) in enumerate(pairs))


def label_of_each(groups: Sequence[str], labels: Array) -> list[int]:
    """The labels of the rows; DataError where rows that stay together differ in them."""
    label_of = dict(zip(groups, labels, strict=True))
    for group, label in zip(groups, labels, strict=True):
        if label_of[group] != label:
            text = group.startswith("\0")
            what = "the rows of one text without an image" if text else "all rows of an image"
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
