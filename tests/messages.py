"""What an error says, whichever wing raised it."""

import re

import pytest


def assert_raises(error, message, call):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert type(caught.value) is error
    assert said(caught.value) == message


def said(error):
    """The message; Keras puts where the layer was called around it and prints it in bold."""
    bold = re.search("\x1b\\[1m(.*?)\x1b\\[0m", str(error), re.DOTALL)
    return bold[1] if bold else str(error)
