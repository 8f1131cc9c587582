"""A GAN's training in both wings, interrupted too; everything here is tiny."""

import importlib

import numpy as np
import pytest

from mmref import convert
from mmref.data import checkpoints
from mmref.data.adversarial import (
    AdversarialBatches,
    ring,
)
from mmref.errors import ShapeError
from scripts import train_gan
from tests.gan.networks import NETWORKS, examples, networks
from tests.wings import WINGS, numpy, tensor, wing_of


def gan_of(name, models, **options):
    return importlib.import_module(f"mmref.{name}.gan").GAN(**models, **options)


def fit(name, gan, batches, epochs):
    """Train; return the history. Keras wants the channels last."""
    if name == "torch":
        return gan.fit(batches, epochs, progress=False)
    moved = np.ascontiguousarray(np.moveaxis(batches.real, 1, -1))
    last = AdversarialBatches(
        moved, batches.labels, batches.latent, batches.batch_size, batches.seed
    )
    gan.compile()
    return gan.fit(last, epochs, verbose=0).history


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("options", [{}, {"loss": "hinge"}, {"loss": "least squares"}])
def test_every_parameter_moves(name, options):
    models = networks(name, 0.3)
    before = {part: convert.arrays(model) for part, model in models.items()}
    fit(name, gan_of(name, models, **options), AdversarialBatches(*examples(), 5, 13), 1)
    for part, model in models.items():
        for key, array in convert.arrays(model).items():
            assert (array != before[part][key]).any(), (part, key)


def test_both_frameworks_take_the_same_steps():
    """From the same weights, with the same examples and the same noise. The weights are large: at
    gradients near Adam's epsilon the two optimizers part, since they place it differently."""
    models = {name: networks(name, 0.5) for name in WINGS}
    for part in ("generator", "discriminator"):
        convert.copy(models["torch"][part], models["keras"][part])
    batches = AdversarialBatches(*examples(), 5, 8)
    histories = {name: fit(name, gan_of(name, models[name]), batches, 1) for name in WINGS}
    for key in ("d_loss", "g_loss", "real_probability", "fake_probability"):
        assert histories["keras"][key] == pytest.approx(histories["torch"][key], abs=2e-3), key
    start = convert.arrays(networks("torch", 0.5)["discriminator"])
    arrays = [convert.arrays(models[name]["discriminator"]) for name in WINGS]
    for key in start:
        moved = np.abs(arrays[0][key] - start[key]).mean()
        apart = np.abs(arrays[0][key] - arrays[1][key]).mean()
        assert apart < 0.2 * moved, key


class Point:
    """A generator and a critic of points, without batch norm, in either framework."""

    def __new__(cls, name, inputs, outputs):
        if name == "torch":
            from torch import nn

            return nn.Sequential(nn.Linear(inputs, 16), nn.Tanh(), nn.Linear(16, outputs))
        import keras

        dense = keras.layers.Dense
        return keras.Sequential(
            [keras.Input((inputs,)), dense(16, activation="tanh"), dense(outputs)]
        )


@pytest.mark.parametrize("name", WINGS)
def test_penalties_and_critic_steps_without_labels(name):
    """A critic under a gradient penalty learns slopes near 1; under R1 it stays flatter."""
    slopes = {}
    for label, options in {
        "none": {},
        "penalty": {"penalty": 10.0, "critic_steps": 4},
        "r1": {"r1": 50.0},
    }.items():
        wing_of(name)
        if name == "torch":
            import torch

            torch.manual_seed(0)
        else:
            import keras

            keras.utils.set_random_seed(0)
        models = {"generator": Point(name, 3, 2), "discriminator": Point(name, 2, 1)}
        gan = gan_of(name, models, loss="wasserstein", rate=1e-2, **options)
        batches = AdversarialBatches(ring(2048), None, 3, 64)
        if name == "torch":
            gan.fit(batches, 6, progress=False)
        else:
            gan.compile()
            gan.fit(batches, 6, verbose=0)
        points = tensor(name, ring(64, seed=1))
        squared = wing_of(name).r1_penalty(points, models["discriminator"])
        slopes[label] = float(numpy(squared)) ** 0.5
    assert 0.7 < slopes["penalty"] < 1.3
    assert slopes["r1"] < 0.2 and slopes["none"] > 2 * slopes["r1"]


@pytest.mark.parametrize("name", WINGS)
def test_a_batch_that_critic_steps_do_not_divide(name):
    gan = gan_of(name, networks(name), critic_steps=3)
    with pytest.raises(
        ValueError, match="batch_size: expected a multiple of critic_steps = 3, got"
    ):
        fit(name, gan, AdversarialBatches(*examples(), 5, 8), 1)


@pytest.mark.parametrize("name", WINGS)
def test_networks_without_weights_are_trained_too(name):
    """Keras's create theirs when they are built or called: a GAN sees to it."""
    wing = wing_of(name)
    models = {
        "generator": wing.Generator(**NETWORKS["generator"]),
        "discriminator": wing.Discriminator(**NETWORKS["discriminator"]),
    }
    gan = gan_of(name, models)
    fit(name, gan, AdversarialBatches(*examples(), 5, 13), 1)
    assert any(key.startswith("generator.") for key in gan.optimizer_arrays())


