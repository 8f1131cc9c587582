"""Autoencoders as models: what is drawn and when, what is absent, saved and converted."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ModalityError, ShapeError
from tests.autoencoder.coders import WIDTHS, multimodal, rows, variational
from tests.messages import assert_raises
from tests.wings import FUSIONS, WINGS, numpy, tensor, tensors, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
pytestmark = pytest.mark.each_backend
FUSING = [f for f in FUSIONS if f not in ("DecisionFusion", "HybridFusion")]


def in_training(name, model, *given):
    if name == "torch":
        return numpy(model.train()(*given))
    return numpy(model(*given, training=True))


# ---- a code that is drawn ----


@NAMES
def test_noise_is_drawn_in_training_and_0_otherwise(name):
    model, x = variational(name), tensor(name, rows()["image"])
    quiet = numpy(model(x))
    zero = tensor(name, np.zeros((6, 2), "float32"))
    np.testing.assert_array_equal(quiet, numpy(model(x, zero)))
    first, second = (in_training(name, model, x) for _ in range(2))
    assert not np.allclose(first, second) and not np.allclose(first, quiet)


@NAMES
def test_noise_that_is_given_is_used_in_both_modes(name):
    model, x = variational(name), tensor(name, rows()["image"])
    noise = tensor(name, np.random.default_rng(1).normal(size=(6, 2)).astype("float32"))
    mean, log_variance = model.encode(x)
    z = wing_of(name).reparameterize(mean, log_variance, noise)
    expected = numpy(model.decoder(z))
    np.testing.assert_allclose(numpy(model(x, noise)), expected, rtol=1e-5)
    np.testing.assert_allclose(in_training(name, model, x, noise), expected, rtol=1e-5)


def test_both_wings_encode_and_decode_alike():
    noise = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")
    x, found = rows()["image"], []
    for name in WINGS:
        model = variational(name)
        moments = model.encode(tensor(name, x))
        found.append([*map(numpy, moments), numpy(model(tensor(name, x), tensor(name, noise)))])
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@NAMES
def test_what_does_not_fit_together(name):
    wing = wing_of(name)
    encoder, decoder = wing.TableEncoder(4, 7), wing.TableDecoder(3, 4)
    message = "decoder: expected input_dim 7, as wide as the code, got 3"
    assert_raises(ValueError, message, lambda: wing.Autoencoder(encoder, decoder))
    message = "decoder: expected input_dim 2, as wide as the code, got 3"
    make = wing.VariationalAutoencoder
    assert_raises(ValueError, message, lambda: make(encoder, decoder, 2))
    message = "encoder: expected a layer with an output_dim, such as a Backbone, got TableDecoder"
    assert_raises(TypeError, message, lambda: make(decoder, decoder, 3))
    kind = "a torch.nn.Module" if name == "torch" else "a keras.Layer"
    message = f"decoder: expected {kind}, got NoneType"
    assert_raises(TypeError, message, lambda: wing.Autoencoder(encoder, None))
    noise = tensor(name, np.zeros((5, 2), "float32"))
    message = "noise: expected (6, 2) as mean, got (5, 2)"
    model, x = variational(name), tensor(name, rows()["image"])
    assert_raises(ShapeError, message, lambda: model(x, noise))


# ---- several modalities ----


@NAMES
@pytest.mark.parametrize("fusion", FUSING)
def test_what_is_absent_has_no_effect_and_is_decoded(name, fusion):
    model, x = multimodal(name, fusion), rows()
    present = np.ones((6, 2), bool)
    present[1, 0] = present[2, 1] = False
    first = model(tensors(name, x), tensor(name, present))
    x["image"][1], x["text"][2] = np.nan, np.nan
    second = model(tensors(name, x), tensor(name, present))
    assert list(first) == list(WIDTHS)
    for m, k in WIDTHS.items():
        assert numpy(first[m]).shape == (6, k)
        np.testing.assert_array_equal(numpy(first[m]), numpy(second[m]))


@NAMES
def test_present_stands_in_the_inputs_too(name):
    model, x, present = multimodal(name), tensors(name, rows()), np.ones((6, 2), bool)
    present[1, 0] = False
    named = {m: tensor(name, present[:, i]) for i, m in enumerate(WIDTHS)}
    found, expected = model(x | {"present": named}), model(x, tensor(name, present))
    for m in WIDTHS:
        np.testing.assert_array_equal(numpy(found[m]), numpy(expected[m]))


def test_both_wings_reconstruct_alike():
    present = np.array([[True, True], [True, False], [False, True]] * 2)
    found = [multimodal(name)(tensors(name, rows()), tensor(name, present)) for name in WINGS]
    for m in WIDTHS:
        one, other = (numpy(outputs[m]) for outputs in found)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@NAMES
def test_modalities_that_do_not_agree(name):
    wing = wing_of(name)
    encoders = {m: wing.TableEncoder(k, 4) for m, k in WIDTHS.items()}
    fusion = wing.ConcatFusion({"image": 4, "text": 4}, 5)
    decoders = {m: wing.TableDecoder(5, k) for m, k in WIDTHS.items()}
    make = wing.MultimodalAutoencoder
    message = "decoders: expected the modalities ['image', 'text'], got ['image']; missing ['text']"
    one = {"image": decoders["image"]}
    assert_raises(ModalityError, message, lambda: make(encoders, fusion, one))
    message = "decoders['text']: expected input_dim 5, as wide as the code, got 4"
    other = decoders | {"text": wing.TableDecoder(4, 3)}
    assert_raises(ValueError, message, lambda: make(encoders, fusion, other))
    message = "inputs: expected the modalities ['image', 'text'], got ['text']; missing ['image']"
    model, x = make(encoders, fusion, decoders), tensors(name, rows())
    assert_raises(ModalityError, message, lambda: model({"text": x["text"]}))


def test_keras_saves_and_loads_it(tmp_path):
    keras = pytest.importorskip("keras")
    model, x = multimodal("keras"), tensors("keras", rows())
    expected = model(x)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for m, outputs in again(x).items():
        np.testing.assert_allclose(numpy(outputs), numpy(expected[m]), rtol=1e-5)


@NAMES
def test_coders_may_come_in_any_order(name, tmp_path):
    """Keras numbers them in a file, PyTorch names them; either way each gets its own weights."""
    model, other = multimodal(name), multimodal(name, listed=[*WIDTHS][::-1])
    convert.set_arrays(other, {n: a + 1 for n, a in convert.arrays(other).items()})
    if name == "torch":
        other.load_state_dict(model.state_dict())
    else:
        model.save_weights(tmp_path / "model.weights.h5")
        other.load_weights(tmp_path / "model.weights.h5")
    x = tensors(name, rows())
    expected = model(x)
    for m, outputs in other(x).items():
        np.testing.assert_array_equal(numpy(outputs), numpy(expected[m]))


def test_its_weights_go_from_one_wing_to_the_other():
    source, target = multimodal("torch"), multimodal("keras")
    arrays = {n: a + 1 for n, a in convert.arrays(source).items()}
    convert.set_arrays(source, arrays)
    convert.copy(source, target)
    found = convert.arrays(target)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_modality_is_learned_from_the_other_one():
    """Text is a function of the image; both are reconstructed from either."""
    torch = pytest.importorskip("torch")
    wing = wing_of("torch")
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    image = rng.normal(size=(300, 4)).astype("float32")
    text = (image @ rng.normal(size=(4, 3)).astype("float32")).astype("float32")
    x = {"image": torch.tensor(image), "text": torch.tensor(text)}
    encoders = {m: wing.TableEncoder(k, 32, hidden=32) for m, k in WIDTHS.items()}
    decoders = {m: wing.TableDecoder(16, k, hidden=32) for m, k in WIDTHS.items()}
    fusion = wing.ConcatFusion({"image": 32, "text": 32}, 16)
    model = wing.MultimodalAutoencoder(encoders, fusion, decoders)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    kinds = torch.tensor([[True, True], [True, False], [False, True]])
    for _ in range(300):
        present = kinds[torch.randint(3, (300,))]
        outputs = model(x, present)
        loss = sum(wing.reconstruction_loss(outputs[m], x[m]) for m in x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    alone = torch.tensor([[True, False]]).repeat(300, 1)
    error = wing.reconstruction_loss(model(x, alone)["text"], x["text"]).item()
    assert error < 0.1 * text.var()
