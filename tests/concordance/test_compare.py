"""What a row of the concordance says: the largest difference, from a reference in float64."""

import dataclasses

import numpy as np
import pytest

from mmref.concordance import BOUNDS, FORMULAS, Exemption, Peer, Row, compare
from mmref.concordance.backends import run_torch
from mmref.concordance.table import tables

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


@pytest.mark.parametrize("spoiled", RIGHT.samples)
def test_not_a_number_in_one_sample_is_worse_than_what_others_differ_by(spoiled):
    """Whichever comes first: no number is larger than it, nor it than a number."""
    order = iter(RIGHT.samples)

    def off(**arguments):
        value = RIGHT.reference(**arguments)
        value.flat[-1] += np.nan if next(order) == spoiled else 1e-3
        return value

    row, *_ = compare(dataclasses.replace(RIGHT, reference=off), "torch")
    assert row.at == f"{spoiled}: value" and np.isnan(row.absolute) and not row.ok


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


@pytest.mark.parametrize(("absolute", "relative"), [(2.0, 0.5), (0.5, 2.0)])
def test_the_table_marks_each_of_both_differences(absolute, relative):
    row = dataclasses.replace(ROW, formula=RIGHT.name, absolute=absolute, relative=relative)
    right = dataclasses.replace(row, quantity="weight", absolute=0.5, relative=0.5)
    ((_, _, (cells,)),) = tables([row, right], [RIGHT])
    assert [cell.endswith(" !") for cell in cells[-2:]] == [True, False]


def test_an_exemption_is_of_one_backend_one_precision_and_perhaps_one_peer():
    of_all = Exemption("torch", "float32", 1e-2, "a reason")
    of_a_peer = Exemption("torch", "float64", 1e-3, "another")
    peer = Peer("theirs", "torch", lambda: None, (), (of_a_peer,))
    formula = dataclasses.replace(RIGHT, exemptions=(of_all,), peers=(peer,))
    assert formula.bound("torch", "float32") == formula.bound("torch", "float32", peer) == 1e-2
    assert formula.bound("torch", "float64", peer) == 1e-3
    assert formula.bound("torch", "float64") == BOUNDS["float64"]
    assert formula.bound("keras on torch", "float32", peer) == BOUNDS["float32"]


def test_what_the_value_does_not_depend_on_has_a_gradient_of_zeros():
    given = {"x": np.ones((2, 3)), "y": np.ones(4)}
    _, gradients = run_torch(lambda x, y: 2 * x, given, np.ones((2, 3)))
    np.testing.assert_array_equal(gradients["x"], np.full((2, 3), 2.0))
    np.testing.assert_array_equal(gradients["y"], np.zeros(4))
