"""From a WAV file to samples, or one error that names the file."""

import struct
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmref.contract.settings import check_kind, check_mapping
from mmref.data.folders.paths import locate
from mmref.data.sound import Sound
from mmref.errors import DataError, ModalityError
from mmref.types import Array

BROKEN = "unreadable sound"
RATE = "another rate"


def read_sound(root: str | Path, name: str) -> tuple[Array, int]:
    """Read the WAV file ``name`` in the folder ``root``: samples (N,) float32, and their rate.

    8, 16, 24 and 32 bits become -1 to 1; floats stay as they are. Of several channels the mean is
    taken. Nothing is resampled.

    Raises DataError, which names the file: a name that leads outside the root, no such file, one
    that is broken, cut short, empty or no WAV, or samples that are not finite.
    """
    name, path = locate(root, name)
    samples, rate = _opened(name, path, whole=True)
    scaled = samples.astype(np.float32)
    if samples.dtype.kind == "u":
        scaled = (scaled - 128) / 128  # only 8 bits have no sign
    elif samples.dtype.kind == "i":
        scaled /= -float(np.iinfo(samples.dtype).min)
    if not np.isfinite(scaled).all():
        raise DataError(name, BROKEN, "expected finite samples")
    return scaled if scaled.ndim == 1 else scaled.mean(axis=1), rate


def _opened(name, path, whole):
    """Samples (N,) or (N, channels) as the file has them, and the rate; not ``whole`` leaves them
    in the file where it can, which tells their number at once."""
    # SciPy's reader is plain Python over NumPy and knows all these widths; no codec in C parses
    # foreign bytes. Imported here: who has no sounds need not wait for it.
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", wavfile.WavFileWarning)
            warnings.filterwarnings("ignore", "Chunk .non-data. not understood")
            try:
                rate, samples = wavfile.read(path, mmap=not whole)
            except ValueError:
                if whole:
                    raise
                rate, samples = wavfile.read(path)  # 24 bits cannot be left there
    except (Exception, struct.error) as error:  # broken headers raise many kinds of errors
        raise DataError(name, BROKEN, f"{type(error).__name__}: {error}") from error
    if not samples.size:
        raise DataError(name, BROKEN, "no samples")
    return samples, rate


def read_features(root: str | Path, name: str, sound: Sound, warn: bool = False) -> Array:
    """The picture of a sound, which must have the rate of ``sound``: (M, T, 1) float32.

    warn: of one that loses its end; ``check_sounds`` has told of those that a reader has.
    """
    samples, rate = read_sound(root, name)
    _check_rate(name, rate, sound)
    if warn and len(samples) > sound.length:
        said = f"{len(samples) / rate:.2f} s long, of which the first {sound.seconds:g} s count"
        warnings.warn(f"{name}: {said}", stacklevel=2)
    return sound.features(samples)


def _check_rate(name, rate, sound):
    if rate != sound.rate:
        expected = f"expected {sound.rate} samples a second, got {rate}"
        raise DataError(name, RATE, f"{expected}; resample it, or take Sound(rate={rate})")


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
        samples, rate = _opened(name, locate(root, name)[1], whole=False)
        _check_rate(name, rate, sound)
        if len(samples) > sound.length:
            yield f"{name} ({len(samples) / rate:.2f} s)"
