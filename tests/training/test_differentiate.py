"""Derivatives on Keras's current backend."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from mmref.keras.differentiate import pull_back, value_and_gradients  # noqa: E402

pytestmark = pytest.mark.each_backend


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor).tolist()


def test_value_and_vector_jacobian_product():
    x, y = keras.ops.array([1.0, 2.0]), keras.ops.array([3.0, 5.0])
    value, pull = pull_back(lambda leaves: leaves[0] ** 2 * leaves[1], [x, y])
    assert numbers(value) == [3.0, 20.0]
    for grad in ([1.0, 10.0], [2.0, 0.0]):  # as often as one likes
        found = [numbers(g) for g in pull(keras.ops.array(grad))]
        assert found == [[6 * grad[0], 20 * grad[1]], [grad[0], 4 * grad[1]]]


def test_zeros_where_nothing_depends():
    x, y = keras.ops.array([1.0, 2.0]), keras.ops.array([[3.0]])
    _, pull = pull_back(lambda leaves: 2 * leaves[0], [x, y])
    assert [numbers(g) for g in pull(keras.ops.ones(2))] == [[2.0, 2.0], [[0.0]]]
    _, pull = pull_back(lambda leaves: keras.ops.ones(3), [x, y])
    assert [numbers(g) for g in pull(keras.ops.ones(3))] == [[0.0, 0.0], [[0.0]]]


def test_a_lookup_has_a_gradient_for_each_row():
    table = keras.ops.ones((3, 2))
    _, pull = pull_back(lambda leaves: keras.ops.take(leaves[0], [2, 0, 2], axis=0), [table])
    (found,) = pull(keras.ops.ones((3, 2)))
    # A tensor, to which one can add; TensorFlow's own would name two of the rows.
    assert numbers(found + 0) == [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]


def test_gradients_can_be_differentiated_once_more():
    """d/dx (d(x^3)/dx)^2 = d/dx 9 x^4 = 36 x^3, through a leaf that was computed itself."""

    def squared_slope(leaves):
        twice = 2 * leaves[0]
        _, pull = pull_back(lambda inner: inner[0] ** 3, [twice / 2], again=True)
        (slope,) = pull(keras.ops.ones_like(twice))
        return slope**2

    x = np.array([1.0, -2.0], dtype="float32")
    value, pull = pull_back(squared_slope, [keras.ops.array(x)])
    np.testing.assert_allclose(numbers(value), 9 * x**4)
    np.testing.assert_allclose(numbers(pull(keras.ops.ones(2))[0]), 36 * x**3)


def test_variables_where_they_stand():
    layer, unused = keras.layers.Embedding(3, 2), keras.Variable([7.0])
    layer.build()

    def loss():
        found = layer(keras.ops.array([[2, 2]]))
        return keras.ops.sum(found), "aside"

    variables = [*layer.trainable_variables, unused]
    (value, aside), (rows, nothing) = value_and_gradients(loss, variables)
    np.testing.assert_allclose(numbers(value), 2 * np.sum(numbers(layer.embeddings)[2]), rtol=1e-6)
    assert aside == "aside"
    assert numbers(rows) == [[0.0, 0.0], [0.0, 0.0], [2.0, 2.0]] and numbers(nothing) == [0.0]


def test_variables_that_the_function_changes():
    """Once each, and neither is lost where variables are values inside; nor is a later step."""
    slope, count = keras.Variable([3.0]), keras.Variable([0.0], trainable=False)

    def loss():
        count.assign(count + 1)
        return (keras.ops.sum(slope * count),)

    for steps in (1.0, 2.0):
        (value,), (gradient,) = value_and_gradients(loss, [slope], [count])
        assert numbers(count) == [steps] and numbers(gradient) == [steps]
        assert numbers(value) == 3 * steps
    assert numbers(slope) == [3.0]


def test_a_backend_without_gradients(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    for call in (lambda: pull_back(None, []), lambda: value_and_gradients(None, [])):
        with pytest.raises(NotImplementedError, match="a Keras backend of .*, got numpy"):
            call()
