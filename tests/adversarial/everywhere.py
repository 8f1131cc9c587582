"""One bad call, of the reference and of both wings."""

import numpy as np

from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

FLOATS = "float32"


def ones(*shape, dtype=FLOATS):
    return np.ones(shape, dtype)


def everywhere(function_of, arguments, error, message, options=None):
    """The reference and both wings, each with arrays of its own, raise the same."""
    options = options or {}
    assert_raises(error, message, lambda: function_of(None)(*arguments, **options))
    for name in WINGS:
        given = [tensor(name, a) if isinstance(a, np.ndarray) else a for a in arguments]
        function = function_of(wing_of(name))
        assert_raises(error, message, lambda f=function, g=given: f(*g, **options))
