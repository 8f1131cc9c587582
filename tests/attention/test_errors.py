"""Bad input to attention: the same error, word for word, from NumPy, PyTorch and Keras."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import attention
from tests.attention.arrays import (
    AN_ARRAY,
    AXES,
    BATCH,
    DIM,
    HALF,
    HEADS,
    INTEGERS,
    KEYS,
    NUMBERS,
    QUERIES,
    TRUE,
    WIDTH,
    arrays,
    floats,
    modules_of,
    of_reference,
    refused_by_layer,
)
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, tensor, wing_of

# Arguments of dot_product_attention, and what is said.
LOOKUPS = {
    "integer queries": (
        arrays(queries=INTEGERS),
        f"queries: {NUMBERS}",
    ),
    "integer keys": (arrays(keys=INTEGERS), f"keys: {NUMBERS}"),
    "integer values": (arrays(values=INTEGERS), f"values: {NUMBERS}"),
    "one axis": (arrays(queries=floats(DIM)), "queries: expected (..., T, D), got (6,)"),
    "keys with one axis": (arrays(keys=floats(DIM)), "keys: expected (..., T, D), got (6,)"),
    "widths of queries and keys": (
        arrays(keys=floats(BATCH, KEYS, 8)),
        "keys: expected (2, Tk, 6), got (2, 5, 8)",
    ),
    "examples": (
        arrays(keys=floats(3, KEYS, DIM)),
        "keys: expected (2, Tk, 6), got (3, 5, 6)",
    ),
    "axes of queries and keys": (
        arrays(keys=floats(KEYS, DIM)),
        "keys: expected (2, Tk, 6), got (5, 6)",
    ),
    "as many values as keys": (
        arrays(values=floats(BATCH, 4, WIDTH)),
        "values: expected (2, 5, D_v), got (2, 4, 7)",
    ),
    "no keys": (
        arrays(keys=floats(BATCH, 0, DIM), values=floats(BATCH, 0, WIDTH)),
        "keys: expected at least one step, got (2, 0, 6)",
    ),
    "no features": (
        arrays(queries=floats(BATCH, QUERIES, 0), keys=floats(BATCH, KEYS, 0)),
        "queries: expected at least one feature, got (2, 4, 0)",
    ),
    "mask of another shape": (
        arrays(mask=TRUE[:, :, :4]),
        "mask: expected a shape that broadcasts to (2, 4, 5), got (2, 4, 4)",
    ),
    "mask of too many axes": (
        arrays(mask=TRUE[None]),
        "mask: expected a shape that broadcasts to (2, 4, 5), got (1, 2, 4, 5)",
    ),
    "mask of padding alone": (arrays(mask=TRUE[:, 0]), f"{AXES}, got (2, 5)"),
    "mask of one example": (arrays(mask=TRUE[0]), f"{AXES}, got (4, 5)"),
    "mask of one axis": (arrays(mask=TRUE[0, 0]), f"{AXES}, got (5,)"),
    "mask of padding that could be one of queries": (
        {name: np.concatenate([array] * 2) for name, array in arrays().items()} | {"mask": TRUE[0]},
        "mask: expected as many axes as the scores (4, 4, 5), "
        "such as (1, 4, 5) for all examples or (4, 1, 5) for padding, got (4, 5)",
    ),
    "mask of numbers": (
        arrays(mask=floats(BATCH, QUERIES, KEYS)),
        "mask: expected dtype bool (True = keep), got float32",
    ),
    "mask of integers": (
        arrays(mask=np.ones((BATCH, QUERIES, KEYS), dtype="int32")),
        "mask: expected dtype bool (True = keep), got int32",
    ),
    "precision of keys": (
        arrays(keys=HALF),
        "keys: expected float32 as the queries, got float16",
    ),
    "precision of values": (
        arrays(values=HALF),
        "values: expected float32 as the queries, got float16",
    ),
}


@pytest.mark.parametrize("case", LOOKUPS)
def test_a_lookup_refuses_the_same_in_all_three(case):
    given, message = LOOKUPS[case]
    assert_raises(ShapeError, message, lambda: attention.dot_product_attention(**given))
    for name in WINGS:
        tensors = {key: tensor(name, array) for key, array in given.items()}
        function = wing_of(name).dot_product_attention
        assert_raises(ShapeError, message, lambda f=function, a=tensors: f(**a))


SCALES = {"an array": np.ones(3), "NaN": np.nan, "infinity": np.inf, "text": "a", "a truth": True}


@pytest.mark.parametrize("case", SCALES)
def test_a_scale_that_is_no_finite_number_is_refused(case):
    scale = SCALES[case]
    message = f"scale: expected a finite number, got {scale!r}"
    for function in ("dot_product_attention", "attention_weights"):
        given = arrays(scale=scale)
        if function == "attention_weights":
            given.pop("values")
        assert_raises(
            error_of(message), message, lambda f=function, a=given: getattr(attention, f)(**a)
        )
    for name in WINGS:
        given = {k: v if k == "scale" else tensor(name, v) for k, v in arrays(scale=scale).items()}
        function = wing_of(name).dot_product_attention
        assert_raises(error_of(message), message, lambda f=function, a=given: f(**a))


@pytest.mark.parametrize("name", AN_ARRAY)
@pytest.mark.parametrize("missing", ["queries", "keys", "values"])
def test_none_is_no_array(name, missing):
    given = {k: v if name == "reference" else tensor(name, v) for k, v in arrays().items()}
    given[missing] = None
    message = f"{missing}: expected {AN_ARRAY[name]}, got NoneType"
    function = modules_of(name)[0].dot_product_attention
    assert_raises(TypeError, message, lambda: function(**given))
    if missing != "values":
        given.pop("values")
        function = modules_of(name)[0].attention_weights
        assert_raises(TypeError, message, lambda: function(**given))


@pytest.mark.parametrize(
    "kind",
    [
        "AdditiveAttention",
    ],
)
@pytest.mark.parametrize("missing", ["queries", "keys", "values"])
def test_none_is_no_array_in_other_attentions_of_the_reference(kind, missing):
    message = f"{missing}: expected an array, got NoneType"
    given = arrays(**{missing: None})
    assert_raises(TypeError, message, lambda: of_reference(kind, given))


ADDITIVE = {
    case: LOOKUPS[case]
    for case in LOOKUPS
    if case.startswith(("integer", "as many", "no keys", "mask", "examples", "axes"))
}
ADDITIVE["examples"] = (ADDITIVE["examples"][0], "keys: expected (2, Tk, D), got (3, 5, 6)")
ADDITIVE["axes of queries and keys"] = (
    LOOKUPS["axes of queries and keys"][0],
    "keys: expected (2, Tk, D), got (5, 6)",
)


@pytest.mark.parametrize("case", ADDITIVE)
def test_additive_attention_refuses_the_same_in_all_three(case):
    refused_by_layer("AdditiveAttention", case, *ADDITIVE[case])


CONSTRUCTED = {
    "no hidden units": (
        lambda wing: wing.AdditiveAttention(3, 3, 0),
        "hidden: expected an integer, at least 1, got 0",
    ),
}


@pytest.mark.parametrize("case", CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_additive_attention_refuses_no_hidden_units(name, case):
    make, message = CONSTRUCTED[case]
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))


def test_the_reference_refuses_no_hidden_units():
    given, none = arrays(), floats(0, DIM)
    message = "hidden: expected an integer, at least 1, got 0"
    call = attention.additive_attention
    assert_raises(error_of(message), message, lambda: call(*given.values(), none, none, floats(0)))


def test_the_reference_keeps_the_precision():
    given = arrays()
    assert attention.dot_product_attention(**given).dtype == "float32"
    assert attention.attention_weights(given["queries"], given["keys"]).dtype == "float32"


@pytest.mark.parametrize(("length", "past"), [(-1, 0), (2, -1), (2, 1.5)])
def test_causal_masks_refuse_lengths_that_are_no_counts(length, past):
    which, got = ("length", length) if length < 0 else ("past", past)
    message = f"{which}: expected an integer, at least 0, got {got}"
    functions = [attention.causal_mask, *(wing_of(name).causal_mask for name in WINGS)]
    for function in functions:
        assert_raises(error_of(message), message, lambda f=function: f(length, past))


def test_what_is_no_tensor_is_refused():
    torch = pytest.importorskip("torch")
    wing, x = wing_of("torch"), floats(BATCH, KEYS, DIM)
    message = "queries: expected a torch.Tensor, got ndarray"
    assert_raises(TypeError, message, lambda: wing.dot_product_attention(x, x, x))
    assert_raises(TypeError, message, lambda: wing.MultiHeadAttention(DIM, HEADS)(x))
    tensors = [torch.tensor(x)] * 3
    message = "mask: expected a torch.Tensor, got ndarray"
    assert_raises(TypeError, message, lambda: wing.dot_product_attention(*tensors, TRUE))
    message = "queries: expected float32 as in the layer, got float64"
    layer = wing.MultiHeadAttention(DIM, HEADS)
    assert_raises(ShapeError, message, lambda: layer(tensors[0].double()))
    message = "queries: expected an array, got list"
    assert_raises(TypeError, message, lambda: wing_of("keras").dot_product_attention([1.0], x, x))


def test_a_gradient_of_another_shape_is_refused():
    x = floats(BATCH, KEYS, DIM)
    message = "grad: expected (2, 5, 6), got (2, 5, 7)"
    wrong = floats(BATCH, KEYS, 7)
    assert_raises(
        ShapeError, message, lambda: attention.dot_product_attention_gradient(wrong, x, x, x)
    )
