"""conditional and unconditional (B, ...), what a network predicts with and without the caption, of
one shape, and scale, a number w from 0. Returns the guided prediction (B, ...): w = 0 is the
unconditional one, w = 1 the conditional one, and other w lie on the same line."""

from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.reference import diffusion

LINE = "unconditional + w (conditional - unconditional)."
PAPER = "That is the scale of Ho and Salimans, 1 + w: here w = 1 is no guidance."
NONE = "With w = 0 the caption is forgotten."
draw = arrays("BCHW", "BCHW", "scale", B=3, C=2, H=4, W=3, scale=2.5)


def line(c, u, w, start=0, more=0):
    """The point on the line, or a wrong one: from another start, by another length."""
    return (start * c + (1 - start) * u) + (w + more) * (c - u)


wrong = Wrong(line)
CASES = (
    case("exaggerated", LINE),
    case("no guidance", "w = 1 is the conditional prediction.", scale=1.0),
    case("no caption", NONE, scale=0.0),
    case("between the two", "w may be below 1, too.", scale=0.25),
    case("one picture", "Does it work for a batch of one?", B=1),
    case("rows of numbers", "However many axes a prediction has.",
         lambda c, u, w: (c[:, 0, 0], u[:, 0, 0], w)),
)  # fmt: skip
MISTAKES = (
    (PAPER, wrong(more=1), wrong(start=1)),
    ("The two are exchanged.", lambda c, u, w: line(u, c, w)),
    ("w is not a share of the caption: unconditional is taken away as well.",
     lambda c, u, w: u + w * c, lambda c, u, w: w * c, lambda c, u, w: c + w * u),
    ("The difference is added to the unconditional prediction.", lambda c, u, w: w * (c - u)),
    ("w may be above 1: that's what it is for.", lambda c, u, w: line(c, u, min(w, 1.0))),
    ("w may be below 1, too.", lambda c, u, w: line(c, u, max(w, 1.0))),
)  # fmt: skip
EXERCISE = Exercise(diffusion.guided, __doc__, CASES, MISTAKES, draw, axis="picture")
