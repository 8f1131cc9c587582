"""The packed speech: checksums, splits, sounds, choices, and the script that packed it."""

import hashlib
import importlib
import json
import re
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from mmref.data import emoji, speech
from mmref.data.sound import Sound
from mmref.data.speech import from_mu_law, mu_law
from mmref.errors import ChoiceError, ShapeError

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def spoken():
    return {language: speech.load(language) for language in speech.VOICES}


@pytest.fixture(scope="module")
def script():
    for needed in ("PIL", "scipy"):
        pytest.importorskip(needed)
    sys.path.insert(0, str(SCRIPTS))
    try:
        yield importlib.import_module("pack_speech")
    finally:
        sys.path.remove(str(SCRIPTS))


# ---- what is packed ----


def test_the_files_have_their_checksums_and_stay_small():
    lines = (speech.FOLDER / "SHA256SUMS").read_text().split("\n")[:-1]
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert set(sums) == {"sounds.npz", "speech.json"}
    for name, expected in sums.items():
        assert hashlib.sha256((speech.FOLDER / name).read_bytes()).hexdigest() == expected
    whole = sum(p.stat().st_size for p in speech.FOLDER.rglob("*") if p.suffix != ".pyc")
    assert whole < 6e6


def test_every_chosen_name_is_spoken_by_every_voice(spoken):
    for language, data in spoken.items():
        voices = tuple(speech.VOICES[language])
        assert len(data) == 200 * len(voices) == len(set(zip(data.voices, data.texts)))
        assert tuple(dict.fromkeys(data.voices)) == voices
        rows = data.emoji.reshape(len(voices), 200)
        assert (rows == rows[0]).all() and (np.diff(rows[0]) > 0).all()


def test_text_picture_and_sound_belong_together(spoken):
    for language, data in spoken.items():
        there = emoji.load(language=language)
        assert data.texts == tuple(there.names[row] for row in data.emoji)
        rows = data.emoji[:200]
        places = np.stack([there.labels[rows], there.folds[rows]], 1)
        assert (np.unique(places, axis=0, return_counts=True)[1] == 5).all()
        assert len({there.concepts[row] for row in rows}) == 200
    assert (spoken["en"].emoji[:200] == spoken["zh"].emoji[:200]).all()


def test_no_split_hears_the_voices_of_another(spoken):
    for language, data in spoken.items():
        heard = {s: set(speech.load(language, s).voices) for s in speech.SPLITS}
        assert all(heard.values()) and sum(map(len, heard.values())) == len(set(data.voices))
    assert not any(v.startswith("flite") for v, s in speech.VOICES["en"].items() if s == "train")


def test_sounds_are_sounds(spoken):
    for data in spoken.values():
        for sound in data.sounds:
            assert sound.dtype == np.float32 and sound.ndim == 1 and not sound.flags.writeable
            assert 0.1 < len(sound) / speech.RATE < 2
            assert 0.88 < np.abs(sound).max() < 0.92 and abs(sound.mean()) < 0.05


def test_settings_are_those_that_espeak_was_given(spoken):
    for data in spoken.values():
        told = np.array([voice.startswith("espeak") for voice in data.voices])
        for values, low, high in ((data.pitches, 30, 70), (data.paces, 190, 240)):
            assert (np.isnan(values) == ~told).all()
            assert values[told].min() == low and values[told].max() == high


def test_pitch_and_pace_are_heard(spoken):
    """A faster voice is sooner done; by more than the words differ."""
    data = spoken["zh"]
    voice = np.array(data.voices) == "espeak-m3"
    signs = np.array([len(text) for text in data.texts])
    seconds = np.array([len(sound) for sound in data.sounds]) / speech.RATE
    two = voice & (signs == 2)
    assert np.corrcoef(data.paces[two], seconds[two])[0, 1] < -0.3


def test_a_name_sounds_alike_in_two_voices_and_unlike_others(spoken):
    """Which of 200 words is it? By the likeness of spectra alone, one voice against another."""
    data = spoken["en"]
    sound = Sound(speech.RATE, 1.0)
    pictures = np.stack([sound.features(part) for part in data.sounds])[..., 0]
    pictures = pictures.reshape(len(data), -1)
    pictures -= pictures.mean(1, keepdims=True)
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    train = np.array(data.splits) == "train"
    test = np.array(data.splits) == "test"
    best = data.emoji[train][(pictures[test] @ pictures[train].T).argmax(1)]
    right = np.mean(best == data.emoji[test])
    assert right > 0.08, right  # by chance .005


# ---- loading ----


def test_choices_take_their_rows():
    test = speech.load("en", "test")
    assert set(test.splits) == {"test"} and set(test.voices) == {"flite-rms"}
    one = speech.load("en", voices=["festival-kal"])
    assert len(one) == 200 and set(one.voices) == {"festival-kal"}
    both = speech.load("en", "train", voices=iter(("espeak-f2", "festival-kal")))
    np.testing.assert_array_equal(both.sounds[200], one.sounds[0])
    assert both.texts[200:] == one.texts


