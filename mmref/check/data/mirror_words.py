"""text, a caption in English; returns the caption of the mirrored picture: the words left and right
exchanged, also where they begin with a capital, which they keep. Longer words that hold them, such
as upright, and all else, stay as they are. (The package's function knows leftmost and leftward too;
here they do not come.)"""

from mmref.check.exercise import Exercise, given
from mmref.data.transforms import mirror_words

ONCE = "Each word is exchanged once: what has become right must not become left again."
WHOLE = "Whole words alone: a side may be hidden in a longer word."
CAPITAL = "A sentence may begin with a side: exchange it, and keep the capital."
SPACE = "Everything between the words stays as it is: spaces, line breaks, commas."
TOUCH = "A side may touch a comma, a bracket, a hyphen: what is no letter ends a word."
STAND_IN = "What stands in for a word on the way may stand in the text already."


CASES = (
    given("both sides", ONCE, "a star on the left, a cross on the right"),
    given("one side", ONCE, "the red star is to the left of the cross"),
    given("a side twice", "Every one is exchanged.", "right above a star, right of a cross"),
    given("sides within words", WHOLE, "a bright star left upright by a leftover"),
    given("capitals", CAPITAL, "Left: a star. Right: a cross."),
    given("other capitals", "All else stays, capitals too.", "A Star of Ann's, left of an X"),
    given("spaces and line breaks", SPACE, "a star  on the left,\nand\ta cross right"),
    given("spaces at both ends", SPACE, " right of it\n"),
    given("punctuation", TOUCH, "(left) a cross; right!"),
    given("a hyphen", TOUCH, "a star top-left, left/right, at the left's end"),
    given("a long caption", "Every one is exchanged.", 20 * "left of a star, right of it. "),
    given("letters and signs", STAND_IN, "x, X, tmp, #, @, _, $, %, | and * to the left"),
    given("no side", "Without a side, the text stays.", "a star above a cross"),
    given("no text", "An empty caption stays empty.", ""),
)
MISTAKES = (
    ("Both are right now: exchange the two at once, not one after the other.",
     lambda text: text.replace("left", "right")),
    ("Both are left now: exchange the two at once, not one after the other.",
     lambda text: text.replace("right", "left")),
    ("The text came back as it was.", lambda text: text),
)  # fmt: skip
EXERCISE = Exercise(mirror_words, __doc__, CASES, MISTAKES, kind="text",
                    closing=" Text in, text out.")  # fmt: skip
