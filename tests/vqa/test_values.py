"""A map of places, and a fusion at each: beside NumPy, and what must make no difference."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ChoiceError, ModalityError, ShapeError
from tests.messages import assert_raises
from tests.wings import DECIDING, FUSIONS, WINGS, fused, numpy, tensor, tensors, wing_of

BOTH = pytest.mark.parametrize("name", WINGS)
VECTORS = [fusion for fusion in FUSIONS if fusion not in DECIDING]
DIMS, DIM, ROWS, PLACES = {"image": 3, "text": 2}, 4, 5, 6
RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(ROWS, PLACES, 3)).astype("float32")
TEXT = RNG.normal(size=(ROWS, 2)).astype("float32")
PRESENT = np.array([[True, True], [True, False], [False, True], [False, False], [True, True]])


def local(name, fusion="FiLMFusion", seed=0):
    """A fusion at each place, of weights that are drawn."""
    wing = wing_of(name)
    layer = wing.LocalFusion(getattr(wing, fusion)(DIMS, DIM))
    if name == "keras":
        layer.build()
    rng = np.random.default_rng(seed)
    arrays = {n: rng.normal(size=a.shape) for n, a in convert.arrays(layer).items()}
    convert.set_arrays(layer, arrays)
    return layer


def given(name, image=IMAGE, text=TEXT):
    return tensors(name, {"image": image, "text": text})


def by_hand(layer, image, text, present=None):
    """(B, N, D) of the reference's fusion, one place at a time."""
    places = []
    for n in range(image.shape[1]):
        x = {"image": image[:, n].astype(float), "text": text.astype(float)}
        if present is not None:
            x = {m: np.where(present[:, i, None], v, 0) for i, (m, v) in enumerate(x.items())}
        places.append(np.maximum(fused(layer.fusion, x, present), 0))
    return np.stack(places, axis=1)


@pytest.mark.each_backend
@pytest.mark.parametrize("fusion", VECTORS)
@BOTH
def test_it_is_the_largest_of_what_the_reference_says_at_each_place(name, fusion):
    layer = local(name, fusion)
    expected = by_hand(layer, IMAGE, TEXT)
    np.testing.assert_allclose(numpy(layer.at_places(given(name))), expected, atol=1e-5)
    np.testing.assert_allclose(numpy(layer(given(name))), expected.max(axis=1), atol=1e-5)
    assert (expected.max(axis=1) > 0).any()


@pytest.mark.parametrize("fusion", VECTORS)
@BOTH
def test_what_is_absent_makes_no_difference(name, fusion):
    layer = local(name, fusion)
    expected = by_hand(layer, IMAGE, TEXT, PRESENT).max(axis=1)
    for junk in (0, np.nan, np.inf):
        dirty = given(
            name,
            np.where(PRESENT[:, 0, None, None], IMAGE, np.float32(junk)),
            np.where(PRESENT[:, 1, None], TEXT, np.float32(junk)),
        )
        z = numpy(layer(dirty, tensor(name, PRESENT)))
        np.testing.assert_allclose(z, expected, atol=1e-5)
    assert (z[~PRESENT.any(axis=1)] == 0).all()


@BOTH
def test_the_order_of_the_places_makes_no_difference(name):
    layer, order = local(name), np.random.default_rng(1).permutation(PLACES)
    there, turned = given(name), given(name, IMAGE[:, order])
    np.testing.assert_array_equal(numpy(layer(there)), numpy(layer(turned)))
    shares = numpy(layer.strongest(there))
    np.testing.assert_allclose(numpy(layer.strongest(turned)), shares[:, order])


@pytest.mark.each_backend
@BOTH
def test_the_strongest_are_where_the_maxima_are(name):
    layer = local(name)
    places = by_hand(layer, IMAGE, TEXT)
    expected = np.zeros((ROWS, PLACES))
    for row, column in np.ndindex(ROWS, DIM):
        if places[row, :, column].max() > 0:
            expected[row, places[row, :, column].argmax()] += 1 / DIM
    found = numpy(layer.strongest(given(name)))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert expected.sum() < ROWS  # some component is 0 everywhere, and counts nowhere


@BOTH
def test_the_modality_with_places_need_not_be_the_first(name):
    wing = wing_of(name)
    layer = wing.LocalFusion(wing.ConcatFusion({"text": 2, "picture": 3}, DIM), over="picture")
    z = layer(tensors(name, {"text": TEXT, "picture": IMAGE}))
    assert tuple(z.shape) == (ROWS, DIM)
    assert layer.config["over"] == "picture"


@BOTH
def test_the_map_is_in_reading_order_and_has_positions(name):
    """The brightest pixel stands out at the place where it is."""
    encoder = wing_of(name).MapEncoder((8, 12), (2,), in_channels=1)
    if name == "keras":
        encoder.build()
    arrays = {n: np.zeros_like(a) for n, a in convert.arrays(encoder).items()}
    arrays["positions"] = np.arange(48.0).reshape(24, 2)
    arrays["blocks.0.conv.weight"][:, 0, 1, 1] = arrays["blocks.0.norm.scale"][:] = 1
    arrays["blocks.0.norm.variance"][:] = 1 - 1e-5
    convert.set_arrays(encoder, arrays)
    image = np.zeros((1, 1, 8, 12), "float32")
    image[0, 0, 5, 8] = 7  # row 2, column 4 of the map of 4 x 6
    if name == "keras":
        image = image.transpose(0, 2, 3, 1)
    else:
        encoder.eval()
    found = numpy(encoder(tensor(name, image)))[0] - arrays["positions"]
    expected = np.zeros((24, 2))
    expected[2 * 6 + 4] = 7
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert encoder.output_dim == 2


@BOTH
def test_bad_input_is_named(name):
    wing, layer = wing_of(name), local(name)
    one = given(name)
    for error, message, call in (
        (
            ShapeError,
            "features['image']: expected (B, N, 3), got (5, 3)",
            lambda: layer(one | {"image": one["image"][:, 0]}),
        ),
        (
            ShapeError,
            "features['text']: expected (B, 2), got (5, 1, 2)",
            lambda: layer(one | {"text": one["text"][:, None]}),
        ),
        (
            ShapeError,
            "features['image']: expected at least one place, got (5, 0, 3)",
            lambda: layer(one | {"image": one["image"][:, :0]}),
        ),
        (
            ShapeError,
            "features['text']: expected 5 rows as features['image'], got 4",
            lambda: layer(one | {"text": one["text"][:4]}),
        ),
        (
            ModalityError,
            "features: expected the modalities ['image', 'text'], got ['image']; missing ['text']",
            lambda: layer({"image": one["image"]}),
        ),
        (
            ChoiceError,
            "over: expected one of 'image', 'text'; got 'sound'",
            lambda: wing.LocalFusion(layer.fusion, "sound"),
        ),
        (
            ValueError,
            "fusion: expected one that gives a vector, got DecisionFusion, which decides",
            lambda: wing.LocalFusion(wing.DecisionFusion(DIMS, 3)),
        ),
        (
            ValueError,
            "channels: expected those of one block at least, got ()",
            lambda: wing.MapEncoder((8, 8), ()),
        ),
        (
            ValueError,
            "size: expected multiples of 8, for 3 blocks, got (12, 8)",
            lambda: wing.MapEncoder((12, 8), (4, 4, 4)),
        ),
    ):
        assert_raises(error, message, call)
