"""What holds for every operation on sounds, in all three wings: the registry's list decides."""

import numpy as np
import pytest

from mmref.concordance.formula import is_option
from mmref.concordance.formulas.audio import FORMULAS
from mmref.errors import ShapeError
from mmref.reference import audio
from tests.audio.test_values import slope_of
from tests.wings import WINGS, numpy, tensor, wing_of

pytestmark = pytest.mark.each_backend

WINGED = pytest.mark.parametrize("wing", WINGS)
EACH = pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
COUNTS = {"length": 100, "hop": 50, "count": 3, "trim": 50}
SIZES = {"signals": (2, 400), "frames": (2, 5, 100), "spectrum": (2, 5, 51, 2), "power": (2, 51)}
SIZES["filters"] = (4, 51)
FREE = ("frames", "overlap_add")  # they move numbers, of any precision


def given(formula, dtype="float32"):
    """Of its first sample, the arrays and the options."""
    arguments = next(iter(formula.samples.values()))(np.random.default_rng(0))
    arrays = {n: a.astype(dtype) for n, a in arguments.items() if not is_option(a)}
    return arrays, {n: a for n, a in arguments.items() if is_option(a)}


def done(wing, formula, arrays, options, make=tensor):
    made = {n: make(wing, a) for n, a in arrays.items()}
    return getattr(wing_of(wing), formula.name)(**made, **options)


def first(arrays):
    """The name of what is heard: the rest are filters."""
    return next(iter(arrays))


@WINGED
@EACH
def test_a_batch_of_no_sound_is_one(formula, wing):
    arrays, options = given(formula)
    arrays[first(arrays)] = arrays[first(arrays)][:0]
    expected = formula.reference(**arrays, **options)
    found = done(wing, formula, arrays, options)
    assert tuple(found.shape) == expected.shape and not expected.size
    slopes = formula.gradient(expected, **arrays, **options)
    assert [slope.shape for slope in slopes] == [a.shape for a in arrays.values()]


@EACH
def test_sixteen_bits_are_refused_or_kept(formula):
    arrays, options = given(formula, "float16")
    calls = [lambda: formula.reference(**arrays, **options)]
    calls += [lambda w=w: done(w, formula, arrays, options) for w in WINGS]
    for call in calls:
        if formula.name in FREE:
            assert "float16" in str(call().dtype)
            continue
        message = f"^{first(arrays)}: expected float32 or float64, got float16$"
        with pytest.raises(ShapeError, match=message):
            call()


@WINGED
@EACH
def test_numpys_narrow_integers_count_as_others(formula, wing):
    """Products of them would leave their 8 bits."""
    arrays, options = given(formula)
    arrays = {n: np.random.default_rng(0).uniform(1, 2, SIZES[n]).astype("f4") for n in arrays}
    options |= {n: a for n, a in COUNTS.items() if n in options}
    narrow = options | {n: np.int8(a) for n, a in COUNTS.items() if n in options}
    expected = formula.reference(**arrays, **options)
    np.testing.assert_array_equal(formula.reference(**arrays, **narrow), expected)
    slopes = (formula.gradient(expected, **arrays, **o) for o in (options, narrow))
    for plain, found in zip(*slopes, strict=True):
        np.testing.assert_array_equal(found, plain)
    plain, found = (numpy(done(wing, formula, arrays, o)) for o in (options, narrow))
    np.testing.assert_array_equal(found, plain)


@WINGED
def test_filters_and_windows_of_narrow_integers(wing):
    for module in (audio, wing_of(wing)):
        a = module.mel_filters(np.int16(30000), np.uint8(255), np.int8(9))
        np.testing.assert_array_equal(numpy_of(a), numpy_of(module.mel_filters(30000, 255, 9)))
        window = module.spectral_window(np.uint8(200))
        np.testing.assert_array_equal(numpy_of(window), numpy_of(module.spectral_window(200)))


def numpy_of(value):
    return value if isinstance(value, np.ndarray) else numpy(value)


@EACH
def test_keras_keeps_numpys_dtype_as_that_of_a_tensor(formula):
    pytest.importorskip("keras")
    arrays, options = given(formula, "float64")
    found = done("keras", formula, arrays, options, make=lambda _, a: a)
    expected = done("keras", formula, arrays, options)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(numpy(found), numpy(expected))


@EACH
def test_pytorch_gives_memory_of_its_own_whatever_view_it_gets(formula):
    """One sample before the array: pairs then begin at an odd place.

    Which kernel multiplies depends on the place, and with it the last digit.
    """
    torch = pytest.importorskip("torch")
    arrays, options = given(formula)
    plain = done("torch", formula, arrays, options)
    odd = lambda _, a: torch.tensor([0.0, *a.ravel()])[1:].view(a.shape)  # noqa: E731
    found = done("torch", formula, arrays, options, make=odd)
    np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found.clone().mul_(2), found.mul_(2))


@EACH
@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_autocast_changes_nothing(formula, half):
    torch = pytest.importorskip("torch")
    arrays, options = given(formula)
    plain = done("torch", formula, arrays, options)
    with torch.autocast("cpu", dtype=getattr(torch, half)):
        found = done("torch", formula, arrays, options)
    assert found.dtype is torch.float32
    np.testing.assert_array_equal(found, plain)


def test_pytorch_makes_constants_for_any_device():
    torch = pytest.importorskip("torch")
    wing = wing_of("torch")
    for made in (
        wing.mel_filters(8000, 16, 3, device="meta"),
        wing.spectral_window(4, device="meta"),
    ):
        assert made.device.type == "meta"
    assert wing.dct(torch.ones(2, 4, device="meta"), 3).shape == (2, 3)


@WINGED
def test_the_gradient_at_the_floor_is_zero_and_its_dtype_changes_nothing(wing):
    power, filters = np.float32([[1.0, 0.0]]), np.ones((1, 2), "float32")
    (slope, _) = audio.log_mel_gradient(np.ones((1, 1)), power, filters, 1.0)
    np.testing.assert_array_equal(slope, 0)
    log_mel = wing_of(wing).log_mel
    slope = slope_of(wing, "log_mel", power, filters, floor=1.0)
    np.testing.assert_array_equal(slope, 0)
    floor = np.float64(2.0)
    assert audio.log_mel(power, filters, floor).dtype == "float32"
    assert "float32" in str(log_mel(tensor(wing, power), tensor(wing, filters), floor).dtype)


@WINGED
@pytest.mark.parametrize("rest", ["drop", "pad"])
def test_no_frame_is_without_a_sample(wing, rest):
    """Where frames are apart, samples at the end may lie in the gap behind the last one."""
    options = {"length": 5, "hop": 7, "rest": rest}
    for samples, frames in ((6, 1), (7, 1), (8, 1 + (rest == "pad")), (12, 2)):
        x = np.arange(1.0, samples + 1, dtype="float32")[None]
        expected = audio.frames(x, **options)
        assert expected.shape == (1, frames, 5) and expected[:, :, 0].all()
        found = wing_of(wing).frames(tensor(wing, x), **options)
        np.testing.assert_array_equal(numpy(found), expected)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_scales_keep_the_dtype_and_begin_at_zero(scale):
    for convert, name in ((audio.mel_from_hertz, "hertz"), (audio.hertz_from_mel, "mel")):
        assert convert(np.float32([0, 30]), scale).dtype == "float32"
        with pytest.raises(ValueError, match=f"^{name}: expected numbers, at least 0, got -1.0$"):
            convert(np.array([5.0, -1.0]), scale)
