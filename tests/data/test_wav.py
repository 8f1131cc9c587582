"""Sound files as people have them: other formats, broken, empty, stereo, fast, loud and endless."""

import struct
import tracemalloc
import warnings

import numpy as np
import pytest

pytest.importorskip("PIL.Image")
wavfile = pytest.importorskip("scipy.io.wavfile")

from mmref.data.folders import Reader, Sound, load, read_sound  # noqa: E402
from mmref.data.folders.sounds import check_sound, read_features  # noqa: E402
from tests.data.own_folder import told  # noqa: E402

SECOND = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)


def wav(data, kind=1, channels=1, rate=8000, bits=16, block=None, promise=None, before=b""):
    """The bytes of a WAV file with this header, right or wrong."""
    block = channels * bits // 8 if block is None else block
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    promise = len(data) if promise is None else promise
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", promise) + data
    return b"RIFF" + struct.pack("<I", min(len(body), 2**32 - 1)) + body


def whole(samples):
    return np.round(samples * 32767).astype("<i2").tobytes()


GOOD = wav(whole(SECOND))
# What a file holds, and what is said of it.
BROKEN = {
    "empty.wav": (b"", "the file is empty"),
    "letter.wav": (b"RI", "expected a WAV file, got the first bytes b'RI'"),
    "text.wav": (b"no sound at all", "expected a WAV file, got the first bytes b'no s'"),
    "avi.wav": (b"RIFF\0\0\0\0AVI LIST", "expected a WAV file, got the first bytes b'RIFF'"),
    "a.flac": (b"fLaC" + bytes(50), "expected a WAV file, got FLAC: convert it to WAV"),
    "a.ogg": (b"OggS" + bytes(50), "expected a WAV file, got Ogg: convert it to WAV"),
    "a.mp3": (b"ID3" + bytes(50), "expected a WAV file, got MP3: convert it to WAV"),
    "bare.mp3": (b"\xff\xfb\x90" + bytes(50), "expected a WAV file, got MP3: convert it to WAV"),
    "rf64.wav": (b"RF64" + GOOD[4:], "expected a WAV file, got RF64, a WAV file of over 4 GB: "),
    "rifx.wav": (b"RIFX" + GOOD[4:], "expected a WAV file, got RIFX, a WAV file in another order"),
    "head.wav": (GOOD[:12], "broken header: no samples in it, or cut short"),
    "short.wav": (GOOD[:24], "broken header: cut short"),
    "nodata.wav": (GOOD[:36], "broken header: no samples in it, or cut short"),
    "none.wav": (wav(b""), "no samples"),
    "half.wav": (wav(b"\0"), "no samples"),
    "cut.wav": (
        GOOD[:300],
        "cut short, or written without its length: the header promises 16000 bytes of sound, and "
        "256 are there",
    ),
    "piped.wav": (
        wav(whole(SECOND), promise=2**32 - 1),
        "cut short, or written without its length: the header promises 4294967295 bytes of sound, "
        "and 16000 are there",
    ),
    "chunk.wav": (GOOD[:12] + b"LIST\xff\xff\xff\xff" + GOOD[12:], "broken header: no samples"),
    "chunks.wav": (GOOD[:12] + b"junk\0\0\0\0" * 1000 + GOOD[12:], "broken header: no samples"),
    "order.wav": (b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", "broken header: samples come before"),
    "mulaw.wav": (
        wav(bytes(9), kind=7, bits=8),
        "expected integers (PCM) or floats, got mu-law: convert it to PCM",
    ),
    "kind.wav": (
        wav(bytes(9), kind=99, bits=8),
        "expected integers (PCM) or floats, got the encoding 99: convert it to PCM",
    ),
    "rate.wav": (wav(bytes(8), rate=0), "broken header: 1 channels, 0 a second, 16 bits each"),
    "mute.wav": (wav(bytes(8), channels=0), "broken header: 0 channels"),
    "bits.wav": (wav(bytes(8), bits=12), "broken header: 1 channels, 8000 a second, 12 bits"),
    "wide.wav": (wav(bytes(8), bits=64), "broken header: 1 channels, 8000 a second, 64 bits"),
    "block.wav": (wav(bytes(8), block=3), "broken header: 3 bytes for 1 channels of 16 bits"),
    "nan.wav": (
        wav(np.float32([0, np.nan]).tobytes(), kind=3, bits=32),
        "expected finite samples",
    ),
    "infinite.wav": (
        wav(np.float64([0, 1e300]).tobytes(), kind=3, bits=64),
        "expected finite samples",
    ),
    "onenan.wav": (
        wav(np.float32([[0, 0], [np.inf, -np.inf]]).tobytes(), kind=3, channels=2, bits=32),
        "expected finite samples",
    ),
    "loud.wav": (
        wav(np.float32([0, 32767]).tobytes(), kind=3, bits=32),
        "expected floats from -1 to 1, got one of size 32767",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_sound_ends_in_one_error_that_names_it(tmp_path, name):
    content, message = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for read in (read_sound, check_sound):
            said = told(read, tmp_path, name)
            assert said.startswith(f"{name}: unreadable sound: {message}"), said


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_sound_is_left_out_or_becomes_a_gap(tmp_path, name):
    (tmp_path / name).write_bytes(BROKEN[name][0])
    (tmp_path / "good.wav").write_bytes(GOOD)
    table = f"recording,caption\ngood.wav,one\n{name},two\n"
    (tmp_path / "captions.csv").write_text(table)
    options = {"image": None, "sounds": {"voice": "recording"}, "on_error": "skip"}
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        data = load(tmp_path, **options)
    assert data.texts == ("one",) and data.report.counts == {"unreadable sound": 1}
    kept = load(tmp_path, **options, missing="keep")
    assert kept.present["voice"].tolist() == [True, False]


def test_a_folder_in_the_place_of_a_sound(tmp_path):
    (tmp_path / "a.wav").mkdir()
    assert told(read_sound, tmp_path, "a.wav").startswith("a.wav: ")


def test_what_stands_before_and_behind_the_sound_is_passed_over(tmp_path):
    odd = b"LIST\3\0\0\0abc\0" + b"fact\4\0\0\0\0\0\0\0"
    (tmp_path / "a.wav").write_bytes(wav(whole(SECOND), before=odd) + b"id3 \2\0\0\0xy")
    np.testing.assert_array_equal(read_sound(tmp_path, "a.wav")[0], whole_read(tmp_path))
    (tmp_path / "b.wav").write_bytes(wav(whole(SECOND) + b"\1"))  # half a sample at the end
    np.testing.assert_array_equal(read_sound(tmp_path, "b.wav")[0], whole_read(tmp_path))


def whole_read(root):
    (root / "good.wav").write_bytes(GOOD)
    return read_sound(root, "good.wav")[0]


def test_the_extensible_header_holds_integers_and_floats(tmp_path):
    for kind, samples in ((1, whole(SECOND)), (3, SECOND.astype("<f4").tobytes())):
        bits = 16 if kind == 1 else 32
        head = struct.pack("<HHIIHH", 0xFFFE, 1, 8000, 8000 * bits // 8, bits // 8, bits)
        head += struct.pack("<HHI", 22, bits, 4) + struct.pack("<H", kind) + bytes(14)
        body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
        body += b"data" + struct.pack("<I", len(samples)) + samples
        (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
        np.testing.assert_allclose(read_sound(tmp_path, "a.wav")[0], SECOND, atol=1e-4)


def test_of_several_channels_the_mean_is_taken(tmp_path):
    left, right = SECOND * 0.5, SECOND[::-1] * 0.25
    both = np.stack([left, right, left], 1).astype("float32")
    wavfile.write(tmp_path / "a.wav", 8000, both)
    samples, _ = read_sound(tmp_path, "a.wav")
    np.testing.assert_allclose(samples, both.mean(1), atol=1e-7)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_any_rate_is_read_and_none_is_resampled(tmp_path, rate):
    samples = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype("float32")
    wavfile.write(tmp_path / "a.wav", rate, samples)
    read, told_rate = read_sound(tmp_path, "a.wav")
    assert told_rate == rate
    np.testing.assert_array_equal(read, samples)
    picture = read_features(tmp_path, "a.wav", Sound(rate=rate, seconds=1.0))
    assert picture.shape[0] == 40 and 0.85 < picture.max() < 1.0
    other = Sound(rate=rate + 1, seconds=1.0)
    assert told(read_features, tmp_path, "a.wav", other) == (
        f"a.wav: another rate: expected {rate + 1} samples a second, got {rate}; resample it, or "
        f"take Sound(rate={rate})"
    )


def test_clipped_and_overdriven_samples_stay_as_they_are(tmp_path):
    clipped = np.clip(5 * SECOND, -1, 1)
    (tmp_path / "a.wav").write_bytes(wav(whole(clipped)))
    wavfile.write(tmp_path / "b.wav", 8000, (3 * SECOND).astype("float32"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(read_sound(tmp_path, "a.wav")[0], clipped, atol=1e-4)
        np.testing.assert_allclose(read_sound(tmp_path, "b.wav")[0], 3 * SECOND, rtol=1e-6)


def test_silence_is_a_sound(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(bytes(1600)))
    check_sound(tmp_path, "a.wav")
    assert not read_features(tmp_path, "a.wav", Sound(rate=8000, seconds=0.1)).any()


@pytest.mark.parametrize(("bits", "channels"), [(16, 1), (24, 2)])
def test_of_hours_only_the_first_seconds_are_in_memory(tmp_path, bits, channels):
    """Files of 2 GB with holes; what is not read takes no room on the disk either."""
    frame = channels * bits // 8
    frames = 2 * 10**9 // frame
    start = wav(bytes(0), channels=channels, rate=48000, bits=bits, promise=frames * frame)
    with open(tmp_path / "a.wav", "wb") as file:
        file.write(start + b"\x10" * (frame * 48000))
        file.truncate(len(start) + frames * frame)
    sound = Sound(rate=48000, seconds=1.5)
    tracemalloc.start()
    try:
        samples, rate = read_sound(tmp_path, "a.wav", seconds=1.5)
        (tmp_path / "captions.csv").write_text("recording\na.wav\n")
        data = load(tmp_path, image=None, text=None, sounds={"voice": "recording"})
        with pytest.warns(UserWarning, match=r"a\.wav \(\d{4,5}\.\d\d s\)"):
            reader = Reader(data, None, None, sounds={"voice": sound})
        picture = reader.batch(0, 0)["voice"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(samples) == 72000 and samples[:48000].all() and not samples[48000:].any()
    assert picture.any() and peak < 30e6


def test_a_whole_file_is_looked_at_in_blocks(tmp_path):
    frames = 5 * 10**6
    start = wav(bytes(0), kind=3, bits=32, promise=4 * frames)
    with open(tmp_path / "a.wav", "wb") as file:
        file.write(start)
        file.truncate(len(start) + 4 * frames)
        tracemalloc.start()
        try:
            check_sound(tmp_path, "a.wav")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 5e6
        file.seek(-4, 2)
        file.write(np.float32(np.nan).tobytes())
    assert told(check_sound, tmp_path, "a.wav") == (
        "a.wav: unreadable sound: expected finite samples"
    )
    assert len(read_sound(tmp_path, "a.wav", seconds=1)[0]) == 8000  # nobody looked there


@pytest.mark.parametrize(
    ("seconds", "error"), [(0, ValueError), (-1, ValueError), ("1", TypeError)]
)
def test_seconds_are_a_positive_number(tmp_path, seconds, error):
    whole_read(tmp_path)
    said = told(read_sound, tmp_path, "good.wav", seconds, error=error)
    assert said.startswith("seconds: expected a positive number, got")
    assert len(read_sound(tmp_path, "good.wav", 99)[0]) == 8000
