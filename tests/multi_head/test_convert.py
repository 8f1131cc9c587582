"""Weights of attention across frameworks: packed in PyTorch, split into heads in Keras."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

import mmref.keras  # noqa: E402
import mmref.torch  # noqa: E402
from mmref import convert  # noqa: E402
from mmref.convert import tables  # noqa: E402
from mmref.errors import ShapeError  # noqa: E402
from mmref.reference.multi_head import multi_head_attention  # noqa: E402
from tests.multi_head.weights import DIM, EQUAL, HEADS, OWN, built, inputs, random  # noqa: E402

pytestmark = pytest.mark.each_backend


def keras_own(widths):
    size = DIM // HEADS
    layer = keras.layers.MultiHeadAttention(HEADS, size, size, output_shape=DIM)
    key_width, value_width = widths
    return built(layer, (None, None, DIM), (None, None, value_width), (None, None, key_width))


MAKERS = {
    "torch.nn": lambda w: torch.nn.MultiheadAttention(
        DIM, HEADS, kdim=w[0], vdim=w[1], batch_first=True
    ),
    "keras.layers": keras_own,
    "mmref.torch": lambda w: mmref.torch.MultiHeadAttention(DIM, HEADS, *w),
    "mmref.keras": lambda w: mmref.keras.MultiHeadAttention(DIM, HEADS, *w),
}


def output(name, layer, arrays):
    queries, keys, values = arrays
    if name == "keras.layers":
        return keras.ops.convert_to_numpy(layer(queries, values, key=keys))
    if name == "mmref.keras":
        return keras.ops.convert_to_numpy(layer(queries, keys, values))
    found = layer(*map(torch.tensor, arrays))
    return (found[0] if name == "torch.nn" else found).detach().numpy()


@pytest.mark.parametrize("widths", [EQUAL, OWN], ids=["equal widths", "own widths"])
@pytest.mark.parametrize("target", MAKERS)
@pytest.mark.parametrize("source", MAKERS)
def test_multi_head_attention_everywhere(source, target, widths):
    one, other = MAKERS[source](widths), MAKERS[target](widths)
    values = random(one)
    convert.set_arrays(one, values)
    expected = multi_head_attention(*inputs(widths), **values, heads=HEADS)
    before = output(target, other, inputs(widths))
    assert np.abs(before - expected).max() > 0.1  # the test can fail
    convert.copy(one, other)
    np.testing.assert_allclose(output(target, other, inputs(widths)), expected, atol=2e-5)
    for name, array in convert.arrays(other).items():
        np.testing.assert_array_equal(array, values[name], err_msg=name)  # bit by bit


def test_gradients_of_a_packed_array_come_in_parts():
    layer, twin = MAKERS["torch.nn"](EQUAL), MAKERS["mmref.torch"](EQUAL)
    convert.copy(layer, twin)
    arrays = [torch.tensor(x) for x in inputs(EQUAL)]
    layer(*arrays)[0].square().sum().backward()
    twin(*arrays).square().sum().backward()
    ours, theirs = (convert.gradients(m, lambda p: p.grad.numpy()) for m in (twin, layer))
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-4, atol=1e-4, err_msg=name)


def test_layers_without_biases_convert_to_their_like_alone():
    layer = torch.nn.MultiheadAttention(DIM, HEADS, bias=False)
    assert set(convert.arrays(layer)) == {
        f"{which}_weight" for which in ("query", "key", "value", "output")
    }
    with pytest.raises(ShapeError, match="query_bias: expected nothing as in the source"):
        convert.copy(layer, MAKERS["mmref.torch"](EQUAL))


MUTANTS = {
    "packed in another order": ("torch", "MultiheadAttention", "query_weight", {"rows": (1, 3)}),
    "key's bias for the value's": ("torch", "MultiheadAttention", "value_bias", {"rows": (1, 3)}),
    "heads last": ("keras", "MultiHeadAttention", "query_weight", {"axes": (2, 1, 0)}),
    "output turned": ("keras", "MultiHeadAttention", "output_weight", {"axes": (2, 1, 0)}),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_table_is_noticed(mutant, monkeypatch):
    framework, kind, name, change = MUTANTS[mutant]
    table = tuple(
        dataclasses.replace(a, **change) if a.name == name else a
        for a in tables.LAYERS[framework][kind]
    )
    monkeypatch.setitem(tables.LAYERS[framework], kind, table)
    which = "torch.nn" if framework == "torch" else "keras.layers"
    one, other = MAKERS["mmref.torch"](EQUAL), MAKERS[which](EQUAL)
    values = random(one)
    convert.set_arrays(one, values)
    try:
        convert.copy(one, other)
    except (ShapeError, ValueError, TypeError):
        return
    expected = multi_head_attention(*inputs(EQUAL), **values, heads=HEADS)
    assert np.abs(output(which, other, inputs(EQUAL)) - expected).max() > 1e-2


@pytest.mark.parametrize(("size", "exact"), [(4, True), (5, False)])
def test_why_a_head_of_the_samples_is_four_wide(size, exact):
    """Keras rounds 1 / sqrt(D / K) to float32 among float64 numbers: no harm to 1 / 2."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("on other backends float64 is rounded elsewhere too")
    dim = 2 * size
    layer = keras.layers.MultiHeadAttention(2, size, dtype="float64")
    layer.build((None, None, dim), (None, None, dim))
    values = {name: array.astype("float64") for name, array in random(layer).items()}
    convert.set_arrays(layer, values)
    x = np.random.default_rng(4).normal(size=(2, 5, dim))
    expected = multi_head_attention(x, x, x, **values, heads=2)
    difference = np.abs(keras.ops.convert_to_numpy(layer(x, x)) - expected).max()
    assert (difference < 1e-12) == exact and difference < 1e-5
