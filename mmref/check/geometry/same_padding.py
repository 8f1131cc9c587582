"""Along one axis, with four integers: size, the number of pixels; kernel, the number of the
kernel's entries; stride; dilation, the distance between neighboring entries. Returns integers (2,),
how many zeros to put before and after so that there are size / stride places, rounded up, and no
more zeros than needed; the odd one comes after. The result is a NumPy array."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, Wrong, given
from mmref.reference import geometry

PLACES = "There shall be size / stride places, rounded up. How long must the padded row be?"
EXTENT = "A dilated kernel is longer than it has entries: count from its first to its last."
NONE = "A window may fit with room to spare; there is no negative padding."
ODD = "Which side gets the odd one?"


def same_padding(size, kernel, stride, dilation):
    return np.array(geometry.same_padding((size, 1), kernel, stride, dilation)[0])


def total(n, k, s, d):
    return (-(-n // s) - 1) * s + d * (k - 1) + 1 - n


def halves(total):
    """The two sides of a total that is computed otherwise."""
    return lambda *args: np.array([total(*args) // 2, -(-total(*args) // 2)])


wrong = Wrong(same_padding)
CASES = (
    given("8 pixels, a kernel of 3", PLACES, 8, 3, 1, 1),
    given("8 pixels, a kernel of 4", ODD, 8, 4, 1, 1),
    given("8 pixels, a kernel of 3, a stride of 2", ODD, 8, 3, 2, 1),
    given("7 pixels, a kernel of 3, a stride of 2", PLACES, 7, 3, 2, 1),
    given("9 pixels, a kernel of 5, a stride of 3", PLACES, 9, 5, 3, 1),
    given("10 pixels, a kernel of 3, a dilation of 3", EXTENT, 10, 3, 1, 3),
    given("10 pixels, a kernel of 1, a stride of 4", NONE, 10, 1, 4, 1),
    given("a single pixel, a kernel of 6", ODD, 1, 6, 1, 1),
    given("2 pixels, a kernel of 4, a stride of 5", PLACES, 2, 4, 5, 1),
    given("100 pixels, a kernel of 61, a stride of 7, a dilation of 5", EXTENT, 100, 61, 7, 5),
    given("1000 pixels, a kernel of 20, a stride of 13", PLACES, 1000, 20, 13, 1),
)
MISTAKES = (
    ("The odd one is put before; it belongs after. PyTorch's padding=1 has it on both sides.",
     wrong.then(np.flip)),
    (EXTENT, halves(lambda n, k, s, d: max(total(n, k, s, 1), 0)),
     halves(lambda n, k, s, d: max(total(n, d * k, s, 1), 0))),
    ("With a stride there are fewer places, and less is needed.",
     halves(lambda n, k, s, d: k - 1), halves(lambda n, k, s, d: d * (k - 1))),
    ("The number of places is rounded up, not down.",
     halves(lambda n, k, s, d: max((n // s - 1) * s + d * (k - 1) + 1 - n, 0))),
    (NONE, halves(total)),
    ("Both sides got the larger half: together that is one too many.",
     wrong.then(lambda found: found[[1, 1]])),
    ("Both sides got the smaller half: together that is one too few.",
     wrong.then(lambda found: found[[0, 0]])),
)  # fmt: skip
EXERCISE = Exercise(same_padding, __doc__, CASES, MISTAKES, kind=INTEGERS, axis=None, closing="")
