"""Sounds as log-mel spectrograms, which an image encoder reads."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from mmref.contract.arrays import check_each, check_finite, check_floats, check_shape
from mmref.contract.settings import check_counts, check_mapping, check_scale
from mmref.types import Array, Pair

QUIETEST = 1e-8  # of a full sine's power: 80 decibels below
LOUDEST = 100  # floats go from -1 to 1, overdriven ones a little beyond; integers far beyond
LARGEST = 2**28  # numbers of float64, 2 GiB: of a spectrogram, or of the waves of a window


@dataclass(frozen=True)
class Sound:
    """How a sound becomes a picture of M mel bands and T frames.

    rate: samples a second. seconds: what is kept of a sound, from its start; a shorter one is
        followed by silence. mels: M. window, hop: of a frame and from one to the next, in seconds.

    Formula
        Frame t of the samples x, with N samples in a window and h in a hop, Hann's window
        w_n = (1 - cos(2 pi n / N)) / 2, and filters F (M, N / 2 + 1):

        P_tk = |sum_n w_n x_(th + n) exp(-2 pi i k n / N)|^2 / (sum_n w_n / 2)^2
        s_mt = 1 + log10(max(sum_k F_mk P_tk, 1e-8)) / 8

        Filter m is a triangle over the frequencies, 1 at its middle and 0 at the middles of its
        neighbors: ``mel_filters``, which with ``power_spectrogram`` and ``log_mel`` stands in
        ``mmref.reference.audio``. The middles are equally far apart from 0 to rate / 2 in mels,
        mel(f) = 2595 log10(1 + f / 700) (O'Shaughnessy, Speech Communication, 1987).

    So 0 is silence, 1 a sine at full scale, and 1/8 stands for 10 decibels. T is the number of hops
    in ``seconds``, rounded up to a multiple of 8, so that three blocks of an ``ImageEncoder`` can
    halve it: ``ImageEncoder(sound.size, in_channels=1)``. A mel is the HTK toolkit's.

    Errors
        TypeError, ValueError: settings that are no positive numbers, a window of less than two
        samples, so many mels that no frequency falls into one of them, or so many samples that
        their spectrogram would fill 2 GiB: more than four hours at 8,000 a second.

    >>> sound = Sound(rate=8000, seconds=1.0)
    >>> sound.size
    (40, 64)
    >>> sine = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> picture = sound.features(sine.astype(np.float32))
    >>> picture.shape, int(picture[:, 0, 0].argmax())
    ((40, 64, 1), 18)
    """

    rate: int
    seconds: float
    mels: int = 40
    window: float = 0.032
    hop: float = 0.016

    def __post_init__(self) -> None:
        check_counts(rate=self.rate, mels=self.mels)
        check_scale(seconds=self.seconds, window=self.window, hop=self.hop)
        for field in fields(self):  # NumPy's numbers too: to_json, and no overflow in 16 bits
            kind = int if field.name in ("rate", "mels") else float
            object.__setattr__(self, field.name, kind(getattr(self, field.name)))
        if max(self.seconds, self.hop, self.window) * self.rate > LARGEST:
            self._refuse(f"{LARGEST} samples at most")
        if min(self.length, self._window / 2, self._hop) < 1:
            self._refuse("seconds and hop of a sample at least, window of two")
        if max(self.size[1], self._window) * (self._window + 2) > LARGEST:
            self._refuse(f"a spectrogram of {LARGEST} numbers at most")
        _ = self.filters  # raises where a band would hear nothing

    def _refuse(self, expected):
        said = f"expected {expected} at rate={self.rate}, got {self}"
        raise ValueError(f"seconds, hop, window: {said}")

    @property
    def length(self) -> int:
        """The number of samples that are kept."""
        return round(self.seconds * self.rate)

    @property
    def size(self) -> Pair:
        """(M, T), the size of the picture."""
        return self.mels, 8 * -(-self.length // (8 * self._hop))

    @property
    def _window(self):
        return round(self.window * self.rate)

    @property
    def _hop(self):
        return round(self.hop * self.rate)

    @cached_property
    def filters(self) -> Array:
        """F (M, N / 2 + 1): the share of each frequency in each band."""
        from mmref.reference.audio import mel_filters

        return mel_filters(self.rate, self._window, self.mels)

    def features(self, samples: Array) -> Array:
        """The picture (M, T, 1) float32 of samples (N,), floats from -1 to 1; low bands first.

        A ValueError for samples that are not finite, or beyond 100: integers that nobody divided.
        """
        # Imported here: a wing, which reads folders, does without the reference.
        from mmref.reference.audio import log_mel, power_spectrogram

        check_floats("samples", samples, np.ndarray)
        check_shape("samples", samples, "N")
        check_finite("samples", samples)
        loud = np.abs(samples) > LOUDEST
        check_each("samples", samples, "floats from -1 to 1", ~loud)
        frames, kept = self.size[1], samples[: self.length]
        whole = np.zeros((frames - 1) * self._hop + self._window)
        kept = kept[: len(whole)]
        whole[: len(kept)] = kept
        power = power_spectrogram(whole[None], self._window, self._hop)[0]  # (T, N / 2 + 1)
        bands = log_mel(power / (self._window / 4) ** 2, self.filters, QUIETEST)  # (T, M)
        return (1 + bands.T / (8 * np.log(10))).astype(np.float32)[..., None]

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold, and ``from_json`` makes it of again."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The settings that ``to_json`` wrote.

        Errors
            TypeError, ValueError: anything else.
        """
        check_mapping("sound", content, "number")
        if set(content) != set(cls.__dataclass_fields__):
            expected = [*cls.__dataclass_fields__]
            raise ValueError(f"sound: expected the keys {expected}, got {sorted(content)}")
        return cls(**content)
