"""The networks, their training and their checkpoints; everything here is tiny."""

import importlib
import json

import numpy as np
import pytest

from mmref import convert
from mmref.data import checkpoints
from mmref.data.adversarial import (
    AdversarialBatches,
    diversity,
    nearest,
    nudge,
    ring,
    ring_centers,
    ring_scores,
)
from mmref.errors import DataError, ShapeError
from scripts import train_gan
from tests.wings import WINGS, numpy, tensor, wing_of

NETWORKS = {
    "generator": {"classes": 3, "size": 8, "latent": 5, "embedding": 4, "width": 4},
    "discriminator": {"classes": 3, "size": 8, "width": 4},
}


def examples(count=26):
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, size=(count, 3, 8, 8)).astype("float32"), rng.integers(0, 3, count)


def networks(name, scale=None):
    """Both networks; with ``scale``, weights of that size instead of 0.02."""
    wing = wing_of(name)
    models = {
        "generator": wing.Generator(**NETWORKS["generator"]),
        "discriminator": wing.Discriminator(**NETWORKS["discriminator"]),
    }
    for i, model in enumerate(models.values()):
        rng = np.random.default_rng(i)
        arrays = convert.arrays(model)
        if scale:
            drawn = {n: scale * rng.normal(size=a.shape) for n, a in arrays.items() if a.ndim > 1}
            convert.set_arrays(model, arrays | drawn)
    return models


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


# ---- networks ----


def test_the_networks_agree_after_conversion():
    models = {name: networks(name, 0.5) for name in WINGS}
    for part in ("generator", "discriminator"):
        convert.copy(models["torch"][part], models["keras"][part])
    rng = np.random.default_rng(1)
    noise, labels = rng.normal(size=(6, 5)).astype("float32"), np.arange(6) % 3
    for training in (False, True):
        drawn, judged = {}, {}
        for name in WINGS:
            generator, discriminator = models[name].values()
            options = {"training": training} if name == "keras" else {}
            if name == "torch":
                generator.train(training), discriminator.train(training)
            given = tensor(name, noise), tensor(name, labels)
            images = generator(*given, **options)
            drawn[name] = numpy(images)
            judged[name] = numpy(discriminator(images, given[1], **options))
        same = convert.to_channels_first(drawn["keras"])
        np.testing.assert_allclose(same, drawn["torch"], atol=1e-5)
        np.testing.assert_allclose(judged["keras"], judged["torch"], atol=1e-4)
        assert np.abs(drawn["torch"]).max() <= 1 and drawn["torch"].std() > 0.1


@pytest.mark.parametrize("name", WINGS)
def test_weights_start_as_published(name):
    wing = wing_of(name)
    for model in (wing.Generator(8), wing.Discriminator(8)):
        for key, array in convert.arrays(model).items():
            if key.endswith("scale") or key.endswith("variance"):
                assert (array == 1).all()
            elif array.ndim == 1:
                assert not array.any()
            else:
                assert array.std() == pytest.approx(0.02, rel=0.2), key
                assert abs(array.mean()) < 4 * 0.02 / np.sqrt(array.size), key


@pytest.mark.parametrize("name", WINGS)
def test_the_label_matters_to_both(name):
    generator, discriminator = networks(name, 0.5).values()
    noise = np.random.default_rng(0).normal(size=(1, 5)).astype("float32").repeat(3, axis=0)
    images = numpy(generator(tensor(name, noise), tensor(name, np.arange(3))))
    assert np.abs(images[0] - images[1]).max() > 0.01
    same = tensor(name, images[:1].repeat(3, axis=0))
    logits = numpy(discriminator(same, tensor(name, np.arange(3))))
    assert len(set(logits.round(5).tolist())) == 3


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("options", [{}, {"loss": "hinge"}, {"loss": "least squares"}])
def test_every_parameter_moves(name, options):
    models = networks(name, 0.3)
    before = {part: convert.arrays(model) for part, model in models.items()}
    fit(name, gan_of(name, models, **options), AdversarialBatches(*examples(), 5, 13), 1)
    for part, model in models.items():
        for key, array in convert.arrays(model).items():
            assert (array != before[part][key]).any(), (part, key)


