"""The errors themselves, whichever operation raises them."""

import pickle

import pytest

from mmref.errors import ChoiceError, ModalityError, ShapeError


@pytest.mark.parametrize(
    "error",
    [
        ShapeError("x", (2,), (3,)),
        ModalityError("x", ["a"], ["b"]),
        ChoiceError("x", None, ["a", "b"]),
    ],
)
def test_errors_survive_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
