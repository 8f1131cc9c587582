"""A voice by source and filter: a buzz of known pitch through three resonances, at a known pace.

It babbles vowels for a fixed time. The harmonic k of the pitch f has the amplitude

    1 / k  *  prod_i F_i^2 / sqrt((F_i^2 - (k f)^2)^2 + (B_i k f)^2)

with the formants F_i of a vowel and their bandwidths B_i. One period of each vowel is computed, and
read at the phase of the voice, which makes thousands of voices a second.
"""

import numpy as np

from mmref.types import Array

RATE, SECONDS = 8000, 0.8
FORMANTS = np.array(  # hertz, of a, e, i, o, u: men's means (Peterson and Barney, 1952)
    [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]]
)
BANDWIDTHS = np.array([80, 100, 150])
FALL = 0.1  # octaves by which a voice falls from its beginning to its end
OPEN = 0.8  # the share of a syllable that sounds
HISS = 1e-3
_POINTS, _SYLLABLES = 1024, 64  # of a period; of a voice, at most
_CHUNK = 32  # voices at once: what is computed of them fits into a processor's own memory


def speak(pitch: Array, pace: Array, rng: np.random.Generator) -> Array:
    """Voices (N, T) float32 of pitches and paces (N,), in hertz and in syllables a second.

    The vowels, the length of each mouth, where in a syllable a voice begins and the hiss are drawn.

    >>> speak(np.array([150.0, 300.0]), np.array([4.0, 6.0]), np.random.default_rng(0)).shape
    (2, 6400)
    """
    N, T = len(pitch), int(RATE * SECONDS)
    mouths, begins = rng.uniform(0.9, 1.15, N), rng.uniform(0, 1, N)
    vowels = rng.integers(0, len(FORMANTS), (N, _SYLLABLES))
    hiss, start = HISS * rng.standard_normal(10 * T, np.float32), rng.integers(0, 9 * T, N)
    voices = np.stack([hiss[s : s + T] for s in start])
    for first in range(0, N, _CHUNK):
        some = slice(first, first + _CHUNK)
        periods = _periods(pitch[some], mouths[some])
        voices[some] += _read(periods, pitch[some], pace[some], begins[some], vowels[some])
    return voices


def _periods(pitch, mouths):
    """One period of each vowel, (N, V, points) float32, its largest sample 1."""
    k = np.arange(1, int(RATE / 2 / pitch.min()) + 1)
    f = (pitch[:, None] * k)[:, None, :, None]  # (N, 1, k, 1)
    F = mouths[:, None, None, None] * FORMANTS[None, :, None]  # (N, V, 1, 3)
    gains = F**2 / np.sqrt((F**2 - f**2) ** 2 + (BANDWIDTHS * f) ** 2)
    heights = np.where(f[..., 0] < RATE / 2, gains.prod(axis=-1) / k, 0)  # (N, V, k)
    spectrum = np.zeros((*heights.shape[:2], _POINTS // 2 + 1), complex)
    spectrum[..., 1 : len(k) + 1] = -1j * heights  # sines
    periods = np.fft.irfft(spectrum, _POINTS)
    return (periods / np.abs(periods).max(axis=-1, keepdims=True)).astype(np.float32)


def _read(periods, pitch, pace, begins, vowels):
    """The samples (N, T) of a few voices: each period read at the phase of its voice."""
    t = np.arange(int(RATE * SECONDS), dtype=np.float32) / RATE
    turned = np.cumsum(2 ** (FALL * (0.5 - t / SECONDS))) / RATE  # seconds, at a falling pitch
    place = (_POINTS * pitch.astype(np.float32)[:, None] * turned).astype(np.int32) % _POINTS
    syllable = pace.astype(np.float32)[:, None] * t + begins.astype(np.float32)[:, None]
    number = syllable.astype(np.int32)
    within = np.minimum((syllable - number) / OPEN, 1)  # silent at 0 and at 1
    vowel = np.take_along_axis(vowels, number % _SYLLABLES, axis=1)
    row = np.arange(len(pitch))[:, None]
    return 0.5 * np.sin(np.float32(np.pi) * within) ** 2 * periods[row, vowel, place]
