"""Bad input to attention: the same error, word for word, from NumPy, PyTorch and Keras."""

import importlib

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import attention, multi_head, positions, transformer, vision
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

BATCH, QUERIES, KEYS, DIM, HEADS, WIDTH = 2, 4, 5, 6, 3, 7


def floats(*shape):
    return np.zeros(shape, dtype="float32")


def arrays(**changed):
    """Good queries, keys and values, some replaced."""
    good = {
        "queries": floats(BATCH, QUERIES, DIM),
        "keys": floats(BATCH, KEYS, DIM),
        "values": floats(BATCH, KEYS, WIDTH),
    }
    return good | changed


INTEGERS = np.zeros((BATCH, KEYS, DIM), dtype="int64")
DOUBLE = np.zeros((BATCH, KEYS, DIM))
TRUE = np.ones((BATCH, QUERIES, KEYS), dtype=bool)
NUMBERS = "expected floating-point numbers, got int64"

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
        "values: expected (2, 5, D_v), as many steps as keys, got (2, 4, 7)",
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
    "mask of examples alone": (
        arrays(mask=TRUE[:, 0]),
        "mask: expected a shape that broadcasts to (2, 4, 5), got (2, 5)",
    ),
    "mask of numbers": (
        arrays(mask=floats(BATCH, QUERIES, KEYS)),
        "mask: expected dtype bool (True = keep), got float32",
    ),
    "mask of integers": (
        arrays(mask=np.ones((BATCH, QUERIES, KEYS), dtype="int64")),
        "mask: expected dtype bool (True = keep), got int64",
    ),
    "precision of keys": (
        arrays(keys=DOUBLE),
        "keys: expected float32 as the queries, got float64",
    ),
    "precision of values": (
        arrays(values=DOUBLE),
        "values: expected float32 as the queries, got float64",
    ),
}


@pytest.mark.parametrize("case", LOOKUPS)
def test_lookups(case):
    given, message = LOOKUPS[case]
    assert_raises(ShapeError, message, lambda: attention.dot_product_attention(**given))
    for name in WINGS:
        tensors = {key: tensor(name, array) for key, array in given.items()}
        function = wing_of(name).dot_product_attention
        assert_raises(ShapeError, message, lambda f=function, a=tensors: f(**a))


SCALES = {"an array": np.ones(3), "NaN": np.nan, "infinity": np.inf, "text": "a", "a truth": True}


@pytest.mark.parametrize("case", SCALES)
def test_scales(case):
    scale = SCALES[case]
    message = f"scale: expected a finite number, got {scale!r}"
    for function in ("dot_product_attention", "attention_weights"):
        given = arrays(scale=scale)
        if function == "attention_weights":
            given.pop("values")
        assert_raises(ShapeError, message, lambda f=function, a=given: getattr(attention, f)(**a))
    for name in WINGS:
        given = {k: v if k == "scale" else tensor(name, v) for k, v in arrays(scale=scale).items()}
        function = wing_of(name).dot_product_attention
        assert_raises(ShapeError, message, lambda f=function, a=given: f(**a))


# What each calls an array of its own.
AN_ARRAY = {"reference": "an array", "torch": "a torch.Tensor", "keras": "an array"}


def modules_of(name):
    """The modules attention and multi_head of the reference or of a wing."""
    if name != "reference":
        wing_of(name)
    return [importlib.import_module(f"mmref.{name}.{m}") for m in ("attention", "multi_head")]


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


@pytest.mark.parametrize("kind", ["AdditiveAttention", "MultiHeadAttention"])
@pytest.mark.parametrize("missing", ["queries", "keys", "values"])
def test_none_is_no_array_in_other_attentions_of_the_reference(kind, missing):
    message = f"{missing}: expected an array, got NoneType"
    given = arrays(**{missing: None})
    assert_raises(TypeError, message, lambda: of_reference(kind, given))


def of_reference(kind, given):
    """The same call of the reference, with weights of zeros."""
    if kind == "AdditiveAttention":
        weights = floats(8, DIM), floats(8, DIM), floats(8)
        mask = given.pop("mask", None)
        return attention.additive_attention(*given.values(), *weights, mask=mask)
    widths = {"query": DIM, "key": DIM, "value": WIDTH, "output": DIM}
    weights = {f"{which}_weight": floats(DIM, width) for which, width in widths.items()}
    weights |= {f"{which}_bias": floats(DIM) for which in widths}
    return multi_head.multi_head_attention(**given, **weights, heads=HEADS)


