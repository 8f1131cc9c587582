"""Recurrence in all three: rows, states, starts, and the masks that Keras hands on."""

import numpy as np
import pytest

from tests.recurrence.inputs import KINDS, VARIANTS, B, D, H, T, callables, weights
from tests.wings import WINGS, numpy, tensor, wing_of


def drawn(variant, seed=0):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(B, T, D)).astype("float32"), weights(variant, rng)


@pytest.mark.parametrize("variant", VARIANTS)
def test_nan_spoils_its_own_row_from_its_step_on(variant):
    _, x, values = drawn(variant)
    clean = x.copy()
    x[1, 2, 0] = np.nan
    for _, function in callables(variant, **values):
        states, expected = function(inputs=x), function(inputs=clean)
        assert np.isnan(states[1, 2:]).all()
        np.testing.assert_array_equal(states[1, :2], expected[1, :2])
        others = np.arange(B) != 1
        np.testing.assert_allclose(states[others], expected[others], atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_last_column_is_the_final_state_of_a_ragged_batch(variant):
    """The same as running each row alone, cut to its length; wherever its steps stand."""
    rng, x, values = drawn(variant)
    mask = rng.random((B, T)) < 0.6
    mask[0], mask[1] = False, True
    for _, function in callables(variant, **values):
        states = function(inputs=x, mask=mask)
        assert (states[0] == 0).all()  # nothing was read: the initial state, zeros
        for row in range(1, B):
            if mask[row].any():
                alone = function(inputs=x[row : row + 1, mask[row]])
                np.testing.assert_allclose(states[row, -1], alone[0, -1], atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_states_start_at_zero_and_do_not_leak_into_the_next_call(variant):
    rng, x, values = drawn(variant)
    names = ["initial_state"] + ["initial_cell"] * variant.startswith("LSTM")
    for _, function in callables(variant, **values):
        first = function(inputs=x)
        function(inputs=rng.normal(size=x.shape).astype("float32"))
        np.testing.assert_array_equal(function(inputs=x), first)
        zeros = {name: np.zeros((B, H), "float32") for name in names}
        np.testing.assert_array_equal(function(inputs=x, **zeros), first)
        for name in names:
            assert np.abs(function(inputs=x, **{name: zeros[name] + 1}) - first).max() > 1e-3


@pytest.mark.parametrize("variant", [v for v in VARIANTS if "LSTM" not in v])
def test_a_sequence_can_be_read_in_two_parts(variant):
    """The LSTM's cell would be needed too, and is not among the states."""
    _, x, values = drawn(variant)
    for _, function in callables(variant, **values):
        whole, first = function(inputs=x), function(inputs=x[:, :2])
        second = function(inputs=x[:, 2:], initial_state=first[:, -1])
        np.testing.assert_allclose(np.concatenate([first, second], 1), whole, atol=1e-6)


@pytest.mark.parametrize("name", WINGS)
def test_where_weights_start(name):
    from mmref import convert

    wing = wing_of(name)
    for kind, gates in KINDS.items():
        layer = getattr(wing, kind)(60, 40)
        if name == "keras":
            layer.build(None)
        start = convert.arrays(layer)
        limit = np.sqrt(6 / (gates * 40 + 60))
        largest = np.abs(start["input_weight"]).max()
        assert 0.99 * limit < largest <= limit + 1e-6
        u = start["hidden_weight"]
        np.testing.assert_allclose(u.T @ u, np.eye(40), atol=1e-5)
        bias = start["bias"]
        if kind == "LSTM":
            assert (bias[40:80] == 1).all()
            bias = np.delete(bias, slice(40, 80))
        assert (bias == 0).all()
    start = convert.arrays(built(wing.LSTM(3, 2, forget_gate=False)))
    assert (start["bias"] == 0).all() and start["bias"].shape == (6,)


def built(layer):
    if hasattr(layer, "build"):
        layer.build(None)
    return layer


def test_keras_hands_masks_on():
    """The mask of an embedding reaches a stack of ours without being named."""
    keras = pytest.importorskip("keras")
    wing = wing_of("keras")
    embed = keras.layers.Embedding(9, D, mask_zero=True)
    stack = wing.Stacked([wing.GRU(D, H), wing.Bidirectional(wing.RNN(H, H), wing.LSTM(H, H))])
    ids = np.array([[4, 7, 2, 0], [3, 0, 0, 0], [1, 2, 3, 4]])
    x = embed(ids)
    np.testing.assert_array_equal(
        numpy(stack(x)), numpy(stack(tensor("keras", numpy(x)), mask=tensor("keras", ids != 0)))
    )
    assert np.abs(numpy(stack(x)) - numpy(stack(tensor("keras", numpy(x))))).max() > 1e-4


@pytest.mark.parametrize("kind", [*KINDS, "Bidirectional", "Stacked"])
def test_keras_layers_that_follow_get_the_mask(kind):
    """Averaging over time, Keras's own layer leaves masked steps out if it is told of them."""
    keras = pytest.importorskip("keras")
    wing = wing_of("keras")
    make = {
        "Bidirectional": lambda: wing.Bidirectional(wing.RNN(D, H), wing.RNN(D, H)),
        "Stacked": lambda: wing.Stacked([wing.RNN(D, H)]),
    }
    layer = make[kind]() if kind in make else getattr(wing, kind)(D, H)
    ids = np.array([[4, 7, 2, 0], [3, 0, 0, 0], [1, 2, 3, 4]])
    x = keras.layers.Embedding(9, D, mask_zero=True)(ids)
    states, mask = numpy(layer(x)), (ids != 0)[..., None]
    found = numpy(keras.layers.GlobalAveragePooling1D()(layer(x)))
    np.testing.assert_allclose(found, (states * mask).sum(1) / mask.sum(1), atol=1e-6)
