"""A generator that is told by fused modalities, and its judge: what each input does."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ChoiceError, ShapeError
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
pytestmark = pytest.mark.each_backend
ROWS, SIZE, IDS = 3, 16, 11
SIZES = {"latent": 4, "condition": 3, "size": SIZE, "width": 4, "heads": 2}


def readers(wing, cell="gru"):
    encoders = {
        "image": wing.ImageEncoder((SIZE, SIZE), (4,), 6),
        "text": wing.TextEncoder(IDS, 6, 5, 7, cell),
    }
    return encoders, wing.WeightedFusion({"image": 6, "text": 7}, 5)


def drawn_weights(model):
    """The same in both wings, none of them 0 everywhere; ready to answer."""
    rng, arrays = np.random.default_rng(1), {}
    for path, array in convert.arrays(model).items():
        drawn = rng.normal(0, 0.3, array.shape)
        arrays[path] = np.abs(drawn) + 0.5 if path.endswith("variance") else drawn
    convert.set_arrays(model, arrays)
    return model.eval() if hasattr(model, "eval") else model


def generator(name, text="text", cell="gru"):
    wing = wing_of(name)
    model = wing.FusionGenerator(*readers(wing, cell), text, **SIZES)
    if name == "keras":
        model(*given(name).values())
    return drawn_weights(model)


def discriminator(name):
    wing = wing_of(name)
    model = wing.FusionDiscriminator(*readers(wing), size=SIZE, width=4)
    if name == "keras":
        model(pictures(name), given(name)["inputs"])
    return drawn_weights(model)


def pictures(name, seed=5):
    images = np.random.default_rng(seed).normal(size=(ROWS, 3, SIZE, SIZE)).astype("float32")
    last = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    return tensor(name, last if name == "keras" else images)


def given(name, ids=((3, 4, 0), (5, 6, 7), (8, 0, 0)), seed=0):
    noise = np.random.default_rng(seed).normal(size=(ROWS, 4)).astype("float32")
    inputs = {"image": pictures(name), "text": tensor(name, np.array(ids))}
    return {"inputs": inputs, "noise": tensor(name, noise)}


def answer(name, model, present=None, **changed):
    """Pictures, channels first."""
    if present is not None:
        changed["present"] = tensor(name, np.array(present))
    found = numpy(model(**(given(name) | changed)))
    return found.transpose(0, 3, 1, 2) if name == "keras" else found


@pytest.mark.parametrize("cell", ["bag", "lstm", "gru"])
def test_both_wings_draw_and_judge_alike(cell):
    pytest.importorskip("keras")
    one, other = (answer(name, generator(name, cell=cell)) for name in WINGS)
    assert one.shape == (ROWS, 3, SIZE, SIZE) and one.std() > 0.1
    np.testing.assert_allclose(one, other, atol=2e-5)
    one, other = (
        numpy(discriminator(name)(pictures(name), given(name)["inputs"])) for name in WINGS
    )
    assert one.shape == (ROWS,)
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@NAMES
def test_what_is_absent_has_no_effect(name):
    """Neither by the fused vector nor by the words that are looked at."""
    model = generator(name)
    other = given(name, ids=((1, 2, 3), (4, 0, 0), (5, 5, 5)))["inputs"]
    there = [[True, False], [True, True], [True, False]]
    one = answer(name, model, there)
    found = answer(name, model, there, inputs=other)
    np.testing.assert_array_equal(found[[0, 2]], one[[0, 2]])
    assert np.abs(found[1] - one[1]).max() > 1e-3
    # without the image, another image changes nothing
    there = [[False, True]] * ROWS
    one = answer(name, model, there)
    inputs = given(name)["inputs"] | {"image": pictures(name, seed=9)}
    np.testing.assert_array_equal(answer(name, model, there, inputs=inputs), one)
    assert np.abs(answer(name, model, inputs=inputs) - answer(name, model)).max() > 1e-3


def test_training_reaches_the_encoders_of_keras():
    """What they drop, both networks hear; without it, ``read`` is the same in either mode."""
    wing = wing_of("keras")
    text = wing.TextEncoder(IDS, 6, 5, 7, "gru", dropout=0.5)
    fusion, inputs = wing.ConcatFusion({"text": 7}, 5), {"text": given("keras")["inputs"]["text"]}
    draw = wing.FusionGenerator({"text": text}, fusion, **SIZES)
    judge = wing.FusionDiscriminator({"text": text}, fusion, size=SIZE, width=4)
    reads = (
        lambda training: draw.read(inputs, training=training).mean,
        lambda training: judge.read(inputs, training=training),
    )
    for read in reads:
        calm, again, training = (numpy(read(t)) for t in (False, False, True))
        np.testing.assert_array_equal(calm, again)
        assert np.abs(training - calm).max() > 1e-3


@NAMES
def test_words_are_looked_at_beside_the_text_s_vector(name):
    """The same fused vector, other words: another picture, unless there is nothing to look with."""
    model = generator(name)
    told = model.read(given(name)["inputs"])
    noise = given(name)["noise"]
    plain = numpy(model.draw(told, noise))
    turned = told._replace(words=-told.words)
    assert np.abs(numpy(model.draw(turned, noise)) - plain).max() > 1e-3
    blind = generator(name, text=None)
    assert blind.look is None and blind.read(given(name)["inputs"]).words is None
    assert not any(path.startswith("look") for path in convert.arrays(blind))


@NAMES
def test_augmentation_draws_around_the_mean(name):
    """c = mean + e^(log_variance / 2) n: by hand, through a Gaussian without spread."""
    model = generator(name)
    told, noise = model.read(given(name)["inputs"]), given(name)["noise"]
    n = np.random.default_rng(3).normal(size=(ROWS, 3)).astype("float32")
    mean, log_variance = numpy(told.mean), numpy(told.log_variance)
    c = (mean + np.exp(log_variance / 2) * n).astype("float32")
    expected = numpy(model.draw(told._replace(mean=tensor(name, c)), noise))
    np.testing.assert_allclose(numpy(model.draw(told, noise, tensor(name, n))), expected, atol=1e-5)
    assert np.abs(expected - numpy(model.draw(told, noise))).max() > 1e-3


@NAMES
def test_a_picture_is_read_once_for_two_captions(name):
    model = discriminator(name)
    images, inputs = pictures(name), given(name)["inputs"]
    h = model.features(images)
    assert tuple(h.shape) == ((ROWS, 8, 4, 4) if name == "torch" else (ROWS, 4, 4, 8))
    other = given(name, ids=((1, 2, 3), (4, 0, 0), (5, 5, 5)))["inputs"]
    for told in (inputs, other):
        whole = numpy(model(images, told))
        np.testing.assert_allclose(numpy(model.score(h, model.read(told))), whole, atol=1e-6)
    assert np.abs(numpy(model(images, inputs)) - numpy(model(images, other))).max() > 1e-3


BAD = {
    "text: expected one of 'image', 'text'; got 'words'": ({"text": "words"}, ChoiceError),
    "encoders['image']: expected a TextEncoder, got ImageEncoder (or text=None)": (
        {"text": "image"},
        TypeError,
    ),
    "size: expected at least 16 to look at words, got 8": ({"size": 8}, ValueError),
    "size: expected a power of 2, at least 8, got 24": ({"size": 24}, ValueError),
    "latent: expected an integer, at least 1, got 0": ({"latent": 0}, ValueError),
    "heads: expected a divisor of dim = 8, got 3": ({"heads": 3}, ValueError),
}


@NAMES
@pytest.mark.parametrize("message", BAD)
def test_settings_that_do_not_go_together(name, message):
    wing = wing_of(name)
    changed, error = BAD[message]
    arguments = {"text": "text"} | SIZES | changed
    assert_raises(error, message, lambda: wing.FusionGenerator(*readers(wing), **arguments))


@NAMES
def test_noise_and_pictures_of_a_wrong_shape(name):
    message = "noise: expected (B, 4), got (3, 5)"
    noise = tensor(name, np.ones((ROWS, 5), "float32"))
    model = generator(name)
    assert_raises(ShapeError, message, lambda: model(given(name)["inputs"], noise))
    judge = discriminator(name)
    shape = (ROWS, 3, 8, 8) if name == "torch" else (ROWS, 8, 8, 3)
    expected = "(B, 3, 16, 16)" if name == "torch" else "(B, 16, 16, 3)"
    small = tensor(name, np.ones(shape, "float32"))
    message = f"images: expected {expected}, got {shape}"
    assert_raises(ShapeError, message, lambda: judge(small, given(name)["inputs"]))


@NAMES
def test_what_the_halves_are_given_goes_together(name):
    """Both are public: read and draw, features and score."""
    model, inputs = generator(name), given(name)["inputs"]
    told, more = model.read(inputs), tensor(name, np.ones((ROWS + 1, 4), "float32"))
    message = "noise: expected 3 rows as inputs, got 4"
    assert_raises(ShapeError, message, lambda: model(inputs, more))
    assert_raises(ShapeError, message, lambda: model.draw(told, more))
    message = "told: expected what read(inputs) gave, got tuple"
    assert_raises(TypeError, message, lambda: model.draw(tuple(told), given(name)["noise"]))
    judge = discriminator(name)
    message = "images: expected 2 rows as inputs, got 3"
    fewer = {m: x[:2] for m, x in inputs.items()}
    assert_raises(ShapeError, message, lambda: judge(pictures(name), fewer))
    h, told = judge.features(pictures(name)), judge.read(inputs)
    expected = "(B, 8, 4, 4)" if name == "torch" else "(B, 4, 4, 8)"
    kind = "a torch.Tensor" if name == "torch" else "an array"
    for features, seen, error, message in (
        (h, told[:2], ShapeError, "told: expected 3 rows as features, got 2"),
        (h, told[:, :4], ShapeError, "told: expected (B, 5), got (3, 4)"),
        (h, None, TypeError, f"told: expected {kind}, got NoneType"),
        (h[:, :2], told, ShapeError, f"features: expected {expected}, got {tuple(h[:, :2].shape)}"),
        (None, told, TypeError, f"features: expected {kind}, got NoneType"),
    ):
        assert_raises(error, message, lambda f=features, s=seen: judge.score(f, s))


@NAMES
def test_the_same_weights_from_a_configuration(name):
    """Keras makes it again from what it says of itself; both give a checkpoint its own arrays."""
    model = generator(name)
    arrays = convert.arrays(model)
    if name == "keras":
        twin = type(model).from_config(model.get_config())
        twin(*given(name).values())
    else:
        wing = wing_of(name)
        twin = wing.FusionGenerator(*readers(wing), **SIZES).eval()
    convert.set_arrays(twin, arrays)
    np.testing.assert_allclose(answer(name, twin), answer(name, model), atol=1e-6)
