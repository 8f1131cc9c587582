"""A wrong argument is answered by one clear error that names it, before and after weights exist."""

import re

import numpy as np
import pytest

from mmref.errors import ModalityError, ShapeError
from tests.layers.cases import ONE_EACH
from tests.layers.running import BOTH, arguments, each, ready
from tests.messages import said
from tests.wings import WINGS, numpy, wing_of

CASES = {case.of: case for case in ONE_EACH}.values()
PATHS = [(case, path) for case in CASES for path in case.arguments]
# What an encoder inside calls the model's input.
INSIDE = {"inputs.image": "images", "inputs.text": "ids", "inputs.table": "table"}
INSIDE |= {"inputs": "table"}  # of the autoencoders in ``systems``


def refused(name, case, given, expected):
    """The message of a layer that is new, which must be that of one that has been called."""
    messages = set()
    for layer in (case.make(wing_of(name)), ready(name, case)):
        with pytest.raises((TypeError, ValueError)) as caught:
            layer(**given)
        assert type(caught.value) in (TypeError, ShapeError, ModalityError)
        messages.add(said(caught.value))
    (message,) = messages
    assert re.match(expected, message), message
    return message


def names(case):
    """How an error may begin: with an argument. Of two that do not fit, either may be named."""
    known = {path.partition(".")[0] for path in case.arguments}
    known |= {INSIDE[path] for path in case.arguments if path in INSIDE}
    return rf"({'|'.join(sorted(known))})(\[.*?\])?: expected .*, got "


# ---- arrays ----


def wider(name, case, path, array):
    """One feature or channel more."""
    axis = 1 if path in case.images and name == "torch" else -1
    return np.concatenate([array, np.take(array, [0], axis)], axis)


# By the kind of numbers an argument holds: what is wrong, and the function that makes it so.
WRONG = {
    "f": {
        "an axis less": lambda name, case, path, a: a[0],
        "an axis more": lambda name, case, path, a: a[None],
        "another width": wider,
        "integers": lambda name, case, path, a: a.astype("int64"),
        "truths": lambda name, case, path, a: a > 0,
    },
    "i": {
        "an axis less": lambda name, case, path, a: a[0],
        "an axis more": lambda name, case, path, a: a[None],
        "floats": lambda name, case, path, a: a.astype("float32"),
    },
    "b": {
        "an axis less": lambda name, case, path, a: a[0],
        "an axis more": lambda name, case, path, a: np.stack([a] * 7),
        "another width": lambda name, case, path, a: a[..., :-1],
        "numbers": lambda name, case, path, a: a.astype("float32"),
    },
}
# What is not wrong: (layer, argument) of any number of axes; of any width.
ANY_AXES = (("layer_norm", "x"), ("BatchNorm2d", "images"), ("low_rank_adapter", "x"))
ANY_WIDTH = (
    ("max_pool2d", "images"),
    ("avg_pool2d", "images"),
    ("additive_attention", "values"),
)
WRONG_ARRAYS = [
    (case, path, wrong)
    for case, path in PATHS
    for wrong in WRONG[case.arguments[path].dtype.kind]
    if not ("axis" in wrong and (case.of, path) in ANY_AXES)
    and not ("width" in wrong and (case.of, path) in ANY_WIDTH)
]


@BOTH
@pytest.mark.parametrize(
    ("case", "path", "wrong"), WRONG_ARRAYS, ids=[f"{c.name}: {p}: {w}" for c, p, w in WRONG_ARRAYS]
)
def test_a_wrong_array_is_named(name, case, path, wrong):
    change = WRONG[case.arguments[path].dtype.kind][wrong]

    def changed(at, array):
        return change(name, case, path, array) if at == path else array

    refused(name, case, arguments(name, case, change=changed), names(case))


def with_argument(given, path, change):
    """Nested arguments, one of them changed."""
    head, dot, key = path.partition(".")
    new = {key: change(given[head][key])} if dot else change(given[head])
    return given | {head: given[head] | new if dot else new}


# A kind, what makes it of a tensor, and who refuses it. Keras takes NumPy's arrays.
NO_TENSORS = {
    "list": (lambda x: numpy(x).tolist(), WINGS),
    "str": (lambda x: "text", WINGS),
    "ndarray": (numpy, ("torch",)),
}
EXPECTED = {"torch": "a torch.Tensor", "keras": "an array"}
# Keras itself refuses tensors and others side by side in one mapping, before a layer is asked.
NO_TENSOR_CASES = [
    (name, kind, case, path)
    for kind, (_, wings) in NO_TENSORS.items()
    for name in wings
    for case, path in PATHS
    if name == "torch" or "." not in path
]


@pytest.mark.parametrize(
    ("name", "kind", "case", "path"),
    NO_TENSOR_CASES,
    ids=[f"{c.name}: {p}: {k}-{n}" for n, k, c, p in NO_TENSOR_CASES],
)
def test_what_is_no_tensor_is_named(name, kind, case, path):
    change, _ = NO_TENSORS[kind]
    given = with_argument(arguments(name, case), path, change)
    message = refused(name, case, given, names(case))
    assert message.endswith(f": expected {EXPECTED[name]}, got {kind}")


# ---- mappings ----

MAPPINGS = [case for case in CASES if any("." in path for path in case.arguments)]


def mapping_of(name, case):
    """The arguments, and the name and value of the one that is a mapping."""
    given = arguments(name, case)
    return given, *next((head, a) for head, a in given.items() if isinstance(a, dict))


@BOTH
@each(MAPPINGS)
def test_a_missing_modality_is_named(name, case):
    given, head, mapping = mapping_of(name, case)
    first, *others = mapping
    rest = {m: mapping[m] for m in others}
    message = refused(name, case, given | {head: rest}, f"{head}: expected the modalities ")
    assert message.endswith(f"; missing ['{first}']")


@BOTH
@each(MAPPINGS)
def test_an_extra_modality_is_named(name, case):
    given, head, mapping = mapping_of(name, case)
    more = mapping | {"smell": next(iter(mapping.values()))}
    message = refused(name, case, given | {head: more}, f"{head}: expected the modalities ")
    assert message.endswith("; unexpected ['smell']")


@pytest.mark.parametrize("kind", [tuple, list])
@BOTH
@each(MAPPINGS)
def test_modalities_without_names_are_no_mapping(name, case, kind):
    given, head, mapping = mapping_of(name, case)
    expected = f"{head}: expected a mapping from name to array, got {kind.__name__}$"
    refused(name, case, given | {head: kind(mapping.values())}, expected)
