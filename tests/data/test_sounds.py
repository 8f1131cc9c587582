"""Sounds of a folder as the picture of the formula; nothing is silently changed."""

import dataclasses
import json
import warnings

import numpy as np
import pytest

pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")

from mmref.data import folders  # noqa: E402
from mmref.data.folders import Sound, read_sound  # noqa: E402
from mmref.errors import DataError, ModalityError  # noqa: E402
from tests.data.own_folder import told, write  # noqa: E402

RATE = 8000
MUCH = "seconds, hop, window: expected "
SOUND = Sound(rate=RATE, seconds=0.5, mels=16)


def sine(hertz, seconds=0.5, rate=RATE):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype("float32")


def folder_of(root, table="a.wav,high\nb.wav,low\n", **files):
    """A folder of sounds alone; the given ones instead of, or beside, a high and a low one."""
    root.mkdir(exist_ok=True)
    for name, samples in ({"a": sine(2000), "b": sine(200)} | files).items():
        soundfile.write(root / f"{name}.wav", samples, RATE, "FLOAT")
    return write(root, "recording,label\n" + table, pictures=())


def load(root, **options):
    options = {"sounds": {"voice": "recording"}, "label": "label"} | options
    return folders.load(root, image=None, text=None, **options)


def reader(data, sound=SOUND, **options):
    return folders.Reader(data, None, None, sounds={"voice": sound}, **options)


# ---- files ----


def broken(root):
    whole = (root / "a.wav").read_bytes()
    rows = {
        "cut.wav": whole[:300],
        "empty.wav": b"",
        "text.wav": b"no sound at all",
        "head.wav": whole[:44],
    }
    for name, content in rows.items():
        (root / name).write_bytes(content)
    soundfile.write(root / "nan.wav", np.float32([0, np.nan]), RATE, "FLOAT")
    return [*rows, "nan.wav"]


def test_broken_files_are_named_or_left_out(tmp_path):
    root = folder_of(tmp_path)
    for name in broken(root):
        assert told(read_sound, root, name).startswith(f"{name}: unreadable sound: ")
    assert told(read_sound, root, "no.wav").startswith("no.wav: missing file")
    table = "a.wav,x\nb.wav,y\ncut.wav,x\nno.wav,y\n"
    folder_of(tmp_path, table)
    with pytest.warns(UserWarning, match="2 of 4 rows .* left out"):
        data = load(root, on_error="skip")
    assert data.report.counts == {"missing file": 1, "unreadable sound": 1} and len(data) == 2
    assert told(load, root, on_error="error").startswith("no.wav: missing file")


def test_another_rate_is_refused_before_the_training(tmp_path):
    root = folder_of(tmp_path)
    soundfile.write(root / "b.wav", sine(200, rate=16000), 16000)
    assert told(reader, load(root)) == (
        "b.wav: another rate: expected 8000 samples a second, got 16000; resample it, or take "
        "Sound(rate=16000)"
    )