def layer_of(name, kind):
    wing = wing_of(name)
    if kind == "AdditiveAttention":
        return wing.AdditiveAttention(DIM, DIM, 8)
    return wing.MultiHeadAttention(DIM, HEADS, DIM, WIDTH)


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

SEVERAL_HEADS = {
    "integer queries": LOOKUPS["integer queries"],
    "two axes": (arrays(queries=floats(QUERIES, DIM)), "queries: expected (B, T, 6), got (4, 6)"),
    "four axes": (
        arrays(keys=floats(BATCH, 1, KEYS, DIM)),
        "keys: expected (B, T, 6), got (2, 1, 5, 6)",
    ),
    "width of queries": (
        arrays(queries=floats(BATCH, QUERIES, 8)),
        "queries: expected (B, T, 6), got (2, 4, 8)",
    ),
    "width of values": (
        arrays(values=floats(BATCH, KEYS, DIM)),
        "values: expected (B, T, 7), got (2, 5, 6)",
    ),
    "examples": (
        arrays(keys=floats(3, KEYS, DIM)),
        "keys: expected (2, Tk, D), got (3, 5, 6)",
    ),
    "as many values as keys": LOOKUPS["as many values as keys"],
    "no keys": LOOKUPS["no keys"],
    "mask of padding alone": (
        arrays(mask=TRUE[:, 0]),
        "mask: expected a shape that broadcasts to (4, 5), got (2, 5)",
    ),
    "mask of one axis": (
        arrays(mask=TRUE[0, 0]),
        "mask: expected (Tq, Tk), (B, Tq, Tk) or (B, K, Tq, Tk), got (5,)",
    ),
    "mask of five axes": (
        arrays(mask=TRUE[None, None]),
        "mask: expected (Tq, Tk), (B, Tq, Tk) or (B, K, Tq, Tk), got (1, 1, 2, 4, 5)",
    ),
    "mask of other heads": (
        arrays(mask=TRUE[:, None].repeat(2, axis=1)),
        "mask: expected a shape that broadcasts to (2, 3, 4, 5), got (2, 2, 4, 5)",
    ),
    "mask of heads for examples": (
        arrays(mask=TRUE[:1].repeat(3, axis=0)),
        "mask: expected a shape that broadcasts to (2, 4, 5), got (3, 4, 5)",
    ),
    "mask of numbers": LOOKUPS["mask of numbers"],
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [("AdditiveAttention", c) for c in ADDITIVE]
    + [("MultiHeadAttention", c) for c in SEVERAL_HEADS],
)
def test_layers(kind, case):
    given, message = (ADDITIVE if kind == "AdditiveAttention" else SEVERAL_HEADS)[case]
    assert_raises(ShapeError, message, lambda: of_reference(kind, dict(given)))
    for name in WINGS:
        tensors = {key: tensor(name, array) for key, array in given.items()}
        layer = layer_of(name, kind)
        assert_raises(ShapeError, message, lambda f=layer, a=tensors: f(**a))
        if not case.startswith(("integer values", "as many", "width of values")):
            tensors.pop("values")
            weigh = layer.attention_weights
            assert_raises(ShapeError, message, lambda f=weigh, a=tensors: f(**a))


CONSTRUCTED = {
    "heads that do not divide": (
        lambda wing: wing.MultiHeadAttention(10, 3),
        "heads: expected a divisor of dim = 10, got 3",
    ),
    "heads of a block": (
        lambda wing: wing.TransformerBlock(10, 3),
        "heads: expected a divisor of dim = 10, got 3",
    ),
    "heads of a vision transformer": (
        lambda wing: wing.VisionTransformer((4, 4), 2, 10, 1, 3),
        "heads: expected a divisor of dim = 10, got 3",
    ),
    "no heads": (
        lambda wing: wing.MultiHeadAttention(10, 0),
        "heads: expected an integer, at least 1, got 0",
    ),
    "half a width": (
        lambda wing: wing.MultiHeadAttention(2.5, 1),
        "dim: expected an integer, at least 1, got 2.5",
    ),
    "no keys' width": (
        lambda wing: wing.MultiHeadAttention(6, 3, 0),
        "key_width: expected an integer, at least 1, got 0",
    ),
    "no hidden units": (
        lambda wing: wing.AdditiveAttention(3, 3, 0),
        "hidden: expected an integer, at least 1, got 0",
    ),
    "no width inside": (
        lambda wing: wing.TransformerBlock(6, 3, 0),
        "hidden: expected an integer, at least 1, got 0",
    ),
    "no width of a norm": (
        lambda wing: wing.LayerNorm(0),
        "dim: expected an integer, at least 1, got 0",
    ),
    "patches that do not fit": (
        lambda wing: wing.PatchEmbedding((32, 30), 4, 5),
        "size: expected multiples of patch = 4, got (32, 30)",
    ),
    "a patch larger than the image": (
        lambda wing: wing.VisionTransformer((4, 4), 8, 6, 1, 3),
        "size: expected multiples of patch = 8, got (4, 4)",
    ),
    "one number for a size": (
        lambda wing: wing.PatchEmbedding(32, 4, 5),
        "size: expected (H, W), got 32",
    ),
    "a negative epsilon": (
        lambda wing: wing.LayerNorm(6, -1),
        "epsilon: expected a number, at least 0, got -1",
    ),
    "no epsilon": (
        lambda wing: wing.TransformerBlock(6, 3, epsilon=None),
        "epsilon: expected a number, at least 0, got None",
    ),
    "text for epsilon": (
        lambda wing: wing.LayerNorm(6, "a"),
        "epsilon: expected a number, at least 0, got 'a'",
    ),
    "NaN for epsilon": (
        lambda wing: wing.TransformerBlock(6, 3, epsilon=np.nan),
        "epsilon: expected a number, at least 0, got nan",
    ),
    "fewer than no blocks": (
        lambda wing: wing.VisionTransformer((4, 4), 2, 6, -1, 3),
        "blocks: expected an integer, at least 0, got -1",
    ),
}


