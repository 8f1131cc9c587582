"""What a row of the concordance says: the largest difference, from a reference in float64."""

import dataclasses

import numpy as np
import pytest

from mmref.concordance import FORMULAS, Row, compare

pytest.importorskip("torch")

RIGHT = dataclasses.replace(FORMULAS["concat_fusion"], peers=())


def floats(arguments):
    """The number types of all floats among some arguments."""
    leaves = [x for a in arguments for x in (a.values() if isinstance(a, dict) else [a])]
    return {x.dtype.name for x in leaves if isinstance(x, np.ndarray) and x.dtype.kind == "f"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_reference_computes_in_float64(dtype):
    """Of arguments that were rounded to the framework's precision before."""
    seen = []

    def reference(**arguments):
        seen.append(arguments)
        return RIGHT.reference(**arguments)

    def gradient(grad, **arguments):
        seen.append(arguments | {"grad": grad})
        return RIGHT.gradient(grad, **arguments)

    watched = dataclasses.replace(RIGHT, reference=reference, gradient=gradient)
    rows = compare(watched, "torch", dtype)
    assert rows == compare(RIGHT, "torch", dtype)
    assert len(seen) == 2 * len(RIGHT.samples)
    for arguments in seen:
        assert floats(arguments.values()) == {"float64"}
        weight = arguments["weight"]
        assert (weight == weight.astype(dtype)).all()
    if dtype == "float32":
        assert all(row.absolute > 0 for row in rows)


def test_the_largest_difference_of_all_samples_is_told():
    names = list(RIGHT.samples)
    errors = dict.fromkeys(names, 1e-3) | {names[1]: 7e-3}
    order = iter(names)

    def off(**arguments):
        value = RIGHT.reference(**arguments)
        value.flat[-1] += errors[next(order)]  # one number of many
        return value

    row, *_ = compare(dataclasses.replace(RIGHT, reference=off), "torch")
    assert row.quantity == "value" and row.absolute == pytest.approx(7e-3)
    assert row.at == f"{names[1]}: value" and not row.ok


def test_not_a_number_on_one_side_alone_is_a_difference():
    """In one number of many, of the value or of a gradient."""

    def spoiled(array):
        array.flat[-1] = np.nan
        return array

    def value(**arguments):
        return spoiled(RIGHT.reference(**arguments))

    def gradient(grad, **arguments):
        *others, last = RIGHT.gradient(grad, **arguments)
        return *others, spoiled(last)

    row, *others = compare(dataclasses.replace(RIGHT, reference=value), "torch")
    assert row.quantity == "value" and np.isnan(row.absolute) and not row.ok
    assert all(other.ok for other in others)
    *others, row = compare(dataclasses.replace(RIGHT, gradient=gradient), "torch")
    assert np.isnan(row.absolute) and not row.ok
    assert all(other.ok for other in others)


ROW = Row("f", "mmref.torch", "torch", "float64", "value", 0.5, 0.5, 1.0, "sample: value")


@pytest.mark.parametrize(
    ("changes", "ok"),
    [
        ({}, True),
        ({"absolute": 1.0, "relative": 1.0}, True),
        ({"absolute": 1.1}, False),
        ({"relative": 1.1}, False),
        ({"absolute": np.nan, "relative": np.nan}, False),
        ({"relative": np.nan}, False),
        ({"absolute": np.inf, "relative": np.inf}, False),
    ],
)
def test_a_row_is_right_where_both_differences_are_within_the_bound(changes, ok):
    assert dataclasses.replace(ROW, **changes).ok == ok