# ---- training ----


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
        ShapeError, match="batch_size: expected a multiple of critic_steps = 3, got"
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
        ({"penalty": -1.0}, ValueError, r"penalty: expected a number in \[0, inf\), got -1.0"),
        ({"penalty": np.nan}, ValueError, r"penalty: expected a number in \[0, inf\), got nan"),
        ({"r1": np.inf}, ValueError, r"r1: expected a number in \[0, inf\), got inf"),
        ({"r1": "1"}, ValueError, r"r1: expected a number in \[0, inf\), got '1'"),
        ({"rate": 0}, ShapeError, "rate: expected a positive number, got 0"),
        ({"rate": -1e-3}, ShapeError, "rate: expected a positive number, got -0.001"),
        ({"critic_steps": 0}, ShapeError, "critic_steps: expected an integer, at least 1, got 0"),
        ({"generator": None}, TypeError, "generator: expected a .*, got NoneType"),
        ({"discriminator": len}, TypeError, "discriminator: expected a .*, got builtin_function"),
    ],
)
def test_bad_settings(name, options, error, message):
    wing_of(name)
    models = {"generator": Point(name, 3, 2), "discriminator": Point(name, 2, 1)}
    with pytest.raises(error, match=message):
        gan_of(name, models | options)


@pytest.mark.parametrize("name", WINGS)
def test_bad_trainings(name):
    wing_of(name)
    batches = AdversarialBatches(ring(16), None, 3, 8)
    gan = gan_of(name, {"generator": Point(name, 3, 2), "discriminator": Point(name, 2, 2)})
    if name == "keras":
        gan.compile()
    with pytest.raises(TypeError, match="batches: expected mmref.data.adversarial.Adversarial"):
        gan.fit(ring(16), 1)
    for epochs in (0, 1.5, None):
        with pytest.raises(ShapeError, match="epochs: expected an integer, at least 1"):
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


# ---- batches and the ring ----


def test_batches_repeat_and_differ():
    batches = AdversarialBatches(*examples(), 5, 8, seed=3)
    assert len(batches) == 3
    first = batches.batch(0, 1)
    again = AdversarialBatches(*examples(), 5, 8, seed=3).batch(0, 1)
    assert all((first[key] == again[key]).all() for key in first)
    for epoch, index in ((0, 0), (1, 1)):
        other = batches.batch(epoch, index)
        assert all((first[key] != other[key]).any() for key in ("real", "noise", "mix"))
    rows = np.concatenate([batches.batch(0, i)["real"] for i in range(3)])
    assert len(np.unique(rows.reshape(24, -1), axis=0)) == 24  # none twice


def test_augmentation_sees_the_real_examples():
    batches = AdversarialBatches(*examples(), 5, 8, augment=lambda real, rng: 0 * real)
    assert not batches.batch(0, 0)["real"].any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, y: AdversarialBatches(x, y, batch_size=27), "real: expected at least 27 rows"),
        (
            lambda x, y: AdversarialBatches(x, y[1:], batch_size=8),
            r"labels: expected integers \(26,\), one for each of real, got int64 \(25,\)",
        ),
        (lambda x, y: batches_of(x, y.astype(float)), r"labels: .*, got float64 \(26,\)"),
        (lambda x, y: batches_of(x, y > 1), r"labels: .*, got bool \(26,\)"),
        (lambda x, y: batches_of(x, y[:, None]), r"labels: .*, got int64 \(26, 1\)"),
        (lambda x, y: batches_of(x.astype("uint8"), y), "real: expected floating-point numbers"),
        (lambda x, y: batches_of(x[0, 0, 0, 0], None), r"real: expected \(N, ...\), got \(\)"),
        (lambda x, y: AdversarialBatches(x, y, latent=0), "latent: expected an integer"),
        (lambda x, y: batches_of(x, y, seed=None), "seed: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y, seed=-1), "seed: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y, seed=1.5), "seed: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y).batch(0, 3), "index: expected below 3, the number of"),
        (lambda x, y: batches_of(x, y).batch(0, -1), "index: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y).batch(-1, 0), "epoch: expected an integer, at least 0"),
        (
            lambda x, y: batches_of(x, y, augment=lambda real, rng: real[:1]).batch(0, 0),
            r"augment\(real\): expected 8 rows as it was given, got \(1, 3, 8, 8\)",
        ),
        (
            lambda x, y: batches_of(x, y, augment=lambda real, rng: None).batch(0, 0),
            r"augment\(real\): expected 8 rows as it was given, got \(\)",
        ),
    ],
)
def test_bad_batches(make, message):
    with pytest.raises(ShapeError, match=message):
        make(*examples())