@pytest.mark.parametrize("case", CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_constructors(name, case):
    make, message = CONSTRUCTED[case]
    assert_raises(ShapeError, message, lambda: make(wing_of(name)))


def test_heads_that_do_not_divide_in_the_reference():
    x, weights = floats(2, 4, 10), {}
    for which in ("query", "key", "value", "output"):
        weights |= {f"{which}_weight": floats(10, 10), f"{which}_bias": floats(10)}
    message = "heads: expected a divisor of dim = 10, got 3"
    assert_raises(
        ShapeError, message, lambda: multi_head.multi_head_attention(x, x, x, **weights, heads=3)
    )
    message = "size: expected multiples of patch = 4, got (6, 8)"
    assert_raises(
        ShapeError,
        message,
        lambda: vision.patch_embedding(floats(1, 3, 6, 8), floats(5, 48), floats(5), 4),
    )


@pytest.mark.parametrize("name", WINGS)
def test_unknown_activations(name):
    message = "activation: expected one of 'gelu', 'relu'; got 'tanh'"
    make = wing_of(name).TransformerBlock
    assert_raises(ChoiceError, message, lambda: make(6, 3, activation="tanh"))
    pair = {"scale": floats(6), "shift": floats(6)}
    call = transformer.transformer_block
    assert_raises(
        ChoiceError,
        message,
        lambda: call(floats(1, 2, 6), {}, pair, {}, {}, pair, heads=3, activation="tanh"),
    )


NORMED = {
    "width": (floats(2, 3, 5), "x: expected (..., 6), got (2, 3, 5)"),
    "integers": (np.zeros((2, 6), dtype="int64"), f"x: {NUMBERS}"),
}


@pytest.mark.parametrize("case", NORMED)
@pytest.mark.parametrize("name", WINGS)
def test_layer_norm(name, case):
    x, message = NORMED[case]
    layer = wing_of(name).LayerNorm(6)
    assert_raises(ShapeError, message, lambda: layer(tensor(name, x)))


def test_layer_norm_of_a_single_vector():
    x = np.arange(6, dtype="float32")
    expected = transformer.layer_norm(x, np.ones(6), np.zeros(6))
    for name in WINGS:
        found = wing_of(name).LayerNorm(6)(tensor(name, x))
        np.testing.assert_allclose(numpy(found), expected, atol=1e-5)


def test_layer_norm_of_the_reference():
    one = floats(6)
    for epsilon in (-1, np.nan, None, "a"):
        message = f"epsilon: expected a number, at least 0, got {epsilon!r}"
        given = floats(2, 6), one, one, epsilon
        assert_raises(ShapeError, message, lambda a=given: transformer.layer_norm(*a))
    message = f"x: {NUMBERS}"
    assert_raises(
        ShapeError, message, lambda: transformer.layer_norm(np.zeros((2, 6), "int64"), one, one)
    )
    message = "scale: expected (5,), got (6,)"
    assert_raises(ShapeError, message, lambda: transformer.layer_norm(floats(2, 5), one, one))


BLOCKS = {
    "width": (floats(2, 3, 5), None, "x: expected (B, T, 6), got (2, 3, 5)"),
    "axes": (floats(3, 6), None, "x: expected (B, T, 6), got (3, 6)"),
    "integers": (np.zeros((2, 3, 6), dtype="int64"), None, f"x: {NUMBERS}"),
    "no steps": (floats(2, 0, 6), None, "keys: expected at least one step, got (2, 0, 6)"),
    "mask": (
        floats(2, 3, 6),
        np.ones((2, 3), dtype=bool),
        "mask: expected a shape that broadcasts to (3, 3), got (2, 3)",
    ),
}


@pytest.mark.parametrize("case", BLOCKS)
@pytest.mark.parametrize("name", WINGS)
def test_blocks(name, case):
    x, mask, message = BLOCKS[case]
    layer = wing_of(name).TransformerBlock(6, 3)
    given = {} if mask is None else {"mask": tensor(name, mask)}
    assert_raises(ShapeError, message, lambda: layer(tensor(name, x), **given))


def test_blocks_of_the_reference():
    pair = {"scale": floats(6), "shift": floats(6)}
    dense = {"weight": floats(6, 6), "bias": floats(6)}
    weights = {}
    for which in ("query", "key", "value", "output"):
        weights |= {f"{which}_weight": floats(6, 6), f"{which}_bias": floats(6)}
    for case in ("integers", "no steps", "mask"):
        x, mask, message = BLOCKS[case]
        assert_raises(
            ShapeError,
            message,
            lambda x=x, mask=mask: transformer.transformer_block(
                x, weights, pair, dense, dense, pair, heads=3, mask=mask
            ),
        )
    for x in (floats(3, 6), floats(2, 3, 5)):
        with pytest.raises(ShapeError):
            transformer.transformer_block(x, weights, pair, dense, dense, pair, heads=3)


@pytest.mark.parametrize("name", WINGS)
def test_patches(name):
    layer = wing_of(name).PatchEmbedding((4, 8), 2, 5, 3)
    shape = (3, 4, 8) if name == "torch" else (4, 8, 3)
    expected = f"images: expected (B, {', '.join(map(str, shape))}), got (2, 9, 8, 3)"
    assert_raises(ShapeError, expected, lambda: layer(tensor(name, floats(2, 9, 8, 3))))
    message = "images: expected floating-point numbers, got uint8"
    images = tensor(name, np.zeros((2, *shape), dtype="uint8"))
    assert_raises(ShapeError, message, lambda: layer(images))
    whole = np.zeros((2, 3, 4, 8), dtype="uint8")
    assert_raises(
        ShapeError, message, lambda: vision.patch_embedding(whole, floats(5, 12), floats(5), 2)
    )


@pytest.mark.parametrize(
    ("length", "dim", "message"),
    [
        (3, 5, "dim: expected an even number, a sine and a cosine each, got 5"),
        (3, 0, "dim: expected an integer, at least 1, got 0"),
        (-1, 4, "length: expected an integer, at least 0, got -1"),
        (2.0, 4, "length: expected an integer, at least 0, got 2.0"),
    ],
)
def test_positions(length, dim, message):
    functions = [positions.sinusoidal_positions]
    functions += [wing_of(name).sinusoidal_positions for name in WINGS]
    for function in functions:
        assert_raises(ShapeError, message, lambda f=function: f(length, dim))


@pytest.mark.parametrize("base", [0, -1, np.nan, np.inf, None])
def test_bases_of_positions(base):
    message = f"base: expected a positive number, got {base!r}"
    functions = [positions.sinusoidal_positions]
    functions += [wing_of(name).sinusoidal_positions for name in WINGS]
    for function in functions:
        assert_raises(ShapeError, message, lambda f=function: f(3, 4, base))


def test_no_new_steps():
    x, weights = floats(BATCH, 0, DIM), {}
    for which in ("query", "key", "value", "output"):
        weights |= {f"{which}_weight": floats(DIM, DIM), f"{which}_bias": floats(DIM)}
    message = "x: expected at least one step, got (2, 0, 6)"
    call = multi_head.cached_attention
    assert_raises(ShapeError, message, lambda: call(x, **weights, heads=HEADS))
    for name in WINGS:
        layer = wing_of(name).MultiHeadAttention(DIM, HEADS)
        assert_raises(ShapeError, message, lambda n=name, f=layer: f.decode(tensor(n, x)))


# x and heads: with heads to split, without to merge.
HEADED = {
    "two axes to split": (floats(5, 6), 3, "x: expected (B, T, D), got (5, 6)"),
    "four axes to split": (floats(2, 3, 5, 6), 3, "x: expected (B, T, D), got (2, 3, 5, 6)"),
    "nothing to split": (floats(2, 5, 0), 3, "x: expected at least one feature, got (2, 5, 0)"),
    "integers to split": (INTEGERS, 3, f"x: {NUMBERS}"),
    "no divisor": (floats(2, 5, 6), 4, "heads: expected a divisor of dim = 6, got 4"),
    "more heads than features": (
        floats(2, 5, 6),
        12,
        "heads: expected a divisor of dim = 6, got 12",
    ),
    "no heads": (floats(2, 5, 6), 0, "heads: expected an integer, at least 1, got 0"),
    "half a head": (floats(2, 5, 6), 1.5, "heads: expected an integer, at least 1, got 1.5"),
    "three axes to merge": (
        floats(2, 5, 6),
        None,
        "x: expected (B, K, T, D / K), got (2, 5, 6)",
    ),
    "five axes to merge": (
        floats(1, 2, 3, 5, 6),
        None,
        "x: expected (B, K, T, D / K), got (1, 2, 3, 5, 6)",
    ),
    "no heads to merge": (
        floats(2, 0, 5, 6),
        None,
        "x: expected at least one head and one feature, got (2, 0, 5, 6)",
    ),
    "heads without features": (
        floats(2, 3, 5, 0),
        None,
        "x: expected at least one head and one feature, got (2, 3, 5, 0)",
    ),
    "integers to merge": (INTEGERS[None], None, f"x: {NUMBERS}"),
}


@pytest.mark.parametrize("case", HEADED)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_splitting_and_merging(name, case):
    x, heads, message = HEADED[case]
    module = modules_of(name)[1]
    x = x if name == "reference" else tensor(name, x)
    given = (x,) if heads is None else (x, heads)
    function = module.merge_heads if heads is None else module.split_heads
    assert_raises(ShapeError, message, lambda: function(*given))


@pytest.mark.parametrize("name", AN_ARRAY)
def test_nothing_to_split_or_to_merge(name):
    module = modules_of(name)[1]
    message = f"x: expected {AN_ARRAY[name]}, got NoneType"
    assert_raises(TypeError, message, lambda: module.split_heads(None, 3))
    assert_raises(TypeError, message, lambda: module.merge_heads(None))


def test_no_hidden_units_in_the_reference():
    given, none = arrays(), floats(0, DIM)
    message = "hidden: expected an integer, at least 1, got 0"
    call = attention.additive_attention
    assert_raises(ShapeError, message, lambda: call(*given.values(), none, none, floats(0)))


def test_the_reference_keeps_the_precision():
    given = arrays()
    assert attention.dot_product_attention(**given).dtype == "float32"
    assert attention.attention_weights(given["queries"], given["keys"]).dtype == "float32"


@pytest.mark.parametrize(("length", "past"), [(-1, 0), (2, -1), (2, 1.5)])
def test_causal_masks(length, past):
    which, got = ("length", length) if length < 0 else ("past", past)
    message = f"{which}: expected an integer, at least 0, got {got}"
    functions = [attention.causal_mask, *(wing_of(name).causal_mask for name in WINGS)]
    for function in functions:
        assert_raises(ShapeError, message, lambda f=function: f(length, past))


def test_what_is_no_tensor():
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


WEIGHTS = {
    "query_weight": (floats(DIM, 9), "queries: expected (B, T, 9), got (2, 4, 6)"),
    "key_bias": (floats(9), "key_bias: expected (6,), got (9,)"),
    "value_weight": (floats(WIDTH), "value_weight: expected (D, D_v), got (7,)"),
    "output_weight": (floats(DIM, 9), "output_weight: expected (6, 6), got (6, 9)"),
    "output_bias": (floats(1, DIM), "output_bias: expected (D_o,), got (1, 6)"),
}


@pytest.mark.parametrize("which", WEIGHTS)
def test_weights_of_the_reference(which):
    wrong, message = WEIGHTS[which]
    widths = {"query": DIM, "key": DIM, "value": WIDTH, "output": DIM}
    weights = {f"{name}_weight": floats(DIM, width) for name, width in widths.items()}
    weights |= {f"{name}_bias": floats(DIM) for name in widths}
    call = multi_head.multi_head_attention
    assert_raises(
        ShapeError, message, lambda: call(**arrays(), **(weights | {which: wrong}), heads=HEADS)
    )


def test_gradients_of_another_shape():
    x = floats(BATCH, KEYS, DIM)
    message = "grad: expected (2, 5, 6), got (2, 5, 7)"
    wrong = floats(BATCH, KEYS, 7)
    assert_raises(
        ShapeError, message, lambda: attention.dot_product_attention_gradient(wrong, x, x, x)
    )
    one = floats(DIM)
    assert_raises(ShapeError, message, lambda: transformer.layer_norm_gradient(wrong, x, one, one))
