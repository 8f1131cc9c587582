"""Modality dropout: marked absent in training, at the stated rates, in both wings."""

import json

import numpy as np
import pytest

from mmref.errors import ModalityError, ShapeError
from mmref.seeding import seed_everything
from tests.messages import assert_raises, error_of
from tests.wings import FUSIONS, WINGS, inputs, numpy, tensor, tensors, wing_of

DIMS = {"image": 13, "text": 12}
RATES = {"image": 0.2, "text": 0.6}
ROWS = 4000


def classifier(name, rates=RATES, fusion="WeightedFusion"):
    wing = wing_of(name)
    encoders = {
        "image": wing.ImageEncoder((8, 4), (5, 10), dim=13),
        "text": wing.TextEncoder(11, embedding=9, dim=12, cell="bag"),
    }
    fuse = getattr(wing, fusion)(DIMS, 4)
    return wing.FusionClassifier(encoders, fuse, fuse.dim, modality_dropout=rates)


def draw(name, model, present=None, rows=ROWS):
    """``present`` after one draw of modality dropout, as a NumPy array."""
    features = {m: tensor(name, np.zeros((rows, d), "float32")) for m, d in DIMS.items()}
    kept = model.drop_modalities(features, None if present is None else tensor(name, present))
    return numpy(kept)


def logits(name, model, training, present=None):
    present = None if present is None else tensor(name, present)
    x = tensors(name, inputs(name))
    if name == "keras":
        return numpy(model(x, present, training=training))
    model.train(training)
    return numpy(model(x, present))


def is_rate(absent, rate):
    """Whether the share of True is within four standard errors of the rate."""
    return abs(absent.mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / len(absent))


@pytest.mark.parametrize("name", WINGS)
def test_modalities_are_dropped_at_their_rates(name):
    """A row that would lose both keeps both: rates .2 and .6 less .12."""
    kept = draw(name, classifier(name))
    assert kept.shape == (ROWS, 2) and kept.dtype == bool
    assert kept.any(axis=1).all()
    assert is_rate(~kept[:, 0], 0.2 - 0.12) and is_rate(~kept[:, 1], 0.6 - 0.12)


@pytest.mark.parametrize("name", WINGS)
def test_rates_belong_to_names(name):
    """Whatever the order in which they are given."""
    kept = draw(name, classifier(name, {"text": 0.6, "image": 0.0}))
    assert kept[:, 0].all() and is_rate(~kept[:, 1], 0.6)