def test_what_loses_its_end_is_counted_and_named(tmp_path):
    root = folder_of(tmp_path, "a.wav,x\nb.wav,y\nc.wav,y\n", c=sine(300, 0.75))
    data = load(root)
    with pytest.warns(UserWarning) as said:
        cut = reader(data).batch(0, 0)[0]["voice"]
    assert [str(w.message) for w in said] == [
        "voice: 1 of 3 are longer than 0.5 s and lose their end: c.wav (0.75 s)"
    ]
    np.testing.assert_array_equal(cut[2], SOUND.features(sine(300, 0.5)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reader(data, dataclasses.replace(SOUND, seconds=0.75))


def test_an_absent_sound_is_an_absent_modality(tmp_path):
    root = folder_of(tmp_path, "a.wav,x\n,y\nno.wav,x\n")
    table = (
        (root / "captions.csv").read_text().replace("label", "label,price").replace("x\n", "x,1\n")
    )
    (root / "captions.csv").write_text(table.replace("y\n", "y,2\n"))
    data = load(root, numbers=["price"], missing="keep")
    assert data.present["voice"].tolist() == [True, False, False]
    assert data.report.absent["voice"] == [
        "captions.csv, line 3",
        "captions.csv, line 4: no.wav not found",
    ]
    inputs, _ = reader(data, table=folders.Table.fit(data)).batch(0, 0)
    assert inputs["present"]["voice"].tolist() == [True, False, False]
    assert inputs["voice"].shape == (3, *SOUND.size, 1)
    assert inputs["voice"][0].any() and not inputs["voice"][1:].any()


def test_settings_and_data_belong_together(tmp_path):
    data = load(folder_of(tmp_path))
    said = told(folders.Reader, data, None, None, error=ModalityError)
    assert said.startswith("sounds: expected the modalities ['voice'], got []")
    wrong = {"voice": 8000}
    said = told(folders.Reader, data, None, None, sounds=wrong, error=TypeError)
    assert said.startswith("sounds['voice']: expected a mmref.data.sound.Sound")
    for sounds, what in (
        ({"text": "recording"}, "sounds: expected names other than"),
        ({"": "recording"}, "sounds: expected names other than"),
    ):
        assert told(load, tmp_path, sounds=sounds, error=ValueError).startswith(what)
    twice = {"more_images": {"voice": "recording"}}
    said = told(load, tmp_path, **twice, error=ValueError)
    assert said == "more_images, sounds: expected each name once, got ['voice']"
    said = told(load, tmp_path, sounds={"voice": "wav"})
    assert "malformed header: expected ['wav'] once" in said and "here by sounds=" in said
    parts = load(folder_of(tmp_path)).take([1])
    assert parts.sounds == {"voice": ("b.wav",)} and len(parts) == 1


# ---- the formula ----


def test_features_are_those_of_another_transform():
    """SciPy's short-time Fourier transform; the filters written anew, one number at a time."""
    signal = pytest.importorskip("scipy.signal")
    sound = Sound(rate=16000, seconds=1.0)
    samples = np.random.default_rng(0).uniform(-1, 1, 16000).astype("float32")
    (bands, frames), size, hop = sound.size, 512, 256
    padded = np.concatenate([samples, np.zeros((frames - 1) * hop + size - 16000, "float32")])
    made = signal.stft(padded, 16000, "hann", size, size - hop, boundary=None, padded=False)[2]
    power = (2 * np.abs(made)) ** 2  # SciPy divides by the window's sum
    assert power.shape == (257, frames) and bands == 40
    mel = lambda f: 2595 * np.log10(1 + f / 700)  # noqa: E731
    corners = [700 * (10 ** (mel(8000) * i / 41 / 2595) - 1) for i in range(42)]
    expected = np.zeros((40, frames))
    for m in range(40):
        low, middle, high = corners[m : m + 3]
        for k in range(257):
            f = k * 16000 / 512
            if low < f <= middle:
                expected[m] += (f - low) / (middle - low) * power[k]
            elif middle < f < high:
                expected[m] += (high - f) / (high - middle) * power[k]
    expected = 1 + np.log10(np.maximum(expected, 1e-8)) / 8
    np.testing.assert_allclose(sound.features(samples)[..., 0], expected, atol=1e-5)


@pytest.mark.parametrize("hertz", [200, 1000, 3000])
def test_a_sine_stands_in_its_band_at_its_strength(hertz):
    sound = Sound(rate=RATE, seconds=1.0)
    picture = sound.features(sine(hertz, 1.0))[..., 0]
    mels = 2595 * np.log10(1 + np.array([hertz, RATE / 2]) / 700)
    assert abs(picture[:, 5].argmax() + 1 - mels[0] / mels[1] * 41) < 1
    quieter = sound.features(0.1 * sine(hertz, 1.0))[..., 0]
    loud = picture[:, 5].max()
    assert 0.95 < loud < 1.05 and abs(loud - quieter[:, 5].max() - 20 / 80) < 1e-5
    assert not sound.features(np.zeros(9, "float32")).any()  # silence is what an absent one is
    half = sound.features(sine(hertz, 0.5))[..., 0]
    assert not half[:, 40:].any() and half[:, 20].max() > 0.9  # a short one ends in silence


@pytest.mark.parametrize("size", [32767, 1e200])
def test_samples_that_a_file_may_not_have_are_refused(size):
    with pytest.raises(ValueError, match="^samples: expected floats from -1 to 1, got"):
        SOUND.features(size * sine(200).astype(float))


def test_settings_without_sense_are_refused():
    for options, error, message in (
        ({"rate": 0}, ValueError, "rate: expected an integer, at least 1, got 0"),
        ({"rate": 8000.0}, TypeError, "rate: expected an integer"),
        ({"seconds": -1}, ValueError, "seconds: expected a positive number, got -1"),
        ({"window": 1e-5}, ValueError, "seconds, hop, window: expected seconds and hop"),
        ({"seconds": 10**400}, ValueError, "seconds: expected a positive number, got 1000"),
        ({"seconds": 1e308}, ValueError, MUCH + "268435456 samples at most"),
        ({"window": 1e12}, ValueError, MUCH + "268435456 samples at most"),
        ({"hop": 1e300}, ValueError, MUCH + "268435456 samples at most"),
        ({"seconds": 2e4}, ValueError, MUCH + "a spectrogram of 268435456 numbers at most"),
        ({"window": 3.0}, ValueError, MUCH + "a spectrogram of 268435456 numbers at most"),
        ({"mels": 400}, ValueError, "mels: expected fewer, or a longer window than 256 samples"),
    ):
        said = told(Sound, **{"rate": 8000, "seconds": 1.0} | options, error=error)
        assert said.startswith(message)
    numpys = Sound(np.int16(8000), np.float32(0.5), np.int8(16))
    assert numpys == SOUND and Sound.from_json(json.loads(json.dumps(numpys.to_json()))) == SOUND
    assert Sound.from_json(SOUND.to_json()) == SOUND and SOUND.size == (16, 32)
    with pytest.raises(ValueError, match="^sound: expected the keys"):
        Sound.from_json({"rate": 8000})
    with pytest.raises(DataError, match="outside the folder"):
        read_sound(".", "../a.wav")
