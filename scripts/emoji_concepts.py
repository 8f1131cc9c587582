"""Which emoji are variants of one concept, and which fold each concept goes to.

Two emoji share a concept when they differ in gender, skin, hair or the way a person faces, or in
the number in a series (hour of a clock, phase of the moon, keycap, make-up of a family or couple,
age of a head), or when their drawings are all but the same. A model that has seen one of them
knows the other, so a split must not part them.

Things that merely resemble each other stay apart: a red and a blue circle, arrows to the left and
to the right, two signs of the zodiac, two smileys with different expressions, and what has a name
of its own, such as a prince and a princess. To recognize one after having seen the other is what a
classifier is for.
"""

import hashlib
import re
from collections import Counter, defaultdict

import numpy as np

FOLDS = 5

# Code points that only choose a variant: gender signs, hair, skin tones, "facing right".
VARIANT_CODES = {"2640", "2642", "27A1"}
VARIANT_CODES |= {f"1F9B{i}" for i in range(4)} | {f"1F3F{c}" for c in "BCDEF"}
PERSON_CODES = {"1F468", "1F469"}  # man, woman -> person

# Words that only choose a variant, wherever they stand in a name.
PEOPLE = "person|people|men|man|women|woman|boy|girl"
VARIANT_WORDS = re.compile(rf"\b(?:{PEOPLE}|facing right)\b(?!’)")

# Series whose members are named too differently for the rules above.
SERIES = {
    "clock face": r"o’clock$|-thirty$",
    "moon": r"\bmoon$|moon face$",
    "keycap": r"^keycap",
    "family": r"^family",
    "holding hands": r"holding hands$",
    "kiss of a couple": r"^kiss$|^kiss:",
    "head of a person": r"^(?:man|woman|person|baby|child|boy|girl|older person|old man|old woman)$"
    r"|^(?:man|woman|person):",
}
SERIES = {concept: re.compile(pattern) for concept, pattern in SERIES.items()}

# Two drawings count as one when they differ by less than this share of their ink (what is not
# white): ink, because a small mark on white differs little, pixel for pixel, from any other.
SAME_DRAWING = 0.02


def code_base(code):
    """The code points without those that choose a variant; all of them if nothing is left."""
    kept = [part for part in code.split("-") if part not in VARIANT_CODES]
    kept = ["1F9D1" if part in PERSON_CODES else part for part in kept]
    while kept and kept[-1] == "200D":
        kept.pop()
    return "-".join(kept) or code


def name_base(name):
    """The name without the words that choose a variant; the name itself if nothing is left.

    What follows a colon describes a person ("person: blond hair") or names a flag's country.
    """
    head = name if name.startswith("flag: ") else name.split(":")[0]
    return re.sub(r"\W+", " ", VARIANT_WORDS.sub(" ", head)).strip() or name


def links(codes, names, groups, images):
    """Yield pairs of indices that belong together."""
    first = {}
    for i, (code, name, group) in enumerate(zip(codes, names, groups, strict=True)):
        # Within a group, because a red heart and the suit of hearts only share a word. A button
        # with a quoted word is that word: nothing to shorten.
        base = name if "“" in name else name_base(name)
        keys = [("code", code_base(code)), (group, base)]
        keys += [("series", concept) for concept, rule in SERIES.items() if rule.search(name)]
        for key in keys:
            yield first.setdefault(key, i), i
    yield from same_drawings(images)


def same_drawings(images):
    """Pairs of rows that look the same at 16 x 16 pixels."""
    for pictures in images:
        n = len(pictures)
        small = 255 - pictures.reshape(n, 16, 4, 16, 4, 3).mean((2, 4)).reshape(n, -1)
        ink = small.mean(1)
        for i in range(n - 1):
            allowed = SAME_DRAWING * np.maximum(ink[i + 1 :], ink[i])
            # Drawings differ at least as much as their inks do: most are ruled out cheaply.
            near = i + 1 + np.flatnonzero(np.abs(ink[i + 1 :] - ink[i]) <= allowed)
            difference = np.abs(small[near] - small[i]).mean(1)
            for j in near[difference <= allowed[near - i - 1]]:
                yield i, int(j)


def find_concepts(codes, names, groups, images):
    """Name each emoji's concept: the name of its first member, in Unicode's order."""
    parent = list(range(len(codes)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for i, j in links(codes, names, groups, images):
        low, high = sorted((root(i), root(j)))
        parent[high] = low
    return [names[root(i)] for i in range(len(codes))]


def assign_folds(concepts, groups, subgroups):
    """Give each concept to the fold that has fewest of its group (then of its subgroup)."""
    members = defaultdict(list)
    for i, concept in enumerate(concepts):
        members[concept].append(i)
    # Large concepts first, while there is room to balance them; a hash is a fixed shuffle.
    order = sorted(members, key=lambda c: (-len(members[c]), hashlib.sha256(c.encode()).digest()))
    counts = [Counter() for _ in range(FOLDS)]
    folds = [0] * len(concepts)
    for concept in order:
        rows = members[concept]
        kinds = [("group", groups[i]) for i in rows] + [("sub", subgroups[i]) for i in rows]
        fold = min(
            range(FOLDS),
            key=lambda f: (
                sum(counts[f]["group", groups[i]] for i in rows),
                sum(counts[f]["sub", subgroups[i]] for i in rows),
                counts[f]["all"],
                f,
            ),
        )
        counts[fold].update(kinds + ["all"] * len(rows))
        for i in rows:
            folds[i] = fold
    return folds
