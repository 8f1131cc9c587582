"""Bad input to a transformer's block and to layer norm: the same error everywhere."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import transformer
from tests.attention.arrays import BATCH, DIM, KEYS, NUMBERS, floats
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, numpy, tensor, wing_of

CONSTRUCTED = {
    "heads of a block": (
        lambda wing: wing.TransformerBlock(10, 3),
        "heads: expected a divisor of dim = 10, got 3",
    ),
    "no width inside": (
        lambda wing: wing.TransformerBlock(6, 3, 0),
        "hidden: expected an integer, at least 1, got 0",
    ),
    "no width of a norm": (
        lambda wing: wing.LayerNorm(0),
        "dim: expected an integer, at least 1, got 0",
    ),
    "a negative epsilon": (
        lambda wing: wing.LayerNorm(6, -1),
        "epsilon: expected a finite number, at least 0, got -1",
    ),
    "no epsilon": (
        lambda wing: wing.TransformerBlock(6, 3, epsilon=None),
        "epsilon: expected a finite number, at least 0, got None",
    ),
    "text for epsilon": (
        lambda wing: wing.LayerNorm(6, "a"),
        "epsilon: expected a finite number, at least 0, got 'a'",
    ),
    "NaN for epsilon": (
        lambda wing: wing.TransformerBlock(6, 3, epsilon=np.nan),
        "epsilon: expected a finite number, at least 0, got nan",
    ),
}


@pytest.mark.parametrize("case", CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_heads_widths_and_epsilons_that_do_not_fit_are_refused(name, case):
    make, message = CONSTRUCTED[case]
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))


@pytest.mark.parametrize("name", WINGS)
def test_an_unknown_activation_is_refused(name):
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
    "integers": (np.zeros((2, 6), dtype="int32"), f"x: {NUMBERS}"),
}


@pytest.mark.parametrize("case", NORMED)
@pytest.mark.parametrize("name", WINGS)
def test_layer_norm_refuses_other_widths_and_integers(name, case):
    x, message = NORMED[case]
    layer = wing_of(name).LayerNorm(6)
    assert_raises(ShapeError, message, lambda: layer(tensor(name, x)))


def test_layer_norm_of_a_single_vector():
    x = np.arange(6, dtype="float32")
    expected = transformer.layer_norm(x, np.ones(6), np.zeros(6))
    for name in WINGS:
        found = wing_of(name).LayerNorm(6)(tensor(name, x))
        np.testing.assert_allclose(numpy(found), expected, atol=1e-5)


def test_the_reference_refuses_the_same_for_layer_norm():
    one = floats(6)
    for epsilon in (-1, np.nan, None, "a"):
        message = f"epsilon: expected a finite number, at least 0, got {epsilon!r}"
        given = floats(2, 6), one, one, epsilon
        assert_raises(error_of(message), message, lambda a=given: transformer.layer_norm(*a))
    message = f"x: {NUMBERS}"
    assert_raises(
        ShapeError,
        message,
        lambda: transformer.layer_norm(np.zeros((2, 6), "int32"), one, one),
    )
    message = "scale: expected (5,), got (6,)"
    assert_raises(ShapeError, message, lambda: transformer.layer_norm(floats(2, 5), one, one))


BLOCKS = {
    "width": (floats(2, 3, 5), None, "x: expected (B, T, 6), got (2, 3, 5)"),
    "axes": (floats(3, 6), None, "x: expected (B, T, 6), got (3, 6)"),
    "integers": (np.zeros((2, 3, 6), dtype="int32"), None, f"x: {NUMBERS}"),
    "no steps": (floats(2, 0, 6), None, "keys: expected at least one step, got (2, 0, 6)"),
    "mask": (
        floats(2, 3, 6),
        np.ones((2, 3), dtype=bool),
        "mask: expected as many axes as the scores (2, 3, 3), "
        "such as (1, 3, 3) for all examples or (2, 1, 3) for padding, got (2, 3)",
    ),
    "mask of padding that could be one of queries": (
        floats(3, 3, 6),
        np.ones((3, 3), dtype=bool),
        "mask: expected as many axes as the scores (3, 3, 3), "
        "such as (1, 3, 3) for all examples or (3, 1, 3) for padding, got (3, 3)",
    ),
}


@pytest.mark.parametrize("case", BLOCKS)
@pytest.mark.parametrize("name", WINGS)
def test_blocks_refuse_inputs_and_masks_that_do_not_fit(name, case):
    x, mask, message = BLOCKS[case]
    layer = wing_of(name).TransformerBlock(6, 3)
    given = {} if mask is None else {"mask": tensor(name, mask)}
    assert_raises(ShapeError, message, lambda: layer(tensor(name, x), **given))


def test_the_reference_refuses_the_same_inputs_of_a_block():
    pair = {"scale": floats(6), "shift": floats(6)}
    dense = {"weight": floats(6, 6), "bias": floats(6)}
    weights = {}
    for which in ("query", "key", "value", "output"):
        weights |= {f"{which}_weight": floats(6, 6), f"{which}_bias": floats(6)}
    for case in BLOCKS.keys() - {"width", "axes"}:
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


def test_layer_norm_refuses_a_gradient_of_another_shape():
    x, wrong, one = floats(BATCH, KEYS, DIM), floats(BATCH, KEYS, 7), floats(DIM)
    message = "grad: expected (2, 5, 6), got (2, 5, 7)"
    assert_raises(ShapeError, message, lambda: transformer.layer_norm_gradient(wrong, x, one, one))