@pytest.mark.parametrize(
    "arguments, listed",
    [
        ({"language": "fr"}, ["language", "'en', 'zh'", "'fr'"]),
        ({"language": ["en"]}, ["language", "'en', 'zh'", "['en']"]),
        ({"split": "dev"}, ["split", "'train', 'validation', 'test'", "'dev'"]),
        ({"voices": "flite-rms"}, ["voices", "not one string", "'flite-awb', 'flite-rms'"]),
        ({"voices": 3}, ["voices", "a sequence of names", "'flite-awb', 'flite-rms'"]),
        ({"voices": ()}, ["voices", "at least one", "'flite-awb', 'flite-rms'"]),
        ({"voices": ("flite-kal",)}, ["voices", "'flite-awb', 'flite-rms'", "'flite-kal'"]),
        ({"split": "train", "voices": ("flite-rms",)}, ["voices", "'festival-kal'; got 'flite"]),
        ({"language": "zh", "voices": ("flite-rms",)}, ["voices", "'espeak-m3'", "'flite-rms'"]),
    ],
)
def test_unknown_choices_are_refused_with_the_choices(arguments, listed):
    with pytest.raises(ChoiceError) as caught:
        speech.load(**arguments)
    for part in listed:
        assert part in str(caught.value)


def test_a_voice_twice_is_refused():
    with pytest.raises(ValueError, match="'flite-rms' twice"):
        speech.load(voices=("flite-rms", "flite-awb", "flite-rms"))


def test_the_sounds_load_without_pickle():
    with np.load(speech.FOLDER / "sounds.npz", allow_pickle=False) as packed:
        assert packed["lengths"].sum() == len(packed["steps"]) and packed["steps"].dtype == np.uint8


def test_the_notices_name_every_source(script):
    notices = speech.FOLDER / "NOTICES"
    readme = (notices / "README.md").read_text()
    for part in ("GNU\nGeneral Public", "Alan W Black", "Carnegie Mellon", "resampled"):
        assert part in readme
    for package, version in script.PACKAGES.items():
        assert package in readme and version in readme
    for name in re.findall(r"`([\w-]+\.txt)`", readme):
        assert "DISCLAIM" in (notices / name).read_text()


# ---- mu-law ----


def test_codes_are_their_own_samples():
    codes = np.arange(256, dtype=np.uint8)
    samples = from_mu_law(codes)
    np.testing.assert_array_equal(mu_law(samples), codes)
    assert samples.dtype == np.float32 and samples[0] == -1 and samples[-1] == 1
    assert (np.diff(samples) > 0).all()
    np.testing.assert_allclose(samples, -samples[::-1], atol=1e-7)
    # G.711's pieces follow the curve: of its codes, by their published steps, none is far.
    published = [((2 * m + 33) * 2**e - 33) / 8031 for e in range(8) for m in range(16)]
    near = np.interp(published, samples[128:], np.arange(128))
    np.testing.assert_allclose(near, np.arange(128), atol=2)


def test_the_error_is_a_share_of_the_sample():
    x = np.random.default_rng(0).uniform(-1, 1, (100, 100))
    x *= 10.0 ** np.random.default_rng(1).uniform(-4, 0, (100, 100))
    error = np.abs(from_mu_law(mu_law(x)) - x)
    assert (error <= np.abs(x) / 45 + 1 / 11000).all()
    np.testing.assert_array_equal(mu_law(np.float32([-3, 3])), [0, 255])


def test_what_is_no_sound_is_refused():
    with pytest.raises(ShapeError, match="^samples: expected floating-point numbers, got int64"):
        mu_law(np.arange(3))
    with pytest.raises(ValueError, match="^samples: "):
        mu_law(np.array([np.nan]))
    with pytest.raises(ShapeError, match="^codes: expected uint8, got int64"):
        from_mu_law(np.arange(3))
    with pytest.raises(TypeError, match="^codes: "):
        from_mu_law([1, 2])


# ---- the script, without the programs that it calls ----


def test_published_rows_are_the_scripts_rows(script):
    records = json.loads((speech.FOLDER / "speech.json").read_text("utf-8"))
    assert script.table() == records


def test_another_version_is_refused(script, monkeypatch):
    monkeypatch.setitem(script.PACKAGES, "espeak-ng", "0.1")
    said = "espeak-ng: expected version 0.1, got|dpkg-query is missing"
    with pytest.raises(SystemExit, match=said):
        script.check_versions()


def test_what_a_program_says_is_cut_scaled_and_resampled(script, monkeypatch):
    def program(arguments, **options):
        time = np.arange(22050) / 22050
        samples = 8000 * np.sin(2 * np.pi * 500 * time) * ((time > 0.3) & (time < 0.8))
        with wave.open(arguments[-1], "wb") as file:
            file.setparams((1, 2, 22050, 0, "NONE", ""))
            file.writeframes(samples.astype("<i2").tobytes())

    monkeypatch.setattr(script.subprocess, "run", program)
    row = {"language": "en", "voice": "festival-kal", "text": "dog", "pitch": None, "pace": None}
    samples = script.speak(row)
    assert abs(len(samples) - 0.52 * 8000) < 40 and np.abs(samples).max() == pytest.approx(0.9)
    assert np.abs(np.fft.rfft(samples)).argmax() / len(samples) * 8000 == pytest.approx(500, abs=3)


def test_programs_get_text_and_settings(script):
    given = {"text": "狗", "pitch": 40, "pace": 200, "path": "a.wav"}
    arguments, said = script.command(language="zh", voice="espeak-f2", **given)
    assert "cmn-latn-pinyin+f2" in arguments and arguments[-1] == "狗" and not said
    arguments, said = script.command(language="en", voice="flite-rms", **given | {"text": "dog"})
    assert arguments[0] == "flite" and "dog" in arguments and not said
    arguments, said = script.command(language="en", voice="festival-kal", **given | {"text": "dog"})
    assert arguments[0] == "text2wave" and said == "dog"
