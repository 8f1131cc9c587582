"""Moods and irony in faces, words and voices, with the best accuracy of any part of them.

Somebody has a mood y, 1 (glad) or -1 (sad), as likely, and is ironic with probability rho: then
the words say the contrary. s is -1 where they are ironic, else 1, and independent of the mood.

    face   an emoji that shows f = y, but with probability phi f = -y
    words  a sentence that says w = y s
    voice  pitch and pace v = (v_1, v_2), in octaves above the speaker's usual ones:
           v_i ~ N(y mu, sigma_i^2); glad is higher and quicker

Given y, the three are independent, so what they tell about the mood adds up. With S for the
modalities that are present, the log odds of y = 1 are the sum over S of

    face   f log((1 - phi) / phi)
    words  w log((1 - rho) / rho)
    voice  sum_i 2 mu v_i / sigma_i^2

The voice's part L is Gaussian given y, with mean 2 y d^2 and variance 4 d^2, where
d^2 = sum_i mu^2 / sigma_i^2. So with c for what face and words add up to,

    mood    sum over f, w of P(f, w | y = 1) Phi((c + 2 d^2) / (2 d)), with the voice; without it,
            sum over f, w of max_y P(f, w | y) / 2
    irony   the same where the words are present, as s = w y: whoever has the mood right has the
            irony right. Without the words 1 - rho: s is independent of face and voice.

Given everything, the log odds of irony are -w times those of the mood: a product of the words with
the others, and no sum. Given the words alone, or the others alone, they are log(rho / (1 - rho)).

These formulas read what pictures, sentences and sounds say without a mistake. The voice babbles;
it does not speak the words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from math import log, sqrt
from statistics import NormalDist

import numpy as np

from mmref.contract.data import check_memory
from mmref.contract.settings import check_choice, check_count, check_number, check_seed
from mmref.data.sentiment import _faces, _voices, _words
from mmref.errors import ModalityError
from mmref.types import Array

MODALITIES = ("face", "words", "voice")
QUESTIONS = ("mood", "irony")
PARTS = ("train", "test")
LANGUAGES = ("en", "zh")
RATE = _voices.RATE  # samples a second
USUAL = (190.0, 5.0)  # hertz, and syllables a second
STEP = 0.25  # mu, octaves
SIGMAS = (0.3, 0.35)  # of the pitch, of the pace
_NORMAL = NormalDist()


@dataclass(frozen=True, eq=False)
class Sentiment:
    """N samples; row i of every field belongs together.

    faces: (N, 32, 32, 3) uint8, RGB.
    texts: N sentences.
    voices: (N, 6400) float32, 8,000 samples a second.
    moods: (N,) int64, 1 glad, 0 sad.
    irony: (N,) int64, 1 ironic, 0 sincere.
    shown, said: (N,) int64, what face and words say: f and w, -1 or 1.
    heard: (N, 2) float64, pitch and pace of the voice: v.
    """

    faces: Array
    texts: tuple[str, ...]
    voices: Array
    moods: Array
    irony: Array
    shown: Array
    said: Array
    heard: Array

    def __len__(self) -> int:
        return len(self.texts)


def draw(
    n: int, seed: int, part: str = "train", language: str = "both", rho: float = 0.3,
    phi: float = 0.2,
) -> Sentiment:  # fmt: skip
    """Draw n samples.

    part: "train" or "test": no face and no sentence is in both.
    language: "en", "zh" or "both", a language drawn for each sentence.
    rho: how often somebody is ironic, phi: how often a face shows the other mood; 0 to 1.

    Raises ChoiceError for another part or language, ValueError or TypeError for another number.

    >>> some = draw(200, 0, language="en")
    >>> some.faces.shape, some.voices.shape, some.texts[0]
    ((200, 32, 32, 3), (200, 6400), 'the talk was so brilliant')
    >>> bool(((some.said == 2 * some.moods - 1) == (some.irony == 0)).all())
    True
    """
    check_count("n", n)
    check_seed(seed)
    check_choice("part", part, PARTS)
    check_choice("language", language, (*LANGUAGES, "both"))
    check_number("rho", rho, 0, 1, closed=True)
    check_number("phi", phi, 0, 1, closed=True)
    check_memory("n", n, 4 * int(_voices.RATE * _voices.SECONDS) + 3 * _faces.SIDE**2)
    rng, test = np.random.default_rng([seed, PARTS.index(part)]), part == "test"
    y = rng.choice([-1, 1], n)
    s = np.where(rng.random(n) < rho, -1, 1)
    shown = np.where(rng.random(n) < phi, -y, y)
    heard = rng.normal(STEP * y[:, None], SIGMAS, (n, 2))
    pitch, pace = (np.array(USUAL) * 2**heard).T
    return Sentiment(
        faces=_faces.show(shown, test, rng),
        texts=_words.say(y * s, LANGUAGES if language == "both" else (language,), test, rng),
        voices=_voices.speak(pitch, pace, rng),
        moods=(y > 0).astype(np.int64),
        irony=(s < 0).astype(np.int64),
        shown=shown,
        said=y * s,
        heard=heard,
    )


def best_accuracy(
    question: str, present: Iterable[str] | None = None, rho: float = 0.3, phi: float = 0.2
) -> float:
    """The Bayes accuracy: the most that any model can reach, who is told rho and phi.

    question: "mood" or "irony". present: the modalities that are there; None: all of them.

    >>> round(best_accuracy("mood", ["face"]), 4), best_accuracy("irony", ["face", "voice"])
    (0.8, 0.7)
    >>> round(best_accuracy("irony"), 3)
    0.913
    """
    check_choice("question", question, QUESTIONS)
    check_number("rho", rho, 0, 1, closed=True)
    check_number("phi", phi, 0, 1, closed=True)
    there = MODALITIES if present is None else _checked(present)
    if question == "irony" and "words" not in there:
        return max(rho, 1 - rho)
    right = {m: 1 - p for m, p in (("face", phi), ("words", rho)) if m in there}
    total = 0.0
    for agrees in product((True, False), repeat=len(right)):
        glad = sad = 1.0  # the probability of these signs, given each mood
        for p, yes in zip(right.values(), agrees, strict=True):
            glad, sad = glad * (p if yes else 1 - p), sad * (1 - p if yes else p)
        total += _of_voice(glad, sad) if "voice" in there else max(glad, sad) / 2
    return total


def _of_voice(glad, sad):
    """What the voice makes of two moods that are as likely as this."""
    if not glad or not sad:  # certain, or impossible
        return (glad + sad) / 2
    c, d = log(glad / sad), sqrt(sum((STEP / sigma) ** 2 for sigma in SIGMAS))
    return glad / 2 * _NORMAL.cdf(d + c / (2 * d)) + sad / 2 * _NORMAL.cdf(d - c / (2 * d))


def _checked(present):
    """The modalities that are there, each once."""
    if isinstance(present, str) or not isinstance(present, Iterable):
        raise TypeError(f"present: expected a sequence of modalities, got {present!r}")
    there = list(present)
    if len(set(there)) < len(there) or not set(there) <= set(MODALITIES):
        raise ModalityError(f"present: expected some of {list(MODALITIES)}, each once, got {there}")
    return there
