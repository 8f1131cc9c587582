"""Bad input to attention with several heads: the same error everywhere."""

import pytest

from mmref.errors import ShapeError
from mmref.reference import multi_head
from tests.attention.arrays import (
    AN_ARRAY,
    BATCH,
    DIM,
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
from tests.attention.test_errors import LOOKUPS
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, tensor, wing_of


@pytest.mark.parametrize(
    "kind",
    [
        "MultiHeadAttention",
    ],
)
@pytest.mark.parametrize("missing", ["queries", "keys", "values"])
def test_none_is_no_array_in_other_attentions_of_the_reference(kind, missing):
    message = f"{missing}: expected an array, got NoneType"
    given = arrays(**{missing: None})
    assert_raises(TypeError, message, lambda: of_reference(kind, given))


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
    "mask of five axes": (
        arrays(mask=TRUE[None, None]),
        "mask: expected a shape that broadcasts to (2, 3, 4, 5), got (1, 1, 2, 4, 5)",
    ),
    "mask of other heads": (
        arrays(mask=TRUE[:, None].repeat(2, axis=1)),
        "mask: expected a shape that broadcasts to (2, 3, 4, 5), got (2, 2, 4, 5)",
    ),
    "mask of heads for examples": (
        arrays(mask=TRUE[:1].repeat(3, axis=0)),
        "mask: expected a shape that broadcasts to (2, 4, 5), got (3, 4, 5)",
    ),
}
SEVERAL_HEADS |= {
    case: LOOKUPS[case]
    for case in LOOKUPS
    if case.startswith(("mask of numbers", "mask of padding", "mask of one"))
}


@pytest.mark.parametrize("case", SEVERAL_HEADS)
def test_attention_of_several_heads_refuses_the_same_in_all_three(case):
    refused_by_layer("MultiHeadAttention", case, *SEVERAL_HEADS[case])


CONSTRUCTED = {
    "heads that do not divide": (
        lambda wing: wing.MultiHeadAttention(10, 3),
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
}


@pytest.mark.parametrize("case", CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_heads_and_widths_that_do_not_fit_are_refused(name, case):
    make, message = CONSTRUCTED[case]
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))


def test_heads_that_do_not_divide_in_the_reference():
    x, weights = floats(2, 4, 10), {}
    for which in ("query", "key", "value", "output"):
        weights |= {f"{which}_weight": floats(10, 10), f"{which}_bias": floats(10)}
    message = "heads: expected a divisor of dim = 10, got 3"
    assert_raises(
        ValueError,
        message,
        lambda: multi_head.multi_head_attention(x, x, x, **weights, heads=3),
    )


def test_no_new_steps_are_refused():
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
        "x: expected at least one head, got (2, 0, 5, 6)",
    ),
    "heads without features": (
        floats(2, 3, 5, 0),
        None,
        "x: expected at least one feature, got (2, 3, 5, 0)",
    ),
    "integers to merge": (INTEGERS[None], None, f"x: {NUMBERS}"),
}


@pytest.mark.parametrize("case", HEADED)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_splitting_and_merging_refuse_what_does_not_fit(name, case):
    x, heads, message = HEADED[case]
    module = modules_of(name)[1]
    x = x if name == "reference" else tensor(name, x)
    given = (x,) if heads is None else (x, heads)
    function = module.merge_heads if heads is None else module.split_heads
    assert_raises(error_of(message), message, lambda: function(*given))


@pytest.mark.parametrize("name", AN_ARRAY)
def test_nothing_to_split_or_to_merge(name):
    module = modules_of(name)[1]
    message = f"x: expected {AN_ARRAY[name]}, got NoneType"
    assert_raises(TypeError, message, lambda: module.split_heads(None, 3))
    assert_raises(TypeError, message, lambda: module.merge_heads(None))


WEIGHTS = {
    "query_weight": (floats(DIM, 9), "queries: expected (B, T, 9), got (2, 4, 6)"),
    "key_bias": (floats(9), "key_bias: expected (6,), got (9,)"),
    "value_weight": (floats(WIDTH), "value_weight: expected (6, D_v), got (7,)"),
    "output_weight": (floats(DIM, 9), "output_weight: expected (6, 6), got (6, 9)"),
    "output_bias": (floats(1, DIM), "output_bias: expected (D_o,), got (1, 6)"),
}


@pytest.mark.parametrize("which", WEIGHTS)
def test_the_reference_refuses_weights_that_do_not_fit(which):
    wrong, message = WEIGHTS[which]
    widths = {"query": DIM, "key": DIM, "value": WIDTH, "output": DIM}
    weights = {f"{name}_weight": floats(DIM, width) for name, width in widths.items()}
    weights |= {f"{name}_bias": floats(DIM) for name in widths}
    call = multi_head.multi_head_attention
    assert_raises(
        ShapeError, message, lambda: call(**arrays(), **(weights | {which: wrong}), heads=HEADS)
    )
