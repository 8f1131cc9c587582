"""Encoders of both wings: shapes, sizes, padding, the order of a batch."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ShapeError
from tests.messages import assert_raises, error_of
from tests.wings import CELLS, WINGS, numpy, tensor, wing_of


def image(name, batch, channels, size, seed=0):
    shape = (batch, channels, *size) if name == "torch" else (batch, *size, channels)
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def evaluate(name, encoder, x):
    if name == "torch":
        encoder.eval()
    return numpy(encoder(tensor(name, x)))


def size_of(encoder):
    statistics = ("mean", "variance")
    found = convert.arrays(encoder).items()
    return sum(a.size for n, a in found if n.rpartition(".")[2] not in statistics)


@pytest.mark.parametrize("name", WINGS)
def test_the_sizes_of_the_large_image_encoder(name):
    """Images 128 x 128 x 3 through blocks of 32, 64, 128 channels."""
    encoder = wing_of(name).ImageEncoder((128, 128), (32, 64, 128), dim=16)
    assert evaluate(name, encoder, image(name, 2, 3, (128, 128))).shape == (2, 16)
    blocks = sum(9 * i * o + o + 2 * o for i, o in [(3, 32), (32, 64), (64, 128)])
    assert size_of(encoder) == blocks + (128 * 16 * 16 + 1) * 16


@pytest.mark.parametrize("name", WINGS)
def test_the_sizes_of_the_text_encoder(name):
    """Embedding 128, LSTM 128, dense 128; PyTorch's second bias is one array here."""
    encoder = wing_of(name).TextEncoder(50, 128, 128, 128, cell="lstm")
    assert evaluate(name, encoder, np.array([[3, 4, 0]])).shape == (1, 128)
    assert size_of(encoder) == 50 * 128 + 4 * 128 * (128 + 128 + 1) + 129 * 128


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("cell", "size"),
    [
        ("bag", 11 * 9 + (9 + 1) * 5),
        ("lstm", 11 * 9 + 4 * 7 * (9 + 7 + 1) + (7 + 1) * 5),
        ("gru", 11 * 9 + 3 * 7 * (9 + 7 + 2) + (7 + 1) * 5),
    ],
)
def test_the_number_of_parameters(name, cell, size):
    assert size_of(wing_of(name).TextEncoder(11, 9, 7, 5, cell=cell)) == size


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(("size", "channels"), [((8, 4), (5, 10)), ((32, 32), (4,)), ((6, 6), ())])
def test_images_of_any_size_that_divides(name, size, channels):
    encoder = wing_of(name).ImageEncoder(size, channels, dim=7, in_channels=2)
    assert evaluate(name, encoder, image(name, 3, 2, size)).shape == (3, 7)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", WINGS)
