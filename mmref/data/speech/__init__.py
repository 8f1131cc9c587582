"""Speech: the names of 200 emoji, spoken by several synthesizers in English and Chinese.

So these emoji have a picture, a name in two languages and sounds. 25 are of each of the eight
groups, five in each fold; their names are short: one or two words, half a second. English is
spoken by three programs that work differently: espeak-ng computes its sounds from formants,
festival joins recorded pairs of sounds, flite draws them from a statistical model. One of them,
flite, is heard in no training split. Chinese is spoken by voices of espeak-ng alone, so that
there a test holds out a voice, no program.

The sounds were made by ``scripts/pack_speech.py``: 8,000 samples a second, codes of eight bits
(``mu_law``), silence cut from both ends, the largest sample .9.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmref.contract.settings import check_choice
from mmref.data.speech.codes import from_mu_law, mu_law
from mmref.errors import ChoiceError
from mmref.types import Array

__all__ = ["SpeechData", "from_mu_law", "load", "mu_law"]

FOLDER = Path(__file__).parent
RATE = 8000  # samples a second
VOICES = {  # language -> voice -> the split that hears it
    "en": {
        "espeak-m3": "train",
        "espeak-f2": "train",
        "espeak-klatt4": "train",
        "festival-kal": "train",
        "flite-awb": "validation",
        "flite-rms": "test",
    },
    "zh": {
        "espeak-m3": "train",
        "espeak-f2": "train",
        "espeak-klatt4": "validation",
        "espeak-f5": "test",
    },
}
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class SpeechData:
    """One row for each utterance; row i of every field belongs together.

    sounds: the samples of each, (N_i,) float32 from -1 to 1, read-only.
    texts: what is said: the emoji's name in the chosen language.
    emoji: (N,) int64, the emoji's row in ``mmref.data.emoji.load()``, which has its picture, its
        group and its fold; read-only.
    voices: the voice, named by its program and its name there.
    splits: "train", "validation" or "test", by the voice.
    pitches, paces: (N,) float64, the settings -p (0 to 99) and -s (words a minute) that espeak-ng
        was given, drawn anew for each utterance; NaN for other programs; read-only.
    """

    sounds: tuple[Array, ...]
    texts: tuple[str, ...]
    emoji: Array
    voices: tuple[str, ...]
    splits: tuple[str, ...]
    pitches: Array
    paces: Array

    def __len__(self) -> int:
        return len(self.texts)


def load(
    language: str = "en", split: str | None = None, voices: Iterable[str] | None = None
) -> SpeechData:
    """Load what the voices of a language say: all of them, those of a split, or some by name.

    language: "en" or "zh".
    split: None (every voice), "train", "validation" or "test". The emoji are the same in all
        three; who wants names that were not heard either takes rows by the emoji's folds.
    voices: names of voices, of those in the split; None takes them all. Rows stand voice by voice
        in the order of ``VOICES``, each in the order of the emoji.
    Raises ChoiceError, which lists the choices, when an argument is none of them, and ValueError
    when a voice is named twice.

    >>> data = load("en", "test")
    >>> len(data), data.voices[0], data.texts[50]
    (200, 'flite-rms', 'dog')
    >>> from mmref.data import emoji
    >>> emoji.load().names[data.emoji[50]], data.sounds[50].dtype
    ('dog', dtype('float32'))
    """
    chosen = _check(language, split, voices)
    records = json.loads((FOLDER / "speech.json").read_text("utf-8"))
    with np.load(FOLDER / "sounds.npz", allow_pickle=False) as packed:
        # What is packed are the steps from each code to the next, modulo 256.
        codes, ends = np.cumsum(packed["steps"], dtype=np.uint8), np.cumsum(packed["lengths"])
    rows = [
        i
        for i, record in enumerate(records)
        if record["language"] == language and record["voice"] in chosen
    ]
    samples = from_mu_law(codes)
    samples.flags.writeable = False
    parts = np.split(samples, ends[:-1])

    def column(key):
        return tuple(records[i][key] for i in rows)

    def numbers(values, kind):
        array = np.array(values, kind)  # None becomes NaN
        array.flags.writeable = False
        return array

    return SpeechData(
        sounds=tuple(parts[i] for i in rows),
        texts=column("text"),
        emoji=numbers(column("emoji"), np.int64),
        voices=column("voice"),
        splits=tuple(VOICES[language][voice] for voice in column("voice")),
        pitches=numbers(column("pitch"), np.float64),
        paces=numbers(column("pace"), np.float64),
    )


def _check(language, split, voices):
    """Check load's arguments and return the voices' names."""
    check_choice("language", language, tuple(VOICES))
    check_choice("split", split, (None, *SPLITS))
    there = tuple(v for v, heard in VOICES[language].items() if split in (None, heard))
    if voices is None:
        return there
    if isinstance(voices, str) or not isinstance(voices, Iterable):
        raise ChoiceError("voices (a sequence of names, not one string)", voices, there)
    voices = tuple(voices)
    for voice in voices:
        check_choice("voices", voice, there)
        if voices.count(voice) > 1:
            raise ValueError(f"voices: expected each voice once, got {voice!r} twice or more")
    if not voices:
        raise ChoiceError("voices (at least one)", voices, there)
    return voices
