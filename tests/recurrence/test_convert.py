"""Recurrence: weights of the frameworks' own layers and of ours."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref import convert  # noqa: E402
from tests.recurrence.layers import CELLS, MASK, composite, inputs, packed, torch_layer  # noqa: E402

KERAS = {"RNN": "SimpleRNN"}


@pytest.mark.each_backend
@pytest.mark.parametrize("cell", CELLS)
def test_two_layers_and_two_directions_in_keras(cell):
    keras = pytest.importorskip("keras")
    import mmref.keras

    theirs, ours = torch_layer(cell, num_layers=2, bidirectional=True), composite(mmref.keras, cell)
    kind = getattr(keras.layers, KERAS.get(cell, cell))
    layers = [keras.layers.Bidirectional(kind(5, return_sequences=True)) for _ in range(2)]
    sequential = keras.Sequential([keras.Input((None, 3)), *layers])
    for twin in (ours, sequential):
        convert.copy(theirs, twin)
    expected, _ = packed(theirs, inputs(), MASK)
    states = keras.ops.convert_to_numpy(ours(inputs(), mask=MASK))
    np.testing.assert_allclose(states[MASK], expected[MASK], atol=1e-5)
    with torch.no_grad():
        expected = theirs(torch.tensor(inputs()))[0].numpy()
    states = keras.ops.convert_to_numpy(sequential(inputs()))
    np.testing.assert_allclose(states, expected, atol=1e-5)
    again = torch_layer(cell, num_layers=2, bidirectional=True)
    convert.copy(sequential, again)
    for name, array in convert.arrays(theirs).items():
        np.testing.assert_allclose(convert.arrays(again)[name], array, atol=1e-6)


@pytest.mark.each_backend
@pytest.mark.parametrize("cell", CELLS)
def test_one_layer_converts_to_ours_and_back(cell):
    theirs, ours = torch_layer(cell), getattr(wing, cell)(3, 5)
    convert.copy(theirs, ours)
    with torch.no_grad():
        expected, states = theirs(torch.tensor(inputs()))[0], ours(torch.tensor(inputs()))
    np.testing.assert_allclose(states.numpy(), expected.numpy(), atol=1e-5)
    again = torch_layer(cell)
    convert.copy(ours, again)
    for name, array in convert.arrays(again).items():
        np.testing.assert_array_equal(array, convert.arrays(ours)[name])


@pytest.mark.parametrize("cell", ["RNN", "LSTM"])
@pytest.mark.parametrize(
    ("trained", "frozen"), [("bias_ih_l0", "bias_hh_l0"), ("bias_hh_l0", "bias_ih_l0")]
)
def test_the_gradient_of_a_bias_is_that_of_one_of_pytorchs_two(cell, trained, frozen):
    """The other one may be left untrained: their sum is all that matters."""
    theirs = torch_layer(cell)
    getattr(theirs, frozen).requires_grad_(False)
    theirs(torch.tensor(inputs()))[0].square().sum().backward()
    found = convert.gradients(theirs, lambda p: None if p.grad is None else p.grad.numpy())
    np.testing.assert_array_equal(found["bias"], getattr(theirs, trained).grad.numpy())
    assert found["bias"].any()


@pytest.mark.each_backend
def test_reset_before_converts_from_keras():
    keras = pytest.importorskip("keras")
    import mmref.keras

    theirs = keras.layers.GRU(5, reset_after=False, return_sequences=True)
    theirs.build((None, None, 3))
    rng = np.random.default_rng(1)
    theirs.set_weights([rng.normal(size=w.shape) for w in theirs.get_weights()])
    expected = keras.ops.convert_to_numpy(theirs(inputs()))
    for module in (wing, mmref.keras):
        ours = module.GRU(3, 5, reset_after=False)
        convert.copy(theirs, ours)
        x = torch.tensor(inputs()) if module is wing else inputs()
        states = ours(x)
        states = states.detach().numpy() if module is wing else keras.ops.convert_to_numpy(states)
        np.testing.assert_allclose(states, expected, atol=1e-5)


@pytest.mark.each_backend
def test_what_has_no_table_is_refused():
    keras = pytest.importorskip("keras")
    cases = [
        (torch.nn.LSTM(3, 5, proj_size=2), "has a weight no table names: weight_hr_l0"),
        (keras.layers.RNN(keras.layers.LSTMCell(5), name="r"), "no table for the model, a RNN"),
        (keras.layers.LSTM(5, name="l"), "the Keras layer l has no weights yet"),
    ]
    for layer, message in cases:
        with pytest.raises(TypeError, match=message):
            convert.arrays(layer)
