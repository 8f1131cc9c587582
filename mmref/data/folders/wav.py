"""WAV files: what the header says, and as many samples as are asked for.

Plain Python over NumPy: no codec in C parses foreign bytes, and of a file of hours only what is
wanted is read, at any width.
"""

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from mmref.types import Array

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
WIDTHS = {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}  # bytes of a sample
OTHERS = {  # how other files begin
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
    b"\xff\xfb": "MP3",
    b"FORM": "AIFF",
    b"RF64": "RF64, a WAV file of over 4 GB",
    b"RIFX": "RIFX, a WAV file in another order of bytes",
}
ENCODINGS = {2: "ADPCM", 6: "A-law", 7: "mu-law", 0x55: "MP3"}  # other formats in WAV files
MOST_CHUNKS = 1000  # before the sound


@dataclass(frozen=True)
class Wav:
    """What a header says: rate, channels, PCM or FLOAT, bytes of a sample, the number of frames
    (a sample of each channel), and where they start in the file."""

    rate: int
    channels: int
    kind: int
    width: int
    frames: int
    start: int


def read_header(file: BinaryIO) -> Wav:
    """Read up to the first sample; ValueError, which says why, where there is none to come."""
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        other = [name for start, name in OTHERS.items() if head.startswith(start)]
        advice = f"{other[0]}: convert it to WAV" if other else f"the first bytes {head[:4]!r}"
        raise ValueError(f"expected a WAV file, got {advice}" if head else "the file is empty")
    told = None
    for _ in range(MOST_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        if name == b"data":
            if told is None:
                raise ValueError("broken header: samples come before their format")
            return _with_samples(told, file, size)
        if name == b"fmt ":
            told = _format(file.read(min(size, 40)))
            size -= min(size, 40)
        file.seek(size + (size & 1), os.SEEK_CUR)  # chunks begin at even bytes
    raise ValueError("broken header: no samples in it, or cut short")


def _format(content):
    """(encoding, channels, rate, width) of a format chunk."""
    if len(content) < 16:
        raise ValueError("broken header: cut short")
    kind, channels, rate, _, block, bits = struct.unpack("<HHIIHH", content[:16])
    if kind == EXTENSIBLE and len(content) >= 26:
        kind = int.from_bytes(content[24:26], "little")
    if kind not in WIDTHS:
        got = ENCODINGS.get(kind, f"the encoding {kind}")
        raise ValueError(f"expected integers (PCM) or floats, got {got}: convert it to PCM")
    width = bits // 8
    if not (rate and channels) or bits % 8 or width not in WIDTHS[kind]:
        raise ValueError(f"broken header: {channels} channels, {rate} a second, {bits} bits each")
    if block != channels * width:
        raise ValueError(f"broken header: {block} bytes for {channels} channels of {bits} bits")
    return kind, channels, rate, width


def _with_samples(told, file, size):
    kind, channels, rate, width = told
    start = file.tell()
    there = file.seek(0, os.SEEK_END) - start
    if size > there:
        promise = f"the header promises {size} bytes of sound, and {there} are there"
        raise ValueError(f"cut short, or written without its length: {promise}")
    frames = size // (channels * width)
    if not frames:
        raise ValueError("no samples")
    return Wav(rate, channels, kind, width, frames, start)


def read_samples(file: BinaryIO, wav: Wav, start: int, count: int) -> Array:
    """The frames from ``start`` on, at most ``count`` of them: (N, channels) float32.

    Integers of b bits are divided by 2^(b - 1); only those of 8 bits have no sign, and 128 is
    their zero. Floats stay as they are.
    """
    frame = wav.channels * wav.width
    file.seek(wav.start + start * frame)
    content = file.read(max(0, min(count, wav.frames - start)) * frame)
    if wav.kind == FLOAT:
        with np.errstate(over="ignore"):  # what 32 bits cannot hold is infinite
            samples = np.frombuffer(content, f"<f{wav.width}").astype(np.float32)
    elif wav.width == 1:
        samples = (np.frombuffer(content, "u1").astype(np.float32) - 128) / 128
    else:  # NumPy has no integers of 24 bits: all become the upper bytes of 32
        whole = np.zeros((len(content) // wav.width, 4), "u1")
        whole[:, 4 - wav.width :] = np.frombuffer(content, "u1").reshape(-1, wav.width)
        samples = whole.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
    return samples.reshape(-1, wav.channels)
