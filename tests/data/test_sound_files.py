"""Sound files as people have them: of all kinds, broken, empty, stereo, fast, loud and endless."""

import io
import struct
import tracemalloc
import warnings

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")

from mmref.data.folders import Reader, Sound, load, read_sound, sounds  # noqa: E402
from mmref.data.folders.sounds import check_sound, read_features  # noqa: E402
from tests.data.own_folder import told  # noqa: E402

SECOND = (0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype("float32")


def written(samples=SECOND, kind="WAV", encoding=None, rate=8000):
    """The bytes of a file."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, encoding, format=kind)
    return file.getvalue()


def picture():
    file = io.BytesIO()
    Image.new("RGB", (40, 40)).save(file, "PNG")
    return file.getvalue()


def flac(frames):
    """A second whose header promises another number of samples, 0 for an unknown one: 36 bits."""
    content = bytearray(written(kind="FLAC"))
    start = int.from_bytes(content[18:26], "big") >> 36 << 36
    content[18:26] = (start | frames).to_bytes(8, "big")
    return bytes(content)


def wav(data, kind=1, channels=1, rate=8000, bits=16, promise=None, before=b""):
    """The bytes of a WAV file with this header, right or wrong."""
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", len(data) if promise is None else promise) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


GOOD, LONG = written(), np.tile(SECOND, 30)
WHOLE = "expected a whole file of WAV, FLAC, Ogg or MP3"
CUT = "cut short, or written without its length"
TWO = "another sound begins where the first ends: expected one in a file"
# What a file holds, and what is said of it.
BROKEN = {
    "empty.wav": (b"", "the file is empty"),
    "text.wav": (b"no sound at all\n" * 100, f"{WHOLE}: Format not recognised."),
    "picture.wav": (picture(), f"{WHOLE}: Format not recognised."),
    "a.raw": (bytes(100), f"{WHOLE}: samplerate must be specified"),
    "a.vox": (bytes(3000), f"{WHOLE}: Format not recognised."),
    "a.aiff": (written(kind="AIFF"), f"{WHOLE}, got AIFF (Apple/SGI): convert it"),
    "no data.wav": (GOOD[:36], f"{WHOLE}: Error in WAV file. No 'data' chunk marker."),
    "order.wav": (b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", f"{WHOLE}: Error in WAV"),
    "encoding.wav": (wav(bytes(9), kind=99, bits=8), f"{WHOLE}: Error in WAV"),
    "rate.wav": (wav(bytes(8), rate=0), f"{WHOLE}: "),
    "channels.wav": (wav(bytes(8), channels=0), f"{WHOLE}: Channel count is zero."),
    "none.wav": (wav(b""), "no samples"),
    "half.wav": (wav(b"\0"), "no samples"),
    "cut.wav": (GOOD[:300], f"{CUT}: data : 16000 (should be 256)"),
    "cut law.wav": (written(encoding="ULAW")[:300], f"{CUT}: data : 8000 (should be 242)"),
    "piped.wav": (
        wav(GOOD[44:], promise=2**32 - 1),
        f"{CUT}: data : 4294967295 (should be 16000)",
    ),
    "cut.flac": (written(kind="FLAC")[:-1], f"{WHOLE}: Error : flac decoder lost sync."),
    "half.flac": (written(LONG, "FLAC")[:90000], f"{WHOLE}: Error : flac decoder lost sync."),
    "piped.flac": (flac(0), CUT),
    "hours.flac": (
        flac(10**10),
        "cut short: the header promises 10000000000 samples, and 8000 are there",
    ),
    "cut.ogg": (written(kind="OGG")[:-1], f"{CUT}: Ogg : File ended unexpectedly"),
    "half.ogg": (written(LONG, "OGG")[:9000], f"{CUT}: Ogg: "),
    "half.opus": (written(LONG, "OGG", "OPUS")[:40000], f"{CUT}: Ogg : "),
    "joined.wav": (2 * GOOD, f"{WHOLE}: Error in WAV file. No 'RIFF' chunk marker."),
    "joined.flac": (2 * written(kind="FLAC"), TWO),
    "joined.ogg": (written(kind="OGG") + written(LONG, kind="OGG"), TWO),
    "joined.opus": (2 * written(kind="OGG", encoding="OPUS"), TWO),
    "joined.mp3": (written(kind="MP3") + written(LONG, kind="MP3"), TWO),
    "joined both.mp3": (2 * written(np.stack([SECOND] * 2, axis=1), kind="MP3"), TWO),
    "cut.mp3": (written(kind="MP3")[:-1], "cut short: the header promises 8000 samples, and 75"),
    "nan.wav": (written(np.float32([0, np.nan]), encoding="FLOAT"), "expected finite samples"),
    "infinite.wav": (written(np.array([0, 1e300]), encoding="DOUBLE"), "expected finite samples"),
    "both.wav": (
        written(np.float32([[0, 0], [np.inf, -np.inf]]), encoding="FLOAT"),
        "expected finite samples",
    ),
    "loud.wav": (
        written(np.float32([0, 32767]), encoding="FLOAT"),
        "expected floats from -1 to 1, got one of size 32767",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_whole_sound_is_named_left_out_or_becomes_a_gap(tmp_path, name):
    content, message = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.wav").write_bytes(GOOD)
    for read in (read_sound, check_sound):
        said = told(read, tmp_path, name)
        assert said.startswith(f"{name}: unreadable sound: {message}"), said
        assert str(tmp_path) not in said
    (tmp_path / "captions.csv").write_text(f"recording,caption\ngood.wav,one\n{name},two\n")
    options = {"image": None, "sounds": {"voice": "recording"}, "on_error": "skip"}
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        data = load(tmp_path, **options)
    assert data.texts == ("one",) and data.report.counts == {"unreadable sound": 1}
    kept = load(tmp_path, **options, missing="keep")
    assert kept.present["voice"].tolist() == [True, False]


def test_a_folder_in_the_place_of_a_sound(tmp_path):
    (tmp_path / "a.wav").mkdir()
    assert told(read_sound, tmp_path, "a.wav").startswith("a.wav: missing file")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("kind", "encoding", "near"),
    [
        ("WAV", "PCM_U8", 2**-7),
        ("WAV", "PCM_16", 2**-15),
        ("WAV", "PCM_24", 2**-22),
        ("WAV", "PCM_32", 1e-7),
        ("WAV", "FLOAT", 0),
        ("WAV", "DOUBLE", 0),
        ("WAV", "ULAW", 0.02),
        ("WAV", "ALAW", 0.02),
        ("WAV", "IMA_ADPCM", 0.1),
        ("WAVEX", "PCM_24", 2**-22),
        ("WAVEX", "FLOAT", 0),
        ("FLAC", "PCM_16", 2**-15),
        ("FLAC", "PCM_24", 2**-22),
        ("OGG", "VORBIS", 0.1),
        ("MP3", "MPEG_LAYER_III", 0.1),
    ],
)
def test_all_kinds_give_the_same_samples_in_blocks_as_at_once(
    tmp_path, monkeypatch, kind, encoding, near, channels
):
    given = LONG * np.linspace(0.2, 1, len(LONG), dtype="float32")
    both = np.stack([given + 0.2, given - 0.2], axis=1) if channels == 2 else given
    (tmp_path / "a.wav").write_bytes(written(both, kind, encoding))  # whatever it is called
    samples, rate = read_sound(tmp_path, "a.wav")
    assert rate == 8000 and samples.dtype == np.float32
    np.testing.assert_allclose(samples[: len(given)], given, atol=near + 1e-7)
    assert len(samples) - len(given) in (0, 380)  # ADPCM fills its last block
    np.testing.assert_array_equal(read_sound(tmp_path, "a.wav", 2.5)[0], samples[:20000])
    monkeypatch.setattr(sounds, "BLOCK", 5000)
    np.testing.assert_array_equal(read_sound(tmp_path, "a.wav")[0], samples)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_any_rate_is_read_and_none_is_resampled(tmp_path, rate):
    samples = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype("float32")
    for kind, encoding in (("WAV", "FLOAT"), ("FLAC", "PCM_24")):
        (tmp_path / "a").write_bytes(written(samples, kind, encoding, rate))
        read, told_rate = read_sound(tmp_path, "a")
        assert told_rate == rate
        np.testing.assert_allclose(read, samples, atol=2**-22)
    bands = read_features(tmp_path, "a", Sound(rate=rate, seconds=1.0))
    assert bands.shape[0] == 40 and 0.85 < bands.max() < 1.0
    other = Sound(rate=rate + 1, seconds=1.0)
    assert told(read_features, tmp_path, "a", other) == (
        f"a: another rate: expected {rate + 1} samples a second, got {rate}; resample it, or "
        f"take Sound(rate={rate})"
    )


def test_clipped_overdriven_and_silent_samples_stay_as_they_are(tmp_path):
    for name, given, encoding in (
        ("clipped", np.clip(5 * SECOND, -1, 1), "PCM_16"),
        ("overdriven", 6 * SECOND, "FLOAT"),
        ("silent", 0 * SECOND, "PCM_16"),
    ):
        (tmp_path / name).write_bytes(written(given, encoding=encoding))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_sound(tmp_path, name)
            np.testing.assert_allclose(read_sound(tmp_path, name)[0], given, atol=1e-4)
    assert not read_features(tmp_path, "silent", Sound(rate=8000, seconds=0.1)).any()


def test_what_stands_before_and_behind_the_sound_is_passed_over(tmp_path):
    tags = b"LIST\3\0\0\0abc\0"
    (tmp_path / "a.wav").write_bytes(wav(GOOD[44:], before=tags) + b"id3 \2\0\0\0xy")
    np.testing.assert_allclose(read_sound(tmp_path, "a.wav")[0], SECOND, atol=1e-4)
    # Behind more tags than libsndfile's log holds, a cut is not seen: what is there is read.
    (tmp_path / "b.wav").write_bytes(wav(GOOD[44:], before=b"junk\0\0\0\0" * 1000)[:-9000])
    assert len(read_sound(tmp_path, "b.wav")[0]) == 3500


@pytest.mark.parametrize("encoding", ["FLAC", "VORBIS", "OPUS", "MP3"])
def test_a_sound_behind_the_first_is_told_where_it_would_be_lost(tmp_path, encoding):
    kind, encoding = ("OGG", encoding) if encoding in ("VORBIS", "OPUS") else (encoding, None)
    one, tag = written(LONG, kind, encoding), b"TAG" + bytes(125)
    for content in (one, one + tag * (kind != "OGG")):
        (tmp_path / "a").write_bytes(content)
        assert len(read_sound(tmp_path, "a")[0]) == len(LONG)
    (tmp_path / "a").write_bytes(one + one)
    if kind != "OGG":  # the first is not at its end
        assert len(read_sound(tmp_path, "a", 29.5)[0]) == 29.5 * 8000
    for seconds in (30, 31, None):
        assert told(read_sound, tmp_path, "a", seconds).endswith(TWO)
    assert told(read_features, tmp_path, "a", Sound(rate=8000, seconds=31)).endswith(TWO)


@pytest.mark.parametrize(("bits", "channels"), [(16, 1), (24, 2)])
def test_of_hours_only_the_first_seconds_are_in_memory(tmp_path, bits, channels):
    """Files of 2 GB with holes; what is not read takes no room on the disk either."""
    frame = channels * bits // 8
    frames = 2 * 10**9 // frame
    start = wav(b"", channels=channels, rate=48000, bits=bits, promise=frames * frame)
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
        batch = reader.batch(0, 0)["voice"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(samples) == 72000 and samples[:48000].all() and not samples[48000:].any()
    assert batch.any() and peak < 30e6


def test_what_a_header_promises_takes_no_memory_and_is_not_read(tmp_path, monkeypatch):
    (tmp_path / "hours.flac").write_bytes(flac(10**10))
    asked, read = [], soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile, "read", lambda file, n, **k: asked.append(n) or read(file, n, **k)
    )
    tracemalloc.start()
    try:
        assert len(read_sound(tmp_path, "hours.flac", 0.5)[0]) == 4000 and asked == [4000]
        assert told(check_sound, tmp_path, "hours.flac").endswith(" and 8000 are there")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5e6


def test_a_whole_file_is_looked_at_in_blocks(tmp_path):
    frames = 5 * 10**6
    start = wav(b"", kind=3, bits=32, promise=4 * frames)
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
    (tmp_path / "good.wav").write_bytes(GOOD)
    said = told(read_sound, tmp_path, "good.wav", seconds, error=error)
    assert said.startswith("seconds: expected a positive number, got")
    said = told(read_sound, tmp_path, "good.wav", 1e308, error=ValueError)
    assert said == "seconds: expected a number in [0, 1000000000], got 1e+308"
    for given, count in ((99, 8000), (1e9, 8000), (1e-9, 1)):
        assert len(read_sound(tmp_path, "good.wav", given)[0]) == count
