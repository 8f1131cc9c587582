"""A call has a result and no other effect, and what is masked or absent has none on the result."""

import numpy as np
import pytest

from mmref import convert
from tests.layers.cases import CASES, FIRST, ONE_EACH
from tests.layers.running import BOTH, answer, arguments, each, made, ready, result
from tests.wings import numpy


def leaves(given):
    """The arguments as arrays, by dotted name; equal where they are NaN."""
    flat = {}
    for name, value in given.items():
        parts = value if isinstance(value, dict) else {"": value}
        flat |= {f"{name}.{key}": np.array(numpy(part)) for key, part in parts.items()}
    return flat


@BOTH
@each(ONE_EACH)
def test_a_call_changes_neither_weights_nor_arguments(name, case):
    layer, given = made(name, case), arguments(name, case)
    result(name, layer, given)  # weights of a Keras layer come with the first call
    weights, before = convert.arrays(layer), leaves(given)
    result(name, layer, given)
    for path, array in convert.arrays(layer).items():
        np.testing.assert_array_equal(array, weights[path], path)
    for path, array in leaves(given).items():
        np.testing.assert_array_equal(array, before[path], path)


@pytest.mark.parametrize("training", [True, False])
@each(FIRST)
def test_a_call_leaves_the_mode_of_every_part(case, training):
    pytest.importorskip("torch")
    layer = made("torch", case).train(training)
    layer(**arguments("torch", case))
    assert {part.training for part in layer.modules()} == {training}


def by_step(case, path):
    """Whether the case's mask is one of the steps of this argument."""
    array, mask = case.arguments[path], case.arguments.get("mask")
    return mask is not None and mask.shape == array.shape[:2] and array.ndim > 2


HIDING = [
    case
    for case in CASES
    if "present" in case.arguments or any(by_step(case, path) for path in case.arguments)
]


def hidden(name, case, path):
    """Where an argument is absent or masked, by rows or steps; None where it can be neither."""
    if "." in path and "present" in case.arguments:
        order = convert.modality_order(ready(name, case))  # that of the columns
        return ~case.arguments["present"][:, order.index(path.partition(".")[2])]
    return ~case.arguments["mask"] if by_step(case, path) else None


@BOTH
@each(HIDING)
def test_what_is_absent_or_masked_has_no_effect(name, case):
    """Not even NaN has one; nor has another text, where there is no NaN."""

    def other(path, array):
        where = hidden(name, case, path)
        if where is None:
            return array
        array = array.copy()
        array[where] = np.nan if array.dtype.kind == "f" else 1
        return array

    found, _ = result(name, ready(name, case), arguments(name, case, change=other))
    np.testing.assert_allclose(found, answer(name, case), rtol=1e-6, atol=1e-6)
