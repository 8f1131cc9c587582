"""Exercise on captions of mirrored pictures."""

import re

from mmref.check._plain import compare_plain
from mmref.check._run import Case, Exercise

OPPOSITE = {"left": "right", "right": "left"}


def cases():
    both = "Each word is exchanged once: what has become right must not become left again."
    yield _case("both sides", "a star on the left, a cross on the right", both)
    yield _case("one side", "the red star is to the left of the cross", both)
    yield _case("a side twice", "right above a star, right of a cross", "Every one is exchanged.")
    inside = "Whole words alone: a side may be hidden in a longer word."
    yield _case("sides within words", "a bright star left upright by a copyright sign", inside)
    capital = "A sentence may begin with a side: exchange it, and keep the capital."
    yield _case("capitals", "Left: a star. Right: a cross.", capital)
    space = "Everything between the words stays as it is: spaces, line breaks, commas."
    yield _case("spaces and line breaks", "a star  on the left,\nand\ta cross right", space)
    yield _case("punctuation", "(left) a cross; right!", "A side may touch a comma or a bracket.")
    yield _case("no side", "a star above a cross", "Without a side, the text stays.")
    yield _case("no text", "", "An empty caption stays empty.")


def _case(words, text, hint):
    return Case(words, (text,), hint)


def _mirrored(text):
    def other(match):
        word = OPPOSITE[match[0].lower()]
        return word.capitalize() if match[0][0].isupper() else word

    return re.sub(r"\b(?:[Ll]eft|[Rr]ight)\b", other, text)


MISTAKES = (
    (
        "Both are right now: exchange the two at once, not one after the other.",
        lambda text: text.replace("left", "right"),
    ),
    (
        "Both are left now: exchange the two at once, not one after the other.",
        lambda text: text.replace("right", "left"),
    ),
    ("The text came back as it was.", lambda text: text),
)

SIGNATURE = "mirrored(text)"
EXERCISES = {
    "mirrored": Exercise(
        SIGNATURE,
        "text, a caption in English; returns the caption of the mirrored picture: the words left "
        "and right exchanged, also where they begin with a capital, which they keep. Longer words "
        "that hold them, and all else, stay as they are.",
        compare_plain(SIGNATURE, _mirrored, cases, MISTAKES),
        closing=" Text in, text out.",
    ),
}