class TestText:
    def encoder(self, name, cell):
        return wing_of(name).TextEncoder(11, 9, 7, 5, cell=cell)

    def test_more_padding_changes_nothing(self, name, cell):
        encoder = self.encoder(name, cell)
        ids = np.array([[3, 4, 5], [6, 7, 0], [8, 0, 0]])
        padded = np.pad(ids, ((0, 0), (0, 4)))
        short, long = evaluate(name, encoder, ids), evaluate(name, encoder, padded)
        np.testing.assert_allclose(short, long, atol=1e-6)
        alone = evaluate(name, encoder, np.array([[8]]))
        np.testing.assert_allclose(short[2:], alone, atol=1e-6)

    def test_padding_is_ignored_wherever_it_stands(self, name, cell):
        encoder = self.encoder(name, cell)
        last, first, between = evaluate(name, encoder, np.array([[1, 2, 0], [0, 1, 2], [1, 0, 2]]))
        np.testing.assert_allclose(first, last, atol=1e-6)
        np.testing.assert_allclose(between, last, atol=1e-6)

    def test_texts_without_a_step(self, name, cell):
        """Word for word the same in both wings, and also where no text is given."""
        for batch in (3, 0):
            ids = tensor(name, np.zeros((batch, 0), "int64"))
            message = f"ids: expected at least one step, got ({batch}, 0)"
            assert_raises(ShapeError, message, lambda i=ids: self.encoder(name, cell)(i))

    def test_words_matter_and_their_order_where_it_should(self, name, cell):
        encoder = self.encoder(name, cell)
        one, swapped, different = evaluate(
            name, encoder, np.array([[3, 4, 5], [5, 4, 3], [3, 4, 6]])
        )
        assert np.abs(one - different).max() > 1e-6
        assert (np.abs(one - swapped).max() < 1e-6) == (cell == "bag")

    def test_padding_alone_gives_the_dense_layer_of_zero(self, name, cell):
        encoder = self.encoder(name, cell)
        encoder(tensor(name, np.array([[1]])))
        arrays = convert.arrays(encoder)
        rng = np.random.default_rng(0)
        convert.set_arrays(
            encoder, {n: rng.normal(size=a.shape).astype("float32") for n, a in arrays.items()}
        )
        expected = np.maximum(convert.arrays(encoder)["dense.bias"], 0)
        np.testing.assert_allclose(
            evaluate(name, encoder, np.zeros((2, 4), dtype="int64")),
            np.broadcast_to(expected, (2, 5)),
            atol=1e-6,
        )


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("scale", [None, 1, 0.05])
def test_embeddings_start_from_the_scale_asked_for(name, scale):
    encoder = wing_of(name).TextEncoder(
        500, 40, dim=5, cell="bag", **({} if scale is None else {"embedding_scale": scale})
    )
    evaluate(name, encoder, np.array([[1]]))
    vectors = convert.arrays(encoder)["embedding.weight"]
    assert vectors.std() == pytest.approx(scale or 1, rel=0.03)
    assert abs(vectors.mean()) < 0.03 * (scale or 1)


def test_the_scale_changes_the_embeddings_alone():
    torch = pytest.importorskip("torch")
    one, small = {}, {}
    for arrays, options in ((one, {}), (small, {"embedding_scale": 0.05})):
        torch.manual_seed(0)
        arrays |= convert.arrays(wing_of("torch").TextEncoder(11, 9, 7, 5, **options))
    for array in one:
        factor = 0.05 if array.startswith("embedding") else 1
        np.testing.assert_allclose(small[array], factor * one[array], rtol=1e-6)


def test_the_scale_is_kept_in_the_config():
    pytest.importorskip("keras")
    config = wing_of("keras").TextEncoder(11, embedding_scale=0.05).get_config()
    assert config["embedding_scale"] == 0.05
    assert wing_of("keras").TextEncoder.from_config(config).get_config() == config


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), True, "1", None])
def test_scales_that_are_none(name, scale):
    message = f"embedding_scale: expected a positive number, got {scale!r}"
    make = wing_of(name).TextEncoder
    assert_raises(error_of(message), message, lambda: make(11, embedding_scale=scale))


@pytest.mark.parametrize("cell", CELLS)
def test_padding_has_no_gradient(cell):
    """The embedding of id 0 gets a gradient of zero wherever padding stands at the end."""
    torch = pytest.importorskip("torch")
    encoder = wing_of("torch").TextEncoder(11, 9, 7, 5, cell=cell)
    encoder(torch.tensor([[3, 4, 0, 0], [0, 0, 0, 0]])).sum().backward()
    gradient = encoder.embedding.weight.grad
    assert gradient[3].abs().max() > 0 and gradient[0].abs().max() == 0
    for parameter in encoder.parameters():
        assert torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("channels", [(5,), (5, 10), ()])
def test_a_pixel_of_nan_spoils_its_image_and_no_other(name, channels):
    """TensorFlow's max-pool passes over NaN, and nobody would hear of it."""
    images = image("torch", 3, 3, (8, 4))
    images[1, 2, 7, 0] = np.nan
    encoder = wing_of(name).ImageEncoder((8, 4), channels, dim=7)
    layout = images if name == "torch" else convert.to_channels_last(images)
    found = evaluate(name, encoder, layout)
    assert np.isnan(found).all(axis=1).tolist() == [False, True, False]
    assert np.isfinite(found[[0, 2]]).all()


