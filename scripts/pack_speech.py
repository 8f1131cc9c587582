"""Pack the names of 200 emoji, spoken by several synthesizers, into ``mmref/data/speech``.

    python scripts/pack_speech.py [--output DIR]

Calls espeak-ng, flite and festival as Debian 12 has them (``PACKAGES``); the output depends on
these and on the packed emoji alone, so a second run writes the same bytes. Minutes. Nothing of
this is needed to use the data. Needs NumPy, SciPy and, to read the versions, dpkg-query.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import wave
import zipfile
from math import gcd
from pathlib import Path

import numpy as np
from pack_emoji import sha256, write_json, write_npz
from scipy.signal import resample_poly

from mmref.data import emoji
from mmref.data.speech import RATE, VOICES, mu_law

PACKAGES = {
    "espeak-ng": "1.51+dfsg-10+deb12u2",
    "espeak-ng-data": "1.51+dfsg-10+deb12u2",
    "libespeak-ng1": "1.51+dfsg-10+deb12u2",
    "flite": "2.2-5",
    "libflite1": "2.2-5",
    "festival": "1:2.5.0-9",
    "festlex-cmu": "2.4-2",
    "festlex-poslex": "2.4-1",
    "festvox-kallpc16k": "2.4-1",
}
COLUMNS = "emoji language voice text pitch pace".split()
OF_EACH = 5  # emoji of each group in each fold
PITCH, PACE = (30, 70), (190, 240)  # espeak-ng's -p and -s, drawn from these, ends included
STRETCH = 0.85  # of the durations that flite and festival choose
PEAK = 0.9  # of each utterance
SILENCE, MARGIN = 0.005, 0.01  # what ends are cut by: the amplitude, and seconds that are left
# espeak-ng's voice cmn reads the Pinyin of Chinese signs as English; this one as Mandarin.
ESPEAK = {"en": "en-us", "zh": "cmn-latn-pinyin"}


def check_versions():
    """Exit unless exactly these versions are installed."""
    for package, version in PACKAGES.items():
        command = ["dpkg-query", "-W", "-f", "${Version}", package]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            sys.exit("dpkg-query is missing: this script needs Debian 12, or a container of it")
        if done.stdout != version:
            sys.exit(f"{package}: expected version {version}, got {done.stdout or 'none'}")


def choose(data):
    """Rows of the emoji: of each group and fold the shortest names, one of each concept.

    English names are one or two words, Chinese ones Chinese signs alone, so that each is read as
    it is written.
    """
    chinese = emoji.load(language="zh").names
    found = {}
    for row in sorted(range(len(data)), key=lambda row: (len(data.names[row]), row)):
        plain = re.fullmatch("[A-Za-z]+( [A-Za-z]+)?", data.names[row])
        if plain and re.fullmatch("[\u4e00-\u9fff]+", chinese[row]):
            part = found.setdefault((data.labels[row], data.folds[row]), {})
            if len(part) < OF_EACH:
                part.setdefault(data.concepts[row], row)
    return sorted(row for part in found.values() for row in part.values())


def command(language, voice, text, pitch, pace, path):
    """The program that speaks the text into a WAV file, and what it is given as its input."""
    engine, name = voice.split("-")
    if engine == "espeak":
        speaker = f"{ESPEAK[language]}+{name}"
        settings = ["-v", speaker, "-p", str(pitch), "-s", str(pace)]
        return ["espeak-ng", *settings, "-b", "1", "-z", "-w", path, text], ""
    if engine == "flite":
        settings = ["-voice", name, "--setf", f"duration_stretch={STRETCH}"]
        return ["flite", *settings, "-t", text, "-o", path], ""
    settings = f"(voice_{name}_diphone) (Parameter.set 'Duration_Stretch {STRETCH})"
    return ["text2wave", "-eval", f"(begin {settings})", "-o", path], text


def speak(row):
    """What a program says: samples in [-1, 1] at RATE, without the silence at its ends."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "spoken.wav")
        arguments, given = command(**{key: row[key] for key in COLUMNS[1:]}, path=path)
        subprocess.run(arguments, input=given.encode(), check=True, capture_output=True)
        with wave.open(path) as file:
            rate, (channels, width) = file.getframerate(), file.getparams()[:2]
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 2**15
    assert (channels, width) == (1, 2)
    if rate != RATE:
        samples = resample_poly(samples, RATE // gcd(rate, RATE), rate // gcd(rate, RATE))
    samples = samples * (PEAK / np.abs(samples).max())
    loud, margin = np.flatnonzero(np.abs(samples) > SILENCE), round(MARGIN * RATE)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]


def table():
    """One record for each utterance: every chosen name by every voice of its language."""
    data, rng = emoji.load(), np.random.default_rng(0)
    names = {language: emoji.load(language=language).names for language in VOICES}
    rows = []
    for language, voices in VOICES.items():
        for voice in voices:
            for row in choose(data):
                record = {"emoji": row, "language": language, "voice": voice}
                record |= {"text": names[language][row], "pitch": None, "pace": None}
                if voice.startswith("espeak"):
                    pitch, pace = (
                        int(rng.integers(*ends, endpoint=True)) for ends in (PITCH, PACE)
                    )
                    record |= {"pitch": pitch, "pace": pace}
                rows.append(record)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = Path(__file__).resolve().parent.parent
    parser.add_argument("--output", type=Path, default=root / "mmref/data/speech")
    output = parser.parse_args().output

    check_versions()
    rows = table()
    codes = [mu_law(speak(row).astype(np.float32)) for row in rows]
    # Differences, modulo 256, take less than the codes themselves, and LZMA less than Deflate.
    steps = np.diff(np.concatenate(codes), prepend=np.uint8(0))
    lengths = np.array([len(part) for part in codes], np.int32)
    output.mkdir(parents=True, exist_ok=True)
    arrays = {"steps": steps, "lengths": lengths}
    write_npz(output / "sounds.npz", arrays, zipfile.ZIP_LZMA)
    write_json(output / "speech.json", rows, COLUMNS)
    packed = ["sounds.npz", "speech.json"]
    sums = "".join(f"{sha256(output / name)}  {name}\n" for name in packed)
    (output / "SHA256SUMS").write_text(sums)
    seconds, size = lengths.sum() / RATE, sum((output / name).stat().st_size for name in packed)
    print(
        f"{len(rows)} utterances, {seconds:.0f} s, {size / 1e6:.2f} MB, in {output}\n{sums}", end=""
    )


if __name__ == "__main__":
    main()