def test_keras_networks_that_do_not_know_their_inputs():
    wing_of("keras")
    import keras

    models = {
        "generator": keras.Sequential([keras.layers.Dense(2)]),
        "discriminator": keras.Sequential([keras.layers.Dense(1)]),
    }
    gan = gan_of("keras", models)
    gan.compile()
    gan.fit(AdversarialBatches(ring(16), None, 3, 8), 1, verbose=0)
    assert models["generator"].built and len(gan.optimizer_arrays()) == 2 * 6


def test_a_keras_network_is_built_once():
    for model in networks("keras", 0.5).values():
        before = convert.arrays(model)
        model.build()
        after = convert.arrays(model)
        assert all((after[key] == before[key]).all() for key in before)


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"penalty": -1.0}, ValueError, "penalty: expected a finite number, at least 0, got -1.0"),
        (
            {"penalty": np.nan},
            ValueError,
            "penalty: expected a finite .*, got nan",
        ),
        ({"r1": np.inf}, ValueError, "r1: expected a finite number, at least 0, got inf"),
        ({"r1": "1"}, TypeError, "r1: expected a finite number, at least 0, got '1'"),
        ({"rate": 0}, ValueError, "rate: expected a positive number, got 0"),
        ({"rate": -1e-3}, ValueError, "rate: expected a positive number, got -0.001"),
        ({"critic_steps": 0}, ValueError, "critic_steps: expected an integer, at least 1, got 0"),
        ({"generator": None}, TypeError, "generator: expected a .*, got NoneType"),
        ({"discriminator": len}, TypeError, "discriminator: expected a .*, got builtin_function"),
    ],
)
def test_settings_that_no_gan_can_have_are_refused(name, options, error, message):
    wing_of(name)
    models = {"generator": Point(name, 3, 2), "discriminator": Point(name, 2, 1)}
    with pytest.raises(error, match=message):
        gan_of(name, models | options)


@pytest.mark.parametrize("name", WINGS)
def test_networks_and_batches_that_do_not_fit_are_refused(name):
    wing_of(name)
    batches = AdversarialBatches(ring(16), None, 3, 8)
    gan = gan_of(name, {"generator": Point(name, 3, 2), "discriminator": Point(name, 2, 2)})
    if name == "keras":
        gan.compile()
    with pytest.raises(TypeError, match="batches: expected mmref.data.adversarial.Adversarial"):
        gan.fit(ring(16), 1)
    for epochs, error in ((0, ValueError), (1.5, TypeError), (None, TypeError)):
        with pytest.raises(error, match="epochs: expected an integer, at least 1"):
            gan.fit(batches, epochs)
    message = r"discriminator\(x\): expected .*, got \((8|None), 2\)"  # Keras: a size left open
    with pytest.raises(ShapeError, match=message):
        gan.fit(batches, 1)


@pytest.mark.parametrize("name", WINGS)
def test_an_interrupted_training_ends_with_the_same_weights(name, tmp_path):
    wing_of(name)
    settings = {"batch_size": 8, "every": 1, "networks": NETWORKS, "data": examples()}
    straight = train_gan.train(name, tmp_path / "straight", 4, **settings)
    train_gan.train(name, tmp_path / "broken", 1, **settings)
    train_gan.train(name, tmp_path / "broken", 3, **settings)
    broken = train_gan.train(name, tmp_path / "broken", 4, **settings)
    ours, theirs = checkpoints.load(straight), checkpoints.load(broken)
    assert ours.config == theirs.config
    pictures = {key for key in ours.arrays if key.startswith("strip")}
    assert {"strip.0", "strip.1", "strip.2", "strip.4"} == pictures
    for key, array in ours.arrays.items():
        if key not in pictures:
            np.testing.assert_array_equal(array, theirs.arrays[key], key)
    other = train_gan.train(name, tmp_path / "other", 4, seed=1, **settings)
    weights = "generator.paint.weight"
    assert (checkpoints.load(other).arrays[weights] != ours.arrays[weights]).any()


def test_a_state_of_other_settings_is_refused(tmp_path):
    wing_of("torch")
    settings = {"batch_size": 8, "every": 1, "networks": NETWORKS, "data": examples()}
    train_gan.train("torch", tmp_path, 1, **settings)
    with pytest.raises(SystemExit, match="is of other settings"):
        train_gan.train("torch", tmp_path, 1, **settings | {"batch_size": 9})


@pytest.mark.parametrize("name", WINGS)
def test_with_r1_there_is_no_batch_norm_in_the_discriminator(name, tmp_path):
    wing_of(name)
    images, labels = examples()
    larger = images.repeat(2, axis=2).repeat(2, axis=3)  # at 8 x 8 no block has a norm anyway
    networks = {player: kept | {"size": 16} for player, kept in NETWORKS.items()}
    settings = {"batch_size": 8, "networks": networks, "data": (larger, labels)}
    found = {}
    for r1 in (0.0, 1.0, 100.0):
        path = train_gan.train(name, tmp_path / str(r1), 2, r1=r1, **settings)
        assert path.stem == (f"{name}_r1" if r1 else name)
        found[r1] = checkpoints.load(path)
    norms = {
        r1: [key for key in kept.part("discriminator") if ".norm." in key]
        for r1, kept in found.items()
    }
    assert norms[0.0] and not norms[1.0] and not norms[100.0]
    assert found[1.0].config["discriminator"]["norm"] is False and found[1.0].config["r1"] == 1.0
    weights = "discriminator.judge.weight"
    assert (found[1.0].arrays[weights] != found[100.0].arrays[weights]).any()