def test_a_pixel_of_nan_is_told_by_the_loss():
    """Of a batch that nobody looked at before, as of a dataset: not weights alone become NaN."""
    keras = pytest.importorskip("keras")
    images = image("keras", 4, 3, (8, 4))
    images[1, 7, 0, 2] = np.nan
    model = keras.Sequential([wing_of("keras").ImageEncoder((8, 4), (5,), dim=7)])
    model.compile("sgd", "mse")
    assert np.isnan(model.train_on_batch(images, np.zeros((4, 7), "float32")))


@pytest.mark.parametrize("momentum", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("name", WINGS)
def test_momentum_is_the_share_of_the_new_statistics(name, momentum):
    encoder = wing_of(name).ImageEncoder((8, 4), (5,), dim=7, momentum=momentum)
    whole = wing_of(name).ImageEncoder((8, 4), (5,), dim=7, momentum=1.0)
    images = tensor(name, image(name, 64, 3, (8, 4)) + 1)
    convert.copy(encoder, whole)
    for layer in (encoder, whole):
        layer.train()(images) if name == "torch" else layer(images, training=True)
    found, new = convert.arrays(encoder), convert.arrays(whole)
    mean, variance = "blocks.0.norm.mean", "blocks.0.norm.variance"
    np.testing.assert_allclose(found[mean], momentum * new[mean], atol=1e-6)
    expected = momentum * new[variance] + 1 - momentum
    np.testing.assert_allclose(found[variance], expected, atol=1e-6)


@pytest.mark.parametrize("momentum", [-0.1, 1.5, float("nan"), True, "0.1", None])
@pytest.mark.parametrize("name", WINGS)
def test_momenta_that_are_none(name, momentum):
    message = f"momentum: expected a number in [0, 1], got {momentum!r}"
    make = wing_of(name).ImageEncoder
    assert_raises(error_of(message), message, lambda: make((8, 4), (5,), momentum=momentum))


def test_running_statistics_move_alike_in_both_wings():
    """A tenth of the way in each step of training, which is the default in PyTorch alone."""
    encoders = {name: wing_of(name).ImageEncoder((8, 4), (5, 10), dim=7) for name in WINGS}
    convert.copy(encoders["torch"], encoders["keras"])
    images = image("torch", 64, 3, (8, 4)) + 1
    encoders["torch"].train()(tensor("torch", images))
    encoders["keras"](tensor("keras", convert.to_channels_last(images)), training=True)
    found = {name: convert.arrays(encoder) for name, encoder in encoders.items()}
    for key, array in found["torch"].items():
        if key.endswith("mean"):
            assert np.abs(array).max() > 0.01
            np.testing.assert_allclose(found["keras"][key], array, atol=1e-5)
        if key.endswith("variance"):  # Keras divides by N where PyTorch divides by N - 1
            np.testing.assert_allclose(found["keras"][key] - 0.9, array - 0.9, rtol=0.02)


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("kind", ["image", "text"])
def test_dropout_acts_in_training_only(name, kind):
    wing = wing_of(name)
    if kind == "image":
        encoder, x = wing.ImageEncoder((8, 4), (5,), 50, dropout=0.5), image(name, 9, 3, (8, 4))
    else:
        encoder, x = wing.TextEncoder(11, 30, dim=50, cell="bag", dropout=0.5), np.array([[3, 4]])
    x = tensor(name, x)

    def twice(training):
        if name == "keras":
            return [numpy(encoder(x, training=training)) for _ in range(2)]
        encoder.train(training)
        return [numpy(encoder(x)) for _ in range(2)]

    one, other = twice(training=False)
    np.testing.assert_array_equal(one, other)
    one, other = twice(training=True)
    assert np.abs(one - other).max() > 1e-3
