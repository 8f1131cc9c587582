"""Every argument of every public function and class, spoiled as its annotation suggests.

One clear error names it, in all three wings. What is spoiled is found by inspection: a new
function of the registry is asked about from then on.
"""

import functools
import inspect
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import get_args, get_origin, get_type_hints

import numpy as np
import pytest

from mmref.errors import ChoiceError, ModalityError, ShapeError
from mmref.types import Padding, Pair, Size
from tests.layers.calls import ALL, calls_of, reference_functions
from tests.messages import said
from tests.wings import wing_of

ERRORS = (TypeError, ValueError, ShapeError, ChoiceError, ModalityError)


def of_strings(array):
    return np.full(np.shape(array), "a")


def of_texts(mapping):
    return dict.fromkeys(mapping or ("image",), "text")


def of_objects(array):
    return np.full(np.shape(array), None)


def of_complex_numbers(array):
    return np.ones(np.shape(array), complex)


# What no argument with this annotation may be, or how it is spoiled.
BAD = [
    (bool, ["no", None, 1]),
    (int, [0, -1, 1.5, True, "3"]),
    (float, [math.nan, math.inf, "1", True]),
    (str, ["nope", ["x"], 3]),
    (Size, [0, -1, 1.5, True, "3", (1, 0), (1, 1, 1)]),
    (Padding, [-1, 1.5, True, "nope", (1, -1), (1, 1, 1)]),
    (Pair, [3, "33", (3,), (3, 0)]),
    (Callable, [3, "sum"]),
    (Mapping, [None, [1, 2], "text", {1: 2}, of_texts]),
    (np.ndarray, ["text", of_strings, of_objects, of_complex_numbers]),
]
# What is right nevertheless, and why.
FINE = {
    "length=0": "a sequence of no step is one",
    "past=0": "nothing came before",
    "blocks=0": "patches, positions and the mean are an encoder",
    "padding=0": "no padding",
    "output_padding=0": "nothing to choose",
    "padding=(1, 0)": "no columns",
    "output_padding=(1, 0)": "likewise",
    "trim=0": "nothing is cut off",
    "zero_point=0": "the middle of the grid",
    "zero_point=-1": "beside it",
    "warmup=0": "the full rate from the first step",
    "axis=0": "an axis",
    "axis=-1": "an axis, from the end",
    "limit=inf": "shortens nothing",
    "modality_dropout=None": "no dropout",
    "masks=None": "nothing is masked",
    "grad=nan": "a gradient passes on what it gets",
    "grad=inf": "likewise",
}
# What is asked elsewhere.
ELSEWHERE = {
    "torch": {
        *("FolderBatches", "History", "coalition_outputs", "device", "evaluate", "fit"),
        *("load", "predict", "save"),
    },
    "keras": {"Batches", "FolderBatches", "coalition_outputs", "load", "save"},
    "reference": {"padded", "windows"},  # steps of the convolution, on checked arguments
}


def bad_values(hint):
    """What no argument with this annotation may be; None for one that may be anything."""
    parts = [part for part in get_args(hint) if part is not type(None)]
    if type(None) in get_args(hint):  # optional
        hint = functools.reduce(operator.or_, parts)
    kind = get_origin(hint)
    return next((bad for known, bad in BAD if known in (hint, kind)), [])


def spoiled(name):
    """(words, function, arguments with one spoiled, its name) for every argument of a wing."""
    for called, (function, given) in sorted(calls_of(name).items()):
        hints = get_type_hints(function.__init__ if inspect.isclass(function) else function)
        for argument in given:
            for bad in bad_values(hints.get(argument)):
                bad = bad(given[argument]) if callable(bad) else bad
                if f"{argument}={bad}" not in FINE:
                    words = f"{called}({argument}={bad!r})"
                    yield words, function, given | {argument: bad}, argument


@pytest.mark.parametrize("name", ALL)
def test_every_spoiled_argument_is_named_by_one_clear_error(name):
    wrong, count = [], 0
    for words, function, given, argument in spoiled(name):
        count += 1
        try:
            function(**given)
        except ERRORS as error:
            named = re.match(rf"{argument}(\[.*?\])*: expected .*[,;] got ", said(error))
            if type(error) not in ERRORS or not named:
                wrong.append(f"{words}: {type(error).__name__}: {said(error)[:80]}")
        except Exception as error:
            wrong.append(f"{words}: {type(error).__name__}: {said(error)[:80]}")
        else:
            wrong.append(f"{words}: accepted")
    assert not wrong, f"{len(wrong)} of {count}\n" + "\n".join(wrong)
    assert count > 300


@pytest.mark.parametrize("name", ALL)
def test_nothing_public_is_left_out(name):
    public = reference_functions() if name == "reference" else wing_of(name).__all__
    assert set(public) - set(calls_of(name)) == ELSEWHERE[name]
