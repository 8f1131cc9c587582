"""Batch norm as a layer: running statistics by both frameworks' conventions, in both wings."""

import numpy as np
import pytest

from mmref import convert
from mmref.reference.normalization import batch_norm, running_statistics
from tests.wings import WINGS, numpy, tensor, wing_of

CHANNELS = 4
# epsilon, the weight of the new, and whether the stored variance is unbiased.
CONVENTIONS = {"torch": (1e-5, 0.1, True), "keras": (1e-3, 0.01, False)}


def batches(count=3):
    rng = np.random.default_rng(0)
    # Few numbers in a channel, so that m / (m - 1) is far from 1.
    return [rng.normal(1, 2, size=(2, CHANNELS, 1, 3)).astype("float32") for _ in range(count)]


def last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def run(name, layer, x, training):
    if name == "keras":
        y = layer(tensor(name, last(x)), training=training)
        return np.moveaxis(numpy(y), -1, 1)
    return numpy(layer.train(training)(tensor(name, x)))


def theirs(name):
    if name == "torch":
        import torch

        return torch.nn.BatchNorm2d(CHANNELS)
    import keras

    layer = keras.layers.BatchNormalization()
    layer.build((None, None, None, CHANNELS))
    return layer


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", WINGS)
def test_training_then_inference(name, convention):
    epsilon, momentum, unbiased = CONVENTIONS[convention]
    layer = wing_of(name).BatchNorm2d(CHANNELS, epsilon, momentum, unbiased)
    if name == "keras":
        layer.build(None)
    scale, shift = np.arange(1.0, 5), np.arange(4.0)
    mean, variance = np.zeros(CHANNELS), np.ones(CHANNELS)
    start = {"scale": scale, "shift": shift, "mean": mean, "variance": variance}
    convert.set_arrays(layer, {n: a.astype("float32") for n, a in start.items()})
    for x in batches():
        expected = batch_norm(x, scale, shift, epsilon=epsilon)
        np.testing.assert_allclose(run(name, layer, x, True), expected, atol=2e-5)
        mean, variance = running_statistics(x, mean, variance, momentum, unbiased)
    stored = convert.arrays(layer)
    np.testing.assert_allclose(stored["mean"], mean, atol=1e-6)
    np.testing.assert_allclose(stored["variance"], variance, atol=1e-6)
    expected = batch_norm(x, scale, shift, mean, variance, epsilon)
    np.testing.assert_allclose(run(name, layer, x, False), expected, atol=1e-5)
    again = convert.arrays(layer)  # inference stores nothing
    assert all((again[n] == stored[n]).all() for n in stored)


@pytest.mark.parametrize("name", WINGS)
def test_the_frameworks_own_conventions(name):
    epsilon, momentum, unbiased = CONVENTIONS[name]
    ours, other = wing_of(name).BatchNorm2d(CHANNELS, epsilon, momentum, unbiased), theirs(name)
    for x in batches():
        np.testing.assert_allclose(run(name, ours, x, True), run(name, other, x, True), atol=2e-6)
    one, two = convert.arrays(ours), convert.arrays(other)
    assert list(one) == list(two)
    for array in one:
        np.testing.assert_allclose(one[array], two[array], atol=1e-6, err_msg=array)


@pytest.mark.parametrize("name", WINGS)
def test_the_conventions_differ(name):
    """So that the tests above can fail."""
    layers = [wing_of(name).BatchNorm2d(CHANNELS, *c) for c in CONVENTIONS.values()]
    layers.append(wing_of(name).BatchNorm2d(CHANNELS, 1e-5, 0.1, False))
    for layer in layers:
        for x in batches():
            run(name, layer, x, True)
    variances = [convert.arrays(layer)["variance"] for layer in layers]
    assert np.abs(variances[0] - variances[1]).min() > 1e-2
    assert np.abs(variances[0] - variances[2]).min() > 1e-2


@pytest.mark.parametrize("name", WINGS)
def test_dense_features_too(name):
    """(B, D): every feature is a channel."""
    x = np.random.default_rng(1).normal(size=(6, CHANNELS)).astype("float32")
    layer = wing_of(name).BatchNorm2d(CHANNELS)
    y = layer(tensor(name, x), training=True) if name == "keras" else layer(tensor(name, x))
    expected = batch_norm(x, np.ones(CHANNELS), np.zeros(CHANNELS))
    np.testing.assert_allclose(numpy(y), expected, atol=1e-5)


def test_from_pytorch_to_keras():
    torch = pytest.importorskip("torch")
    pytest.importorskip("keras")
    source = torch.nn.BatchNorm2d(CHANNELS)
    for x in batches():
        run("torch", source, x, True)
    with torch.no_grad():
        source.weight.uniform_(0.5, 2)
        source.bias.uniform_(-1, 1)
    target = wing_of("keras").BatchNorm2d(CHANNELS)
    convert.copy(source, target)
    expected = run("torch", source, batches()[0], False)
    np.testing.assert_allclose(run("keras", target, batches()[0], False), expected, atol=1e-5)


def test_keras_average_pooling_depends_on_the_backend():
    """On PyTorch, Keras repeats the border for the odd row of "same" and counts it; on TensorFlow
    it counts pixels alone, as its documentation says. Compare with that once they are one."""
    keras = pytest.importorskip("keras")
    from mmref.reference.pooling import avg_pool2d

    x = np.arange(16, dtype="float32").reshape(1, 1, 4, 4) ** 2
    theirs = keras.layers.AveragePooling2D(3, 2, "same")(last(x))
    difference = np.moveaxis(numpy(theirs), -1, 1) - avg_pool2d(x, 3, 2, "same")
    agrees = bool(np.abs(difference).max() < 1e-4)
    assert agrees == (keras.backend.backend() != "torch")
