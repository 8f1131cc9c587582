"""signals (B, T), floats, length N and hop, whole numbers, such that the last frame ends with the
last sample. Returns (B, L, K), L = 1 + (T - N) / hop, K = N // 2 + 1: the squared length of the
discrete Fourier transform of frame l, which begins at sample l hop and is multiplied by Hann's
window w_n = (1 - cos(2 pi n / N)) / 2, at frequency k. Nothing is divided by N."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.reference import audio

WINDOW = "A period of Hann's window is whole: N stands in the cosine, and w_0 alone is 0."
SQUARED = "The power is the squared length of a complex number."
HALF = "Of N real numbers the frequencies from 0 to N / 2 are asked for."
FRAMES = "Frame l begins at sample l hop; nothing stands before the first one."


def draw(rng, B=2, L=3, N=8, hop=4):
    return rng.normal(size=(B, N + (L - 1) * hop)).round(2), N, hop


def whole(N):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N) / N)


def power(x, N, hop, window=whole, squared=lambda z: np.abs(z) ** 2, before=0):
    """The spectrogram, or a wrong one: of other windows, powers or frames."""
    x = np.pad(x, ((0, 0), (before, 0)))[:, : x.shape[1]]
    parts = np.lib.stride_tricks.sliding_window_view(x, N, axis=1)[:, ::hop]
    return squared(np.fft.rfft(parts * window(N)))


wrong = Wrong(power)
CASES = (
    case("frames that overlap by half", FRAMES),
    case("an odd number of samples in a frame", HALF, N=7, hop=3),
    case("one frame", "A frame axis stays.", L=1),
    case("frames apart", "A hop may be longer than a frame.", N=5, hop=9),
    case("one signal", "Does it work for a batch of one?", B=1),
    case("a constant", WINDOW, {"signals": np.ones_like}, N=12),
)
MISTAKES = (
    (WINDOW, wrong(window=np.ones), wrong(window=np.hamming),
     wrong(window=lambda N: np.hanning(N) if N > 1 else whole(N))),
    (SQUARED, wrong(squared=np.abs), wrong(squared=lambda z: z.real**2)),
    ("Nothing is divided by N.", lambda x, N, hop: power(x, N, hop) / N),
    (FRAMES, wrong(before=1)),
)  # fmt: skip
EXERCISE = Exercise(audio.power_spectrogram, __doc__, CASES, MISTAKES, draw, axis="signal",
                    never="ones")  # fmt: skip
