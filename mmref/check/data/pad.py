"""rows, a list of B lists of token ids, 0 or more; length, T, 1 or more. Returns ids (B, T),
integers with 0 for padding, at the end, and mask (B, T), boolean, True where there is a token. A
row of more than T tokens loses its end."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, always, case, given
from mmref.data import text

TOKEN = "The mask comes from the number of tokens: an id of 0 may be a token, too."


def draw(rng, B=3, T=4):
    return [rng.integers(1, 90, n).tolist() for n in rng.integers(1, T + 1, B)], T


def pad(rows, length, side="right"):
    """The package's, too long a row cut."""
    return text.pad(rows, length, truncate=True, side=side)


wrong = Wrong(pad)
CASES = (
    case("rows of at most 4 tokens", "Padding, 0, stands at the end."),
    case("rows that are too long", "Too long a row loses its end.", {"length": always(2)}),
    case("room for more", "T is the length that is asked for.", {"length": always(6)}),
    given("tokens with the id 0", TOKEN, [[5, 0, 2], [0], [3, 0]], 4),
    given("a row without a token", "Such a row is all padding.", [[4, 1], []], 3),
    given("ids beyond 100,000", "A vocabulary may be larger than 16 bits can count.",
          [[250_000, 7], [100_001]], 2),
)  # fmt: skip
MISTAKES = (
    ("Padding stands at the end, not at the start.", wrong(side="left")),
    ("Too long a row loses its end, not its start.",
     lambda r, n: pad([row[max(len(row) - n, 0) :] for row in r], n)),
    ("Padding is the id 0.", wrong.then(lambda ids, mask: (np.where(mask, ids, -1), mask)),
     wrong.then(lambda ids, mask: (np.where(mask, ids, 1), mask))),
    ("The mask is the wrong way round: True means a token.", wrong.then(lambda i, m: (i, ~m))),
    (TOKEN, wrong.then(lambda ids, mask: (ids, ids != 0))),
    ("The mask says that everything is a token.", wrong.then(lambda i, m: (i, m | True))),
)  # fmt: skip
EXERCISE = Exercise(pad, __doc__, CASES, MISTAKES, draw, outputs=("ids", "mask"),
                    kind=("int", "bool"), closing=" Lists in, NumPy arrays out.",
                    never="large zeros")  # fmt: skip
