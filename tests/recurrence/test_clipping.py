"""Clipping gradients by their norm."""

import numpy as np
import pytest

from mmref.reference import recurrence as reference
from tests.messages import assert_raises, error_of
from tests.wings import numpy


def gradients(scale):
    rng = np.random.default_rng(0)
    return {"W": scale * rng.normal(size=(3, 4)), "b": scale * rng.normal(size=4)}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_clipping_equals_the_frameworks(scale):
    torch = pytest.importorskip("torch")
    clipped, norm = reference.clip_by_global_norm(gradients(scale), 2.0)
    parameters = [torch.nn.Parameter(torch.tensor(g)) for g in gradients(scale).values()]
    for parameter in parameters:
        parameter.grad = parameter.detach().clone()
    told = torch.nn.utils.clip_grad_norm_(parameters, 2.0)
    assert float(told) == pytest.approx(norm, rel=1e-12)
    for ours, parameter in zip(clipped.values(), parameters, strict=True):
        # PyTorch adds 1e-6 to the norm that it divides by.
        np.testing.assert_allclose(parameter.grad.numpy(), ours, rtol=1e-6)

    keras = pytest.importorskip("keras")
    variables = [keras.Variable(np.zeros(g.shape), dtype="float64") for g in clipped.values()]
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=2.0)
    as_tensors = [keras.ops.convert_to_tensor(g) for g in gradients(scale).values()]
    optimizer.apply(as_tensors, variables)
    for ours, variable in zip(clipped.values(), variables, strict=True):
        np.testing.assert_allclose(-numpy(variable), ours, rtol=1e-6)


def test_clipping_keeps_the_direction_and_leaves_short_gradients_alone():
    g = gradients(1e3)
    clipped, norm = reference.clip_by_global_norm(g, 2.0)
    after = np.sqrt(sum((a**2).sum() for a in clipped.values()))
    assert norm > 2 and after == pytest.approx(2)
    for name in g:
        np.testing.assert_allclose(clipped[name] * norm, 2 * g[name])
    short = gradients(1e-3)
    for name, array in reference.clip_by_global_norm(short, 2.0)[0].items():
        np.testing.assert_array_equal(array, short[name])
    zeros = reference.clip_by_global_norm({"W": np.zeros(3)}, 2.0)
    np.testing.assert_array_equal(zeros[0]["W"], 0)
    clip = reference.clip_by_global_norm
    for limit in (0.0, -1.0, float("nan"), None, "1", True, np.ones(2)):
        message = f"limit: expected a positive number, got {limit!r}"
        assert_raises(error_of(message), message, lambda c=limit: clip(g, c))
    message = "gradients: expected a mapping from name to array, got list"
    assert_raises(TypeError, message, lambda: reference.clip_by_global_norm([np.ones(2)], 1.0))


@pytest.mark.parametrize("dtype, size", [("float64", 1e200), ("float32", 1e30)])
def test_clipping_what_is_very_long(dtype, size):
    """A square would overflow, and everything would become zero."""
    g = {"W": np.array([3 * size, 0], dtype), "b": np.array([4 * size], dtype)}
    clipped, norm = reference.clip_by_global_norm(g, 1.0)
    assert norm == pytest.approx(5 * size)
    np.testing.assert_allclose(clipped["W"], [0.6, 0], rtol=1e-6)
    np.testing.assert_allclose(clipped["b"], [0.8], rtol=1e-6)
    assert clipped["W"].dtype == dtype


def test_clipping_to_infinity_and_of_no_numbers():
    g = gradients(1e3)
    for name, array in reference.clip_by_global_norm(g, float("inf"))[0].items():
        np.testing.assert_array_equal(array, g[name])
    for bad in (np.nan, np.inf):
        clipped, norm = reference.clip_by_global_norm({"W": np.ones(2), "b": np.array([bad])}, 1.0)
        assert not np.isfinite(norm)
        assert all(np.isnan(a).all() for a in clipped.values())
