"""What both frameworks have under one name is called alike in both."""

import inspect

import pytest

from tests.layers.calls import calls_of
from tests.wings import WINGS, wing_of

FRAMEWORKS_OWN = {"device", "dtype", "kwargs"}  # PyTorch's and Keras's words for where and what


def defaults(called):
    """Argument -> its default, in their order."""
    parameters = inspect.signature(called).parameters.values()
    return [(p.name, p.default) for p in parameters if p.name not in FRAMEWORKS_OWN]


def test_arguments_their_order_and_their_defaults_are_the_same():
    for name in WINGS:
        pytest.importorskip(name)
    one, other = map(wing_of, WINGS)
    both = sorted(set(one.__all__) & set(other.__all__))
    found = {name: [getattr(wing, name) for wing in (one, other)] for name in both}
    called = {name: pair for name, pair in found.items() if all(map(callable, pair))}
    assert len(called) > 60
    unlike = [name for name, (a, b) in called.items() if defaults(a) != defaults(b)]
    assert unlike == []


def test_where_pytorch_is_asked_for_a_result_it_makes_one():
    """On the device that holds no numbers, which every machine has."""
    pytest.importorskip("torch")
    asked = [(f, given) for f, given in calls_of("torch").values() if "device" in given]
    assert len(asked) >= 3
    for function, given in asked:
        assert function(**given | {"device": "meta"}).is_meta, function.__name__
