"""From a WAV file to samples, or one error that names the file."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mmref.contract.settings import check_kind, check_mapping, check_scale
from mmref.data.folders.paths import locate
from mmref.data.folders.wav import Wav, read_header, read_samples
from mmref.data.sound import Sound
from mmref.errors import DataError, ModalityError
from mmref.types import Array

BROKEN = "unreadable sound"
RATE = "another rate"
LOUDEST = 100  # floats go from -1 to 1, overdriven ones a little beyond; integers far beyond
BLOCK = 2**16  # frames in memory at once where a whole file is looked at


def read_sound(root: str | Path, name: str, seconds: float | None = None) -> tuple[Array, int]:
    """Read the WAV file ``name`` in the folder ``root``: samples (N,) float32, and their rate.

    seconds: what is read, from the start; None reads all. More than that is not in memory, however
        long the file is, and nothing behind it is looked at.

    Integers of 8, 16, 24 and 32 bits become -1 to 1; floats stay as they are, clipped samples too.
    Of several channels the mean is taken. Nothing is resampled: any rate is read, and told.

    Raises DataError, which names the file: a name that leads outside the root, no such file; one
    that is no WAV (FLAC, MP3 and others are told by name), has another encoding than these (as
    mu-law), a broken header, no samples, or fewer than its header promises, as one that was cut
    short or written to a pipe has; samples that are not finite, or floats beyond 100, which are
    integers that nobody divided. TypeError, ValueError: seconds that are no positive number.
    """
    if seconds is not None:
        check_scale(seconds=seconds)
    with _opened(root, name) as (file, wav):
        count = wav.frames if seconds is None else round(seconds * wav.rate)
        return _samples(file, wav, 0, count), wav.rate


def check_sound(root: Path, name: str) -> None:
    """Raise unless every sample of a file can be read; a block of them is in memory at once."""
    with _opened(root, name) as (file, wav):
        for start in range(0, wav.frames, BLOCK):
            _samples(file, wav, start, BLOCK)


@contextmanager
def _opened(root: str | Path, name: str) -> Iterator[tuple[BinaryIO, Wav]]:
    """A file with its header read; all that is wrong with it becomes a DataError."""
    name, path = locate(root, name)
    try:
        with open(path, "rb") as file:
            yield file, read_header(file)
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(name, BROKEN, str(error)) from error


def _samples(file, wav, start, count):
    """(N,) float32, the mean of the channels."""
    samples = read_samples(file, wav, start, count)
    loudest = np.abs(samples).max(initial=0)
    if not np.isfinite(loudest):
        raise ValueError("expected finite samples")
    if loudest > LOUDEST:
        raise ValueError(f"expected floats from -1 to 1, got one of size {loudest:g}")
    return samples.mean(axis=1)


def read_features(root: str | Path, name: str, sound: Sound, warn: bool = False) -> Array:
    """The picture of a sound, which must have the rate of ``sound``: (M, T, 1) float32.

    warn: of one that loses its end; ``check_sounds`` has told of those that a reader has.
    """
    with _opened(root, name) as (file, wav):
        _check_rate(name, wav, sound)
        if warn and wav.frames > sound.length:
            said = (
                f"{wav.frames / wav.rate:.2f} s long, of which the first {sound.seconds:g} s count"
            )
            warnings.warn(f"{name}: {said}", stacklevel=2)
        return sound.features(_samples(file, wav, 0, sound.length))


def _check_rate(name, wav, sound):
    if wav.rate != sound.rate:
        expected = f"expected {sound.rate} samples a second, got {wav.rate}"
        raise DataError(name, RATE, f"{expected}; resample it, or take Sound(rate={wav.rate})")


def check_sounds(
    root: Path, files: Mapping[str, Sequence[str]], sounds: Mapping[str, Sound] | None
) -> dict[str, Sound]:
    """The settings of each modality of sounds; looks at the header of every file.

    Raises DataError for a file that cannot be read or has another rate. A warning tells how many
    sounds are longer than the seconds that are kept of them.
    """
    check_mapping("sounds", sounds or {}, "Sound")
    sounds = dict(sounds or {})
    if set(sounds) != set(files):
        raise ModalityError("sounds", files, sounds)
    for m, sound in sounds.items():
        check_kind(f"sounds[{m!r}]", sound, Sound, "a mmref.data.sound.Sound")
        long = [*_longer(root, files[m], sound)]
        if long:
            named = ", ".join(long[:3]) + ", ..." * (len(long) > 3)
            said = f"{len(long)} of {len({*files[m]} - {''})} are longer than {sound.seconds:g} s"
            warnings.warn(f"{m}: {said} and lose their end: {named}", stacklevel=3)
    return sounds


def _longer(root, names, sound):
    for name in dict.fromkeys(filter(None, names)):
        with _opened(root, name) as (_, wav):
            _check_rate(name, wav, sound)
        if wav.frames > sound.length:
            yield f"{name} ({wav.frames / wav.rate:.2f} s)"