@pytest.mark.parametrize("name", WINGS)
def test_present_is_respected(name):
    """No modality is added, none is the last to go, and an empty row stays empty."""
    present = np.tile([[1, 1], [1, 0], [0, 1], [0, 0]], (ROWS // 4, 1)).astype(bool)
    kept = draw(name, classifier(name), present)
    assert not (kept & ~present).any()
    one = present.sum(axis=1) < 2
    np.testing.assert_array_equal(kept[one], present[one])
    assert is_rate(~kept[~one][:, 1], 0.6 - 0.12)


@pytest.mark.parametrize("name", WINGS)
def test_draws_differ_and_repeat(name):
    def draws(seed):
        seed_everything(seed)
        model = classifier(name)
        return [draw(name, model, rows=50) for _ in range(2)]

    first, second = draws(0)
    assert (first != second).any()
    np.testing.assert_array_equal(draws(0), [first, second])
    assert (draws(1)[0] != first).any()


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_in_training_only(name, fusion):
    """In training the logits are those of the modalities that were kept."""
    model = classifier(name, {"image": 0.5, "text": 0.5}, fusion)
    np.testing.assert_array_equal(logits(name, model, False), logits(name, model, False))
    seen = []
    draw_once = model.drop_modalities

    def spy(features, present=None):
        seen.append(draw_once(features, present))
        return seen[-1]

    model.drop_modalities = spy
    logits(name, model, False)
    assert seen == []
    trained = logits(name, model, True)
    kept = numpy(seen[0])
    assert not kept.all()
    model.modality_dropout = {}
    np.testing.assert_allclose(trained, logits(name, model, True, kept), atol=1e-6)
    assert np.abs(trained - logits(name, model, True)).max() > 1e-4


@pytest.mark.parametrize("rates", [None, {}])
@pytest.mark.parametrize("name", WINGS)
def test_off_by_default(name, rates):
    model = classifier(name, rates)
    np.testing.assert_array_equal(logits(name, model, True), logits(name, model, True))


@pytest.mark.parametrize("rate", [1, 1.5, -0.1, float("nan"), "0.5", None, True])
@pytest.mark.parametrize("name", WINGS)
def test_a_rate_out_of_range(name, rate):
    message = f"modality_dropout['text']: expected a number in [0, 1), got {rate!r}"
    rates = {"image": 0.1, "text": rate}
    assert_raises(error_of(message), message, lambda: classifier(name, rates))


@pytest.mark.parametrize("rates", [{"audio": 0.5}, {"image": 0.5}, RATES | {"audio": 0.5}])
@pytest.mark.parametrize("name", WINGS)
def test_unknown_or_missing_modality(name, rates):
    with pytest.raises(ModalityError, match="^modality_dropout: expected the modalities"):
        classifier(name, rates)


@pytest.mark.parametrize("name", WINGS)
def test_one_rate_for_all_is_refused(name):
    with pytest.raises(TypeError, match="^modality_dropout: expected a mapping .* got float"):
        classifier(name, 0.5)


@pytest.mark.parametrize("shape", [(6, 1), (1, 2), (2,), (6, 3)])
@pytest.mark.parametrize("name", WINGS)
def test_present_is_checked_before_it_is_combined(name, shape):
    with pytest.raises(ShapeError, match=r"present: expected \(B, M\) = \(6, 2\)"):
        logits(name, classifier(name), True, np.ones(shape, bool))


@pytest.mark.parametrize("name", WINGS)
def test_present_must_be_boolean_in_training_too(name):
    with pytest.raises(ShapeError, match="present: expected dtype bool"):
        logits(name, classifier(name), True, np.ones((6, 2), "int32"))


def test_the_keras_config_keeps_the_rates(tmp_path):
    keras = pytest.importorskip("keras")
    model = classifier("keras", {"text": np.float32(0.5), "image": 0.25})
    config = json.loads(json.dumps(model.get_config()))
    assert config["modality_dropout"] == {"image": 0.25, "text": 0.5}
    twin = type(model).from_config(config)
    assert twin.get_config()["modality_dropout"] == config["modality_dropout"]
    logits("keras", model, False)
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    assert dict(twin.modality_dropout) == config["modality_dropout"]
    assert classifier("keras", None).get_config()["modality_dropout"] == {}


@pytest.mark.parametrize("jit", [True, False])
def test_in_keras_fit(jit):
    """Compiled, with a last batch that is smaller: each step draws anew, and runs repeat."""
    keras = pytest.importorskip("keras")
    if jit and keras.backend.backend() == "torch":
        pytest.skip("Keras compiles nothing by itself on this backend")

    def losses(rates):
        seed_everything(0)
        model = classifier("keras", rates)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.0), loss, jit_compile=jit)
        # Without steps that move, only what is dropped changes the loss from epoch to epoch.
        data = inputs("keras", batch=10), np.arange(10) % 3
        return model.fit(*data, batch_size=10, epochs=4, verbose=0).history["loss"]

    plain, dropped = losses(None), losses(RATES)
    np.testing.assert_allclose(plain, plain[0], rtol=1e-5)
    assert len(set(np.round(dropped, 5))) > 2
    np.testing.assert_allclose(losses(RATES), dropped, rtol=1e-5)


def test_a_hidden_modality_trains_the_other():
    """Where the text is marked absent, its encoder gets no gradient from that row."""
    torch = pytest.importorskip("torch")
    model = classifier("torch", {"image": 0.0, "text": 0.9})
    x = tensors("torch", inputs("torch", batch=40))
    x["text"] = torch.arange(40).reshape(40, 1) % 10 + 1
    seen = []
    draw_once = model.drop_modalities
    model.drop_modalities = lambda *a: seen.append(draw_once(*a)) or seen[-1]
    model.train()
    model(x).square().sum().backward()
    moved = model.encoders["text"].embedding.weight.grad.abs().sum(dim=1) > 0
    shown = set(x["text"][seen[0][:, 1]].ravel().tolist())
    assert 0 < len(shown) < 10
    assert set(moved.nonzero().ravel().tolist()) <= shown
