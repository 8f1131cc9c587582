"""rate, length N and mels M, whole numbers. Returns (M, K), K = N // 2 + 1: triangles over the
frequencies f_k = k rate / N. M + 2 corners are equally far apart on the scale of
2595 log10(1 + f / 700), from 0 to rate / 2; filter m rises from 0 at corner m to 1 at the next and
falls to 0 at the one after, straight in hertz."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, given
from mmref.reference import audio

CORNERS = "The corners are equally far apart in mels; back in hertz they spread."
STRAIGHT = "The sides are straight in hertz, the corners' scale is bent."
HEIGHT = "Each triangle has the height 1; no area is made equal."
BORDER = "Outside of its corners a filter is 0."


def mel(f):
    return 2595 * np.log10(1 + np.asarray(f) / 700)


def hertz(m):
    return 700 * (10 ** (np.asarray(m) / 2595) - 1)


def triangles(rate, length, mels, up=mel, down=hertz, bent=np.asarray, least=0.0, ends=0):
    """The filters, or wrong ones: other corners, sides that are straight elsewhere."""
    corners = down(np.linspace(0, up(rate / 2), mels + 2 + ends))[ends:, None]
    f = np.arange(length // 2 + 1) * rate / length
    slopes = (bent(f) - bent(corners[:-1])) / np.diff(bent(corners), axis=0)
    return np.maximum(least, np.minimum(slopes[:-1], 1 - slopes[1:]))


wrong = Wrong(triangles)
CASES = (
    given("eight kilohertz, six bands", CORNERS, 8000, 64, 6),
    given("one band", "Every axis stays, one of length 1 too.", 8000, 32, 1),
    given("an odd number of samples", "Frequency k is k rate / N, whatever N is.", 8000, 65, 5),
    given("another rate", "The last corner is half the rate.", 22050, 128, 8),
    given("forty bands", CORNERS, 16000, 1024, 40),
)
MISTAKES = (
    (CORNERS, wrong(up=np.asarray, down=np.asarray)),
    (STRAIGHT, wrong(bent=mel)),
    (BORDER, wrong(least=-1.0)),
    (HEIGHT, lambda R, N, M: audio.mel_filters(R, N, M, area=True),
     lambda *a: triangles(*a) / triangles(*a).sum(axis=1, keepdims=True)),
    ("That is Slaney's scale, straight up to 1000 hertz.",
     lambda R, N, M: audio.mel_filters(R, N, M, scale="slaney")),
    ("M filters have M + 2 corners: the first is at 0 hertz.", wrong(ends=1)),
)  # fmt: skip
EXERCISE = Exercise(audio.mel_filters, __doc__, CASES, MISTAKES, axis="band",
                    closing=" The result is a NumPy array.")  # fmt: skip
