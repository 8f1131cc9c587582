"""Bad input to recurrence: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import recurrence as reference
from tests.messages import assert_raises, error_of
from tests.recurrence.inputs import KINDS, VARIANTS, B, D, H, T, callables, weights
from tests.wings import WINGS, numpy, tensor, wing_of


def given(**changes):
    return {"inputs": np.ones((B, T, D), "float32")} | changes


BAD = {
    "two axes": (given(inputs=np.ones((B, D), "f4")), "inputs: expected (B, T, 3), got (5, 3)"),
    "four axes": (
        given(inputs=np.ones((B, T, D, 1), "f4")),
        "inputs: expected (B, T, 3), got (5, 4, 3, 1)",
    ),
    "width": (given(inputs=np.ones((B, T, 7), "f4")), "inputs: expected (B, T, 3), got (5, 4, 7)"),
    "no step": (
        given(inputs=np.ones((B, 0, D), "f4")),
        "inputs: expected at least one step, got (5, 0, 3)",
    ),
    "integers": (
        given(inputs=np.ones((B, T, D), "i4")),
        "inputs: expected floating-point numbers, got int32",
    ),
    "mask of one axis": (
        given(mask=np.ones(T, bool)),
        "mask: expected (B, T) = (5, 4), got (4,)",
    ),
    "mask with a feature axis": (
        given(mask=np.ones((B, T, 1), bool)),
        "mask: expected (B, T) = (5, 4), got (5, 4, 1)",
    ),
    "mask turned": (
        given(mask=np.ones((T, B), bool)),
        "mask: expected (B, T) = (5, 4), got (4, 5)",
    ),
    "mask of integers": (
        given(mask=np.ones((B, T), "i4")),
        "mask: expected dtype bool (True = keep), got int32",
    ),
    "state of another width": (
        given(initial_state=np.ones((B, 3), "f4")),
        "initial_state: expected (B, H) = (5, 2), got (5, 3)",
    ),
    "state of another batch": (
        given(initial_state=np.ones((1, H), "f4")),
        "initial_state: expected (B, H) = (5, 2), got (1, 2)",
    ),
    "state with an axis for layers": (
        given(initial_state=np.ones((1, B, H), "f4")),
        "initial_state: expected (B, H) = (5, 2), got (1, 5, 2)",
    ),
    "state of integers": (
        given(initial_state=np.ones((B, H), "i4")),
        "initial_state: expected floating-point numbers, got int32",
    ),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("variant", VARIANTS)
def test_all_three_say_the_same(variant, case):
    arguments, message = BAD[case]
    for _, function in callables(variant):
        assert_raises(ShapeError, message, lambda f=function: f(**arguments))


def test_a_wrong_initial_cell():
    arguments = given(initial_cell=np.ones((B, 7), "f4"))
    message = "initial_cell: expected (B, H) = (5, 2), got (5, 7)"
    for _, function in callables("LSTM"):
        assert_raises(ShapeError, message, lambda f=function: f(**arguments))


def test_what_is_no_tensor_is_refused():
    layer = wing_of("torch").GRU(D, H)
    x = np.ones((B, T, D), "float32")
    message = "inputs: expected a torch.Tensor, got ndarray"
    assert_raises(TypeError, message, lambda: layer(x))
    message = "mask: expected a torch.Tensor, got ndarray"
    there = np.ones((B, T), bool)
    assert_raises(TypeError, message, lambda: layer(tensor("torch", x), mask=there))
    message = "inputs: expected float32 as in the layer, got float64"
    assert_raises(ShapeError, message, lambda: layer(tensor("torch", x.astype("float64"))))


def test_an_unknown_number_of_steps():
    keras = pytest.importorskip("keras")
    layer = wing_of("keras").RNN(D, H)
    with pytest.raises(ShapeError, match=r"a known number of steps, got \(None, None, 3\)"):
        layer(keras.Input((None, D)))


@pytest.mark.parametrize("name", WINGS)
def test_widths_that_are_no_counts_are_refused(name):
    for kind in KINDS:
        for dims, what in (((0, 2), "dim"), ((3, 2.5), "hidden")):
            bad = repr(dims[0] if what == "dim" else dims[1])
            message = f"{what}: expected an integer, at least 1, got {bad}"
            assert_raises(
                error_of(message), message, lambda k=kind, d=dims: getattr(wing_of(name), k)(*d)
            )


@pytest.mark.parametrize("variant", VARIANTS)
def test_weights_of_another_shape(variant):
    kind, options, gates, double = VARIANTS[variant]
    function = getattr(reference, kind.lower())
    right = weights(variant)
    expected = {
        "input_weight": (gates * H, D),
        "bias": (*double, gates * H),
    }
    for name, shape in expected.items():
        wrong = right | {name: np.zeros((*shape[:-1], 9))}
        message = f"{name}: expected {shape}, got {(*shape[:-1], 9)}"
        if name == "input_weight":  # its width says what the inputs' must be
            message = "inputs: expected (B, T, 9), got (5, 4, 3)"
        assert_raises(ShapeError, message, lambda w=wrong: function(**given(), **w, **options))
    wrong = right | {"hidden_weight": np.zeros(H)}
    message = f"hidden_weight: expected ({gates} H, H), got (2,)".replace("(1 H", "(H")
    assert_raises(ShapeError, message, lambda: function(**given(), **wrong, **options))
    gradient = getattr(reference, f"{kind.lower()}_gradient")
    message = "grad: expected (5, 4, 2), got (5, 2)"
    last = np.ones((B, H))
    assert_raises(ShapeError, message, lambda: gradient(last, **given(), **right, **options))


# ---- lookups ----

BAD_LOOKUPS = {
    "a table of one axis": (
        (np.ones(4, "f4"), np.zeros((2, 3), "i4"), None),
        "weight: expected (V, D), got (4,)",
    ),
    "a table of integers": (
        (np.ones((4, 2), "i4"), np.zeros((2, 3), "i4"), None),
        "weight: expected floating-point numbers, got int32",
    ),
    "ids of one axis": (
        (np.ones((4, 2), "f4"), np.zeros(3, "i4"), None),
        "ids: expected (B, T), got (3,)",
    ),
    "ids of floats": (
        (np.ones((4, 2), "f4"), np.zeros((2, 3), "f4"), None),
        "ids: expected integers, got float32",
    ),
    "a mask turned": (
        (np.ones((4, 2), "f4"), np.zeros((2, 3), "i4"), np.ones((3, 2), bool)),
        "mask: expected (B, T) = (2, 3), got (3, 2)",
    ),
    "ids too large": (
        (np.ones((4, 2), "f4"), np.array([[1, 4], [2, 9]]), np.array([[1, 1], [1, 0]], bool)),
        "ids: expected 0 to 3, got 0 to 4 (len(weight) is 4)",
    ),
    "ids below zero": (
        (np.ones((4, 2), "f4"), np.array([[1, -1]]), None),
        "ids: expected 0 to 3, got -1 to 1 (len(weight) is 4)",
    ),
}


@pytest.mark.parametrize("case", BAD_LOOKUPS)
def test_ids_and_tables_that_do_not_fit_are_refused(case):
    arguments, message = BAD_LOOKUPS[case]
    assert_raises(error_of(message), message, lambda: reference.embedding(*arguments))
    for name in WINGS:
        given = [None if a is None else tensor(name, a) for a in arguments]
        look_up = wing_of(name).embedding
        assert_raises(error_of(message), message, lambda f=look_up, g=given: f(*g))


@pytest.mark.parametrize("ids", [[[0, 5]], [[-1, 1]]])
def test_lookups_of_numpy_ids_in_keras(ids):
    """As they come: an id of -1 is not the last row."""
    look_up = wing_of("keras").embedding
    message = f"ids: expected 0 to 3, got {min(ids[0])} to {max(ids[0])} (len(weight) is 4)"
    weight = np.arange(8, dtype="float32").reshape(4, 2)
    assert_raises(error_of(message), message, lambda: look_up(weight, np.array(ids)))
    found = numpy(look_up(weight, np.array([[3, 0]], "uint8")))
    np.testing.assert_array_equal(found, [[[6, 7], [0, 1]]])


@pytest.mark.parametrize("wing", ["reference", *WINGS])
@pytest.mark.parametrize("kind, flag", [("LSTM", "forget_gate"), ("GRU", "reset_after")])
def test_flags_are_true_or_false(wing, kind, flag):
    message = f"{flag}: expected one of True, False; got 'before'"
    if wing == "reference":
        values = weights(kind)
        function = getattr(reference, kind.lower())
        call = lambda: function(**given(), **values, **{flag: "before"})  # noqa: E731
    else:
        call = lambda: getattr(wing_of(wing), kind)(D, H, **{flag: "before"})  # noqa: E731
    assert_raises(ChoiceError, message, call)


@pytest.mark.parametrize("name", WINGS)
def test_what_two_directions_and_stacks_take(name):
    wing = wing_of(name)
    if name == "torch":
        from torch import nn

        own = nn.LSTM(D, H)
    else:
        import keras

        own = keras.layers.LSTM(H)
    expected = "expected a layer that is called with inputs and mask, as RNN, LSTM, GRU, got "
    got = f"{type(own).__module__}.LSTM"
    ours = wing.RNN(D, H)
    for message, make in (
        (f"backward_layer: {expected}{got}", lambda: wing.Bidirectional(ours, own)),
        (f"forward_layer: {expected}builtins.str", lambda: wing.Bidirectional("rnn", ours)),
        (f"layers[1]: {expected}{got}", lambda: wing.Stacked([ours, own])),
    ):
        assert_raises(TypeError, message, make)
    assert_raises(
        ValueError, "layers: expected at least one layer, got none", lambda: wing.Stacked([])
    )
    both = wing.Bidirectional(ours, wing.GRU(D, H))
    x = tensor(name, np.ones((B, T, D), "float32"))
    message = "mask: expected (B, T) = (5, 4), got (4,)"
    assert_raises(error_of(message), message, lambda: both(x, mask=tensor(name, np.ones(T, bool))))
    with pytest.raises(TypeError, match="mask: expected .*, got list"):
        both(x, mask=[[True] * T] * B)