def batches_of(real, labels, **options):
    return AdversarialBatches(real, labels, batch_size=8, **options)


def test_augmentation_is_a_function():
    with pytest.raises(TypeError, match="augment: expected a function or None, got float"):
        batches_of(*examples(), augment=0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, rng: nudge(x.astype("uint8"), rng), "images: expected floating-point numbers"),
        (lambda x, rng: nudge(x[0], rng), r"images: expected four axes, .*, got \(3, 8, 8\)"),
        (lambda x, rng: nudge(x, rng, -1), "most: expected an integer, at least 0, got -1"),
        (lambda x, rng: nudge(x, rng, 1.5), "most: expected an integer, at least 0, got 1.5"),
        (lambda x, rng: nudge(x, None), "rng: expected a numpy.random.Generator, got NoneType"),
        (lambda x, rng: nudge(x, 0), "rng: expected a numpy.random.Generator, got int"),
    ],
)
def test_bad_nudges(call, message):
    with pytest.raises(ShapeError, match=message):
        call(examples()[0], np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: ring_scores(p.astype(int)), "points: expected floating-point numbers, got int"),
        (lambda p: ring_scores(p[:, :1]), r"points: expected \(N, 2\), N at least 1, got \(9, 1\)"),
        (lambda p: ring_scores(p[0]), r"points: expected \(N, 2\), N at least 1, got \(2,\)"),
        (lambda p: ring_scores(p[:0]), r"points: expected \(N, 2\), N at least 1, got \(0, 2\)"),
        (lambda p: ring_scores(p, deviation=0), "deviation: expected a positive number, got 0"),
        (lambda p: ring_scores(p, radius=-1.0), "radius: expected a positive number, got -1.0"),
        (lambda p: ring_scores(p, modes=0), "modes: expected an integer, at least 1, got 0"),
        (lambda p: ring(0), "count: expected an integer, at least 1, got 0"),
        (lambda p: ring(3, deviation=-1), "deviation: expected a positive number, got -1"),
    ],
)
def test_bad_rings(call, message):
    with pytest.raises(ShapeError, match=message):
        call(ring(9))


def test_points_that_are_nan_are_not_good():
    assert ring_scores(np.full((9, 2), np.nan)) == {"modes": 0, "quality": 0.0}


def test_scores_on_the_ring():
    points = ring(4000, seed=1)
    assert ring_scores(points)["modes"] == 8 and ring_scores(points)["quality"] > 0.998
    one = points[np.linalg.norm(points - ring_centers()[3], axis=1) < 0.5]
    assert ring_scores(one)["modes"] == 1
    assert ring_scores(np.zeros((100, 2))) == {"modes": 0, "quality": 0.0}
    far = np.concatenate([points, points + 1])
    assert ring_scores(far)["quality"] == pytest.approx(0.5, abs=0.02)


# ---- how good pictures are ----


def test_diversity_is_within_labels():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [200, 300, 400])
    pictures = rng.normal(size=(900, 3, 8, 8)) * np.array([0.2, 0.4, 0.9])[labels, None, None, None]
    assert diversity(pictures, labels) == pytest.approx(0.5, abs=0.005)  # labels count alike
    far = pictures + 10 * labels[:, None, None, None]
    assert diversity(far, labels) == pytest.approx(diversity(pictures, labels))
    bright = pictures + 10 * np.arange(3)[:, None, None]  # nor does it matter where colors lie
    assert diversity(bright, labels) == pytest.approx(diversity(pictures, labels))
    one = rng.normal(size=(3, 3, 8, 8))[labels]
    assert diversity(one, labels) == pytest.approx(0, abs=1e-12)
    assert diversity(np.array([[0.0], [2.0]]), np.zeros(2, int)) == pytest.approx(2**0.5)


