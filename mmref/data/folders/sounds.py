"""From a sound file to samples, or one error that names the file."""

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mmref.contract.settings import check_kind, check_mapping, check_number, check_scale
from mmref.data.folders.joined import is_joined
from mmref.data.folders.paths import locate
from mmref.data.sound import LOUDEST, Sound
from mmref.errors import DataError, ModalityError
from mmref.types import Array

BROKEN = "unreadable sound"
RATE = "another rate"
# libsndfile reads more; of these it is known how it tells that something is missing at the end.
FORMATS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3")
EXPECTED = "expected a whole file of WAV, FLAC, Ogg or MP3"
# Of WAV and Ogg its log tells it; FLAC and MP3 have fewer samples than they promise. The log holds
# 2,048 characters: behind that much of tags and markers, nobody sees that a WAV file was cut.
CUT = re.compile(r"^(data : \d+ \(should be \d+\)|Ogg ?: .*)$", re.M)
NO_LENGTH = 2**63 - 1  # frames of a FLAC file that was written to a pipe
LONGEST = 10**9  # seconds, of which the number of samples is still an integer of 64 bits
BLOCK = 2**18  # samples, of all channels, in memory at once


def read_sound(root: str | Path, name: str, seconds: float | None = None) -> tuple[Array, int]:
    """Read the sound file ``name`` in the folder ``root``: samples (N,) float32, and their rate.

    seconds: what is read, from the start, one sample at least; None reads all. More than that is
        not in memory, however long the file is or says it is, and nothing behind it is looked at.

    WAV in all encodings that libsndfile knows (integers of 8 to 32 bits, floats, mu-law, A-law,
    ADPCM), FLAC, Ogg (Vorbis, Opus) and MP3, whatever the file is called. Integers become -1 to 1;
    floats stay as they are. So do clipped samples, of which nothing is said: a square wave looks
    the same. Of several channels the mean is taken. Nothing is resampled: any rate is read, and
    told.

    Raises DataError, which names the file: a name that leads outside the root, no such file; one
    that is of none of these formats (a text, a picture, samples without a header), has a broken
    header, no samples, or fewer than its header promises, as one that was cut short or written to
    a pipe has; several sounds, one behind the other, once the end of the first, the only one that
    is read, is reached (of Ogg often before); samples that are not finite, or floats beyond 100,
    which are integers that nobody divided. Where no length is promised, as in some MP3 files, the
    end that is there counts. An MP3 that begins without such a promise is not seen behind another.
    TypeError, ValueError: seconds that are no positive number, or more than 10**9.
    """
    if seconds is not None:
        check_scale(seconds=seconds)
        check_number("seconds", seconds, 0, LONGEST, closed=True)
    with _opened(root, name) as file:
        count = file.frames if seconds is None else max(1, round(seconds * file.samplerate))
        return _samples(file, count), file.samplerate


def check_sound(root: Path, name: str) -> None:
    """Raise unless every sample of a file can be read; a block of them is in memory at once."""
    with _opened(root, name) as file:
        for _ in _blocks(file, file.frames):
            pass


@contextmanager
def _opened(root: str | Path, name: str) -> Iterator[Any]:
    """A file with its header read; all that is wrong with it becomes a DataError."""
    import soundfile  # here: a folder without sounds needs no libsndfile

    name, path = locate(root, name)
    try:
        with open(path, "rb") as content:  # not by its path: a suffix would count as a header
            if not os.path.getsize(path):
                raise ValueError("the file is empty")
            with soundfile.SoundFile(content) as file:
                _check_header(file)
                # Else soundfile seeks after each block, to where it is: MP3 goes on elsewhere then.
                file.seekable = lambda: False
                yield file
    except DataError:
        raise
    except (OSError, ValueError) as error:
        raise DataError(name, BROKEN, error) from error
    except (TypeError, soundfile.LibsndfileError) as error:  # TypeError: the file is called .raw
        said = getattr(error, "error_string", error)  # without the path
        raise DataError(name, BROKEN, f"{EXPECTED}: {said}") from error


def _check_header(file):
    if file.format not in FORMATS:
        raise ValueError(f"{EXPECTED}, got {file.format_info}: convert it")
    cut = CUT.search(file.extra_info)
    if cut:  # Ogg tells of a long one behind another as it does of a cut
        _check_alone(file)
    if cut or file.frames == NO_LENGTH:
        seen = f": {cut[0]}" if cut else ""
        raise ValueError(f"cut short, or written without its length{seen}")
    if not file.frames:
        raise ValueError("no samples")


def _samples(file, count):
    return np.concatenate([*_blocks(file, count)])


def _blocks(file, count):
    """The first samples, at most ``count``, in blocks (N,) float32: the mean of the channels."""
    wanted, done = min(count, file.frames), 0
    while done < wanted:
        size = min(BLOCK // file.channels, wanted - done)
        block = file.read(size, dtype="float32", always_2d=True)
        if not len(block):
            promise = f"the header promises {file.frames} samples, and {done} are there"
            raise ValueError(f"cut short: {promise}")
        _check_loudness(block)
        done += len(block)
        yield block.mean(axis=1)
    if done == file.frames:
        _check_alone(file)


def _check_alone(file):
    if is_joined(file.name, file.format):  # its name: what was opened
        raise ValueError("another sound begins where the first ends: expected one in a file")


def _check_loudness(block):
    loudest = np.abs(block).max()
    if not np.isfinite(loudest):
        raise ValueError("expected finite samples")
    if loudest > LOUDEST:
        raise ValueError(f"expected floats from -1 to 1, got one of size {loudest:g}")


def read_features(root: str | Path, name: str, sound: Sound, warn: bool = False) -> Array:
    """The picture of a sound, which must have the rate of ``sound``: (M, T, 1) float32.

    warn: of one that loses its end; ``check_sounds`` has told of those that a reader has.
    """
    with _opened(root, name) as file:
        _check_rate(name, file.samplerate, sound)
        if warn and file.frames > sound.length:
            said = f"{_long(file)} long, of which the first {sound.seconds:g} s count"
            warnings.warn(f"{name}: {said}", stacklevel=2)
        return sound.features(_samples(file, sound.length))


def _check_rate(name, rate, sound):
    if rate != sound.rate:
        expected = f"expected {sound.rate} samples a second, got {rate}"
        raise DataError(name, RATE, f"{expected}; resample it, or take Sound(rate={rate})")


def _long(file):
    return f"{file.frames / file.samplerate:.2f} s"


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
        with _opened(root, name) as file:
            _check_rate(name, file.samplerate, sound)
            if file.frames > sound.length:
                yield f"{name} ({_long(file)})"
