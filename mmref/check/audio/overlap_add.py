"""frames (B, L, N), floats, and hop, a whole number. Returns (B, T), T = N + (L - 1) hop: frame l
is laid down from sample l hop on, and where frames lie over each other they are summed; where the
hop is longer than a frame, zeros stand between them."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.reference import audio

SUMMED = "A sample that lies in several frames gets something from each of them."
APART = "A hop may be longer than a frame: what lies between is 0."
LENGTH = "The last frame begins at sample (L - 1) hop, and ends N samples later."


def draw(rng, B=2, L=4, N=6, hop=2):
    return rng.normal(size=(B, L, N)).round(2), hop


def laid(frames, hop, put=np.add, tail=0):
    """The signals, or wrong ones: laid down otherwise, of another length."""
    B, L, N = frames.shape
    signals = np.zeros((B, N + (L - 1) * hop + tail * hop))
    for i in range(L):
        here = slice(i * hop, i * hop + N)
        signals[:, here] = put(signals[:, here], frames[:, i])
    return signals


def means(frames, hop):
    return laid(frames, hop) / laid(np.ones_like(frames), hop)


wrong = Wrong(laid)
CASES = (
    case("frames that overlap three times", SUMMED),
    case("a hop that does not divide the frame", SUMMED, hop=4),
    case("frames side by side", "Then they are only put in a row.", hop=6),
    case("frames apart", APART, N=3, hop=5),
    case("one frame", "It is the signal.", L=1),
    case("one signal", "Does it work for a batch of one?", B=1),
)
MISTAKES = (
    (SUMMED, wrong(put=lambda old, new: new), wrong(put=np.maximum)),
    ("They are summed; nothing is divided here.",
     lambda y, hop: means(y, hop) if hop <= y.shape[2] else laid(y, hop)),
    (LENGTH, wrong(tail=1)),
    ("Frame 0 begins at sample 0: which frame comes first?",
     wrong.of(frames=lambda y: y[:, ::-1])),
)  # fmt: skip
EXERCISE = Exercise(audio.overlap_add, __doc__, CASES, MISTAKES, draw, axis="signal")