def blots(count, seed):
    """Smooth pictures, many of them alike, with a border that is not white."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(-1, 1, size=(count, 3, 4, 3)).repeat(4, axis=2).repeat(4, axis=3)
    return (0.7 * coarse + 0.3 * rng.uniform(-1, 1, size=coarse.shape)).astype("float32")


@pytest.mark.parametrize("most", [0, 1, 3])
def test_nearest_is_what_a_search_of_all_moves_finds(most):
    pictures, training = blots(12, 0), blots(60, 1)
    pictures[:6] = 0.6 * pictures[:6] + 0.4 * training[:6]
    frame = [(0, 0), (0, 0), (most, most), (most, most)]
    padded = np.pad(training, frame, constant_values=1.0)
    all_moves = [
        padded[:, :, i : i + 16, j : j + 12]
        for i in range(2 * most + 1)
        for j in range(2 * most + 1)
    ]
    gaps = [
        [np.sqrt(((moved - picture) ** 2).mean(axis=(1, 2, 3))) for moved in all_moves]
        for picture in pictures
    ]
    gaps = np.array(gaps).min(axis=1)  # (12, 60)
    distances, rows = nearest(pictures, training, most)
    np.testing.assert_allclose(distances, gaps.min(axis=1), atol=1e-5)
    np.testing.assert_array_equal(rows, gaps.argmin(axis=1))
    assert [len(part) for part in nearest(pictures[:0], training, most)] == [0, 0]


def test_nearest_finds_moved_copies():
    training = blots(20, 0)
    moved = np.ones_like(training[:2])
    moved[0, :, 3:, :-2] = training[4, :, :-3, 2:]
    moved[1, :, :, 1:] = training[7, :, :, :-1]
    distances, rows = nearest(moved, training)
    np.testing.assert_allclose(distances, 0, atol=1e-5)
    assert rows.tolist() == [4, 7]
    too_far, _ = nearest(moved, training, most=2)
    assert too_far[0] > 0.1 and too_far[1] < 1e-5
    brighter, _ = nearest(training + 0.25, training, most=0)
    assert brighter == pytest.approx(0.25, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: diversity(x.astype(int), y), "pictures: expected floating-point numbers"),
        (lambda x, y: diversity(x, y[1:]), r"labels: expected integers \(6,\), one for each of"),
        (lambda x, y: diversity(x, y / 2), "labels: expected integers .*, got float64"),
        (lambda x, y: diversity(x, np.arange(6)), "labels: expected at least two pictures"),
        (lambda x, y: diversity(x[:0], y[:0]), "labels: expected at least two pictures"),
        (lambda x, y: nearest(x.astype(int), x), "pictures: expected floating-point numbers"),
        (lambda x, y: nearest(x, x.astype(int)), "training: expected floating-point numbers"),
        (lambda x, y: nearest(x[0], x), r"pictures: expected \(N, C, H, W\)"),
        (lambda x, y: nearest(x, x[..., 1:]), r"training: expected \(N, C, H, W\)"),
        (lambda x, y: nearest(x.transpose(0, 2, 3, 1), x), r"pictures: expected \(N, C, H, W\)"),
        (lambda x, y: nearest(x, x[:, :1]), r"training: expected \(T, 3, 16, 12\)"),
        (lambda x, y: nearest(x, x[:0]), r"training: expected \(T, 3, 16, 12\), T at least 1"),
        (lambda x, y: nearest(x, x, -1), "most: expected an integer, at least 0"),
        (lambda x, y: nearest(x, x, 12), r"most: expected less than H and W = \(16, 12\), got 12"),
    ],
)
def test_bad_pictures(call, message):
    with pytest.raises(ShapeError, match=message):
        call(blots(6, 0), np.arange(6) % 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pictures_that_are_not_finite(bad):
    whole, broken = blots(6, 0), blots(6, 0)
    broken[0, 0, 0, 0] = bad
    with pytest.raises(ValueError, match="pictures: expected finite numbers"):
        diversity(broken, np.arange(6) % 3)
    with pytest.raises(ValueError, match="pictures: expected finite numbers"):
        nearest(broken, whole)
    with pytest.raises(ValueError, match="training: expected finite numbers"):
        nearest(whole, broken)


# ---- checkpoints ----


@pytest.mark.parametrize("source", WINGS)
def test_a_checkpoint_loads_in_both_frameworks(source, tmp_path):
    models = {name: networks(name, 0.4 + i) for i, name in enumerate(WINGS)}
    path = tmp_path / "both.safetensors"
    checkpoints.save(path, checkpoints.arrays_of(**models[source]), {"epochs": 3})
    loaded = checkpoints.load(path)
    assert loaded.config == {"epochs": 3}
    for name in WINGS:
        for part, model in models[name].items():
            loaded.into(model, part)
            for key, array in convert.arrays(model).items():
                np.testing.assert_array_equal(array, loaded.arrays[f"{part}.{key}"])


def test_bad_checkpoints(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    wing_of("torch")
    with pytest.raises(DataError, match="none.safetensors: missing file"):
        checkpoints.load(tmp_path / "none.safetensors")
    path = tmp_path / "good.safetensors"
    models = networks("torch")
    checkpoints.save(path, checkpoints.arrays_of(**models), {})
    whole = path.read_bytes()
    for count in (0, 5, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:count])
        with pytest.raises(DataError, match="good.safetensors: no checkpoint: cut short"):
            checkpoints.load(path)
    path.write_bytes(b"PK\x03\x04" + whole[4:])
    with pytest.raises(DataError, match="no checkpoint"):
        checkpoints.load(path)
    safetensors.save_file({"x": np.zeros(3)}, path)
    with pytest.raises(DataError, match="foreign checkpoint"):
        checkpoints.load(path)


def test_a_checkpoint_of_another_model(tmp_path):
    path = tmp_path / "good.safetensors"
    models = networks("torch", 0.5)
    checkpoints.save(path, checkpoints.arrays_of(**models), {})
    loaded = checkpoints.load(path)
    wider = wing_of("torch").Generator(**NETWORKS["generator"] | {"width": 8})
    before = convert.arrays(wider)
    with pytest.raises(ShapeError, match="target.blocks.0.conv.weight: expected"):
        loaded.into(wider, "generator")
    with pytest.raises(ShapeError, match="target"):
        loaded.into(models["generator"], "discriminator")
    message = "no part 'painter': parts: discriminator, generator"
    with pytest.raises(DataError, match=message):
        loaded.into(models["generator"], "painter")
    with pytest.raises(DataError, match=message):
        loaded.part("painter")
    after = convert.arrays(wider)
    assert all((before[key] == after[key]).all() for key in before)  # nothing was written


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "kept.safetensors"
    checkpoints.save(path, {"x": np.ones(3)}, {"a": 1})

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", stop)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(path, {"x": np.zeros(3)}, {"a": 2})
    kept = checkpoints.load(path)
    assert kept.config == {"a": 1} and kept.arrays["x"].all()


def test_the_configuration_is_json(tmp_path):
    path = tmp_path / "c.safetensors"
    config = {"list": [1, 2.5, None], "text": "名"}
    checkpoints.save(path, {"x": np.ones(1)}, config)
    assert checkpoints.load(path).config == json.loads(json.dumps(config)) == config
    for bad, error in (({"loss": np.nan}, ValueError), ({"x": np.ones(1)}, TypeError)):
        with pytest.raises(error, match="config: expected what JSON can hold"):
            checkpoints.save(path, {"x": np.ones(1)}, bad)
    assert checkpoints.load(path).config == config  # the old file is still there
    assert [file.name for file in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.parametrize("bad", [np.array([None, {}]), np.array(["word"]), np.ones(2, complex)])
def test_arrays_of_a_checkpoint_are_numbers(bad, tmp_path):
    with pytest.raises(ShapeError, match=r"arrays\['x'\]: expected numbers or booleans, got"):
        checkpoints.save(tmp_path / "c.safetensors", {"x": bad}, {})


def test_a_folder_is_no_checkpoint(tmp_path):
    message = f"{tmp_path.name}: no checkpoint: expected a file, got a directory"
    with pytest.raises(DataError, match=message):
        checkpoints.load(tmp_path)
    with pytest.raises(DataError, match=message):
        checkpoints.save(tmp_path, {"x": np.ones(1)}, {})


def test_a_checkpoint_is_shown_in_a_line(tmp_path):
    path = tmp_path / "c.safetensors"
    arrays = {"draw.a": np.ones(9000), "draw.b.c": np.ones(1), "judge.a": np.ones(1)}
    checkpoints.save(path, arrays, {"epochs": 3, "seed": 0})
    loaded = checkpoints.load(path)
    assert repr(loaded) == "Checkpoint(arrays: draw 2, judge 1; config: epochs, seed)"
    assert list(loaded.part("draw.b")) == ["c"]
