"""Power iteration, and the frameworks' own spectral normalization."""

import numpy as np
import pytest

from mmref.reference import spectral
from tests.wings import numpy, tensor, wing_of

torch = pytest.importorskip("torch")


pytestmark = pytest.mark.each_backend


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_weight_of_zeros(name):
    wing, weight = wing_of(name), np.zeros((3, 2))
    u, v = spectral.power_iteration(weight, np.ones(3))
    assert not u.any() and not v.any()
    assert not spectral.spectral_normalization(weight, u, v).any()
    w = tensor(name, weight)
    vectors = wing.power_iteration(w, tensor(name, np.ones(3)))
    assert not numpy(wing.spectral_normalization(w, *vectors)).any()


def a_weight(shape, axis, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.normal(size=shape[axis])


@pytest.mark.parametrize(("shape", "axis"), [((4, 6), 0), ((4, 3, 2, 2), 1), ((2, 3, 5), -1)])
def test_power_iteration_finds_the_largest_singular_value(shape, axis):
    weight, start = a_weight(shape, axis)
    exact = spectral.spectral_norm(weight, axis)
    assert exact == pytest.approx(
        np.linalg.svd(np.moveaxis(weight, axis, 0).reshape(shape[axis], -1))[1][0]
    )
    matrix = np.moveaxis(weight, axis, 0).reshape(shape[axis], -1)
    estimates = []
    for steps in (1, 2, 4, 8, 200):
        u, v = spectral.power_iteration(weight, start, steps, axis)
        estimates.append(u @ matrix @ v)
    assert estimates == sorted(estimates) and estimates[0] < exact
    assert estimates[-1] == pytest.approx(exact, rel=1e-10)
    normalized = spectral.spectral_normalization(weight, u, v, axis)
    assert spectral.spectral_norm(normalized, axis) == pytest.approx(1)


@pytest.mark.parametrize("name", ["torch", "keras"])
@pytest.mark.parametrize("steps", [1, 3])
def test_power_iteration_is_the_same_in_the_wings(name, steps):
    for shape, axis in (((4, 6), 0), ((4, 3, 2, 2), 1), ((2, 3, 5), -1)):
        weight, start = a_weight(shape, axis)
        expected = spectral.power_iteration(weight, start, steps, axis)
        found = wing_of(name).power_iteration(
            tensor(name, weight), tensor(name, start), steps, axis
        )
        for ours, theirs in zip(expected, found):
            np.testing.assert_allclose(numpy(theirs), ours, atol=1e-12)


def test_power_iteration_is_a_constant_in_pytorch():
    weight, start = (torch.tensor(a, requires_grad=True) for a in a_weight((4, 6), 0))
    u, v = wing_of("torch").power_iteration(weight, start)
    assert not u.requires_grad and not v.requires_grad


def test_power_iteration_is_a_constant_in_keras():
    wing = wing_of("keras")
    from mmref.keras.differentiate import pull_back

    leaves = [tensor("keras", a) for a in a_weight((4, 6), 0)]
    for part in (0, 1):
        value, pull = pull_back(lambda given, part=part: wing.power_iteration(*given)[part], leaves)
        assert all((numpy(slope) == 0).all() for slope in pull(value))


@pytest.mark.parametrize(("shape", "axis"), [((4, 6), 0), ((4, 3, 2, 2), 0), ((4, 3, 2, 2), 1)])
def test_the_parametrization_of_torch(shape, axis):
    """The same weight and the same gradient, u and v taken from it."""
    from torch.nn.utils.parametrizations import spectral_norm

    weight, _ = a_weight(shape, axis)
    holder = torch.nn.Module()
    holder.weight = torch.nn.Parameter(torch.tensor(weight))
    (parametrized,) = spectral_norm(holder, dim=axis).parametrizations.weight
    theirs = torch.tensor(weight, requires_grad=True)
    value = parametrized(theirs)
    u, v = parametrized._u.numpy(), parametrized._v.numpy()
    expected = spectral.spectral_normalization(weight, u, v, axis)
    np.testing.assert_allclose(value.detach().numpy(), expected, atol=1e-12)
    grad = np.random.default_rng(1).normal(size=shape)
    value.backward(torch.tensor(grad))
    d_weight, *_ = spectral.spectral_normalization_gradient(grad, weight, u, v, axis)
    np.testing.assert_allclose(theirs.grad.numpy(), d_weight, atol=1e-12)


def test_the_layer_of_keras_overwrites_its_kernel():
    """Its value is ours, from one step of the same start; but the kernel itself is replaced."""
    keras = pytest.importorskip("keras")
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(4, use_bias=False))
    layer.build((None, 6))
    rng = np.random.default_rng(0)
    kernel, start = (rng.normal(size=s).astype("float32") for s in ((6, 4), (4,)))
    layer.layer.kernel.assign(kernel)
    layer.vector_u.assign(start[None])
    layer(keras.ops.ones((2, 6)), training=True)
    expected = spectral.spectral_normalization(
        kernel, *spectral.power_iteration(kernel, start, 1, -1), -1
    )
    after = keras.ops.convert_to_numpy(layer.layer.kernel)
    np.testing.assert_allclose(after, expected, atol=1e-6)
    assert np.abs(after - kernel).max() > 0.1
