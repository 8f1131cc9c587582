"""Emoji: small pictures in two drawing styles with names in English and Chinese.

1,906 emoji in 9 groups as Twemoji draws them, and the 1,636 without flags as Noto Emoji draws
them. The five folds are fixed and keep the variants of one concept together: those that differ
in gender, skin, hair, the way a person faces or the number in a series (hour of a clock, phase of
the moon, ...), or whose drawings are all but the same. Each fold has its share of every group.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmref.contract.settings import check_choice
from mmref.errors import ChoiceError
from mmref.types import Array

FOLDER = Path(__file__).parent
FLAGS = "Flags"
ALL_GROUPS = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    FLAGS,
)
EIGHT_GROUPS = ALL_GROUPS[:8]  # without flags, whose names all begin with "flag:"
SIX_GROUPS = ALL_GROUPS[2:8]  # the hard ones: also without faces and people, easy to see
STYLES = ("twitter", "google")
LANGUAGES = ("en", "zh")
FOLDS = 5
SPLITS = {  # split -> offsets from the test fold
    None: (0, 1, 2, 3, 4),
    "train": (2, 3, 4),
    "validation": (1,),
    "test": (0,),
    "train+validation": (1, 2, 3, 4),
}


@dataclass(frozen=True, eq=False)
class EmojiData:
    """One row for each picture; row i of every field belongs together.

    images: (N, 64, 64, 3) uint8, RGB on white, read-only.
    names: the name in the chosen language.
    labels: (N,) int64, index into ``groups``, read-only.
    groups: the group names that were asked for, in that order.
    codes: code points in hexadecimal, without FE0F ("1F469-200D-1F52C").
    styles: "twitter" or "google".
    folds: (N,) int64, 0 to 4, read-only.
    characters: the emoji itself.
    subgroups: the finer class ("animal-bird").
    concepts: rows with the same concept are variants of one thing and share a fold; it is named
        after the first of them.
    tags: key words in the chosen language; they half-encode the group, so classify by names.
    """

    images: Array
    names: tuple[str, ...]
    labels: Array
    groups: tuple[str, ...]
    codes: tuple[str, ...]
    styles: tuple[str, ...]
    folds: Array
    characters: tuple[str, ...]
    subgroups: tuple[str, ...]
    concepts: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.names)


def load(
    style: str = "twitter",
    language: str = "en",
    groups: Iterable[str] = EIGHT_GROUPS,
    split: str | None = None,
    fold: int = 0,
) -> EmojiData:
    """Load the emoji of some groups, all of them or one part of a split.

    style: "twitter", "google" or "both" (the twitter rows, then the google rows).
    language: "en" or "zh", for names and tags.
    groups: group names; labels are indices into them. "google" has no "Flags".
    split: None (everything), "train", "validation", "test" or "train+validation".
    fold: 0 to 4. Test is this fold, validation the next (modulo 5), train the other three.
    Raises ChoiceError, which lists the choices, when an argument is none of them.

    >>> data = load(groups=("Food & Drink", "Activities"), split="test")
    >>> data.images.shape, data.images.dtype
    ((43, 64, 64, 3), dtype('uint8'))
    >>> data.groups[data.labels[0]], data.names[0]
    ('Food & Drink', 'tangerine')
    """
    groups = _check(style, language, groups, split, fold)
    wanted_folds = {(fold + offset) % FOLDS for offset in SPLITS[split]}
    records = json.loads((FOLDER / "emoji.json").read_text("utf-8"))
    rows = [
        i
        for i, record in enumerate(records)
        if record["group"] in groups and record["fold"] in wanted_folds
    ]
    styles = STYLES if style == "both" else (style,)
    # Flags stand last and google has none, so one row number serves both styles.
    with np.load(FOLDER / "images.npz", allow_pickle=False) as packed:
        images = np.concatenate([packed[name][rows] for name in styles])
    chosen = [records[i] for i in rows] * len(styles)

    def column(key):
        return tuple(record[key] for record in chosen)

    return EmojiData(
        images=_read_only(images),
        names=column(f"name_{language}"),
        labels=_read_only(np.array([groups.index(g) for g in column("group")], np.int64)),
        groups=groups,
        codes=column("code"),
        styles=tuple(name for name in styles for _ in rows),
        folds=_read_only(np.array(column("fold"), np.int64)),
        characters=column("character"),
        subgroups=column("subgroup"),
        concepts=column("concept"),
        tags=tuple(tuple(tags) for tags in column(f"tags_{language}")),
    )


def _check(style, language, groups, split, fold):
    """Check load's arguments and return the groups as a tuple."""
    check_choice("style", style, (*STYLES, "both"))
    check_choice("language", language, LANGUAGES)
    check_choice("split", split, tuple(SPLITS))
    check_choice("fold", fold, tuple(range(FOLDS)))
    if isinstance(groups, str) or not isinstance(groups, Iterable):
        raise ChoiceError("groups (a sequence of names, not one string)", groups, ALL_GROUPS)
    groups = tuple(groups)
    for group in groups:
        check_choice("groups", group, ALL_GROUPS)
        if groups.count(group) > 1:
            raise ValueError(f"groups: expected each group once, got {group!r} twice or more")
    if not groups:
        raise ChoiceError("groups (at least one)", groups, ALL_GROUPS)
    if FLAGS in groups and style != "twitter":
        raise ChoiceError(
            f"groups with style {style!r} (Noto's flags come from other sources than its other "
            "images, under other terms, and are not packed)",
            FLAGS,
            EIGHT_GROUPS,
        )
    return groups


def _read_only(array):
    array.flags.writeable = False
    return array
