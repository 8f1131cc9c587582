"""What an error says, whichever wing raised it."""

import re

import pytest

from mmref.errors import ChoiceError, ShapeError

# How a message about a number begins, and one about another wrong value.
NUMBERS = r"expected (an integer, at|a number|a finite number|a positive number)"
VALUES = r"expected (0 to|a divisor|both|multiples|a power|an even|less|an axis|at least one layer)"


def assert_raises(error, message, call):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert type(caught.value) is error
    assert said(caught.value) == message


def said(error):
    """The message; Keras puts where the layer was called around it and prints it in bold."""
    bold = re.search("\x1b\\[1m(.*?)\x1b\\[0m", str(error), re.DOTALL)
    return bold[1] if bold else str(error)


def error_of(message):
    """The rule: a wrong kind is a TypeError, a wrong value a ValueError, a word that is none of a
    list a ChoiceError, a wrong shape or dtype a ShapeError."""
    if "expected one of" in message:
        return ChoiceError
    if re.search(NUMBERS, message):
        whole = "an integer, at" in message
        number = r"-?\d+" if whole else r"-?(\d.*|nan|inf)"
        return ValueError if re.search(rf"got {number}$", message) else TypeError
    return ValueError if re.search(VALUES, message) else ShapeError
