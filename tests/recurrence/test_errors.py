"""Recurrence: bad input says the same in all three; masks, states, starts, saving, clipping."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import recurrence as reference
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

B, T, D, H = 5, 4, 3, 2
KINDS = {"RNN": 1, "LSTM": 4, "GRU": 3}
# Every variant: the layer's class and options, gates, the leading axes of its bias.
VARIANTS = {
    "RNN": ("RNN", {}, 1, ()),
    "LSTM": ("LSTM", {}, 4, ()),
    "LSTM of 1997": ("LSTM", {"forget_gate": False}, 3, ()),
    "GRU": ("GRU", {}, 3, (2,)),
    "GRU, reset before": ("GRU", {"reset_after": False}, 3, ()),
}


def weights(variant, rng=None):
    _, _, gates, double = VARIANTS[variant]
    shapes = {
        "input_weight": (gates * H, D),
        "hidden_weight": (gates * H, H),
        "bias": (*double, gates * H),
    }
    draw = (lambda s: rng.normal(size=s)) if rng else np.zeros
    return {name: draw(shape).astype("float32") for name, shape in shapes.items()}


def callables(variant, **values):
    """(name, function of NumPy arguments) for the reference and both wings, equal weights."""
    kind, options, *_ = VARIANTS[variant]
    values = values or weights(variant)

    def by_reference(**arguments):
        return getattr(reference, kind.lower())(**arguments, **values, **options)

    yield "numpy", by_reference
    for name in WINGS:
        from mmref import convert

        layer = getattr(wing_of(name), kind)(D, H, **options)
        convert.set_arrays(layer, values)

        def by_wing(layer=layer, name=name, **arguments):
            return numpy(layer(**{n: tensor(name, a) for n, a in arguments.items()}))

        yield name, by_wing


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
        given(inputs=np.ones((B, T, D), int)),
        "inputs: expected floating-point numbers, got int64",
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
        given(mask=np.ones((B, T), int)),
        "mask: expected dtype bool (True = keep), got int64",
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
        given(initial_state=np.ones((B, H), int)),
        "initial_state: expected floating-point numbers, got int64",
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


def test_what_is_no_tensor():
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
def test_widths(name):
    for kind in KINDS:
        for dims, what in (((0, 2), "dim"), ((3, 2.5), "hidden")):
            bad = repr(dims[0] if what == "dim" else dims[1])
            message = f"{what}: expected an integer, at least 1, got {bad}"
            assert_raises(ShapeError, message, lambda k=kind, d=dims: getattr(wing_of(name), k)(*d))


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
    message = "hidden_weight: expected a matrix, got (2,)"
    assert_raises(ShapeError, message, lambda: function(**given(), **wrong, **options))
    gradient = getattr(reference, f"{kind.lower()}_gradient")
    message = "grad: expected (5, 4, 2), got (5, 2)"
    last = np.ones((B, H))
    assert_raises(ShapeError, message, lambda: gradient(last, **given(), **right, **options))


def drawn(variant, seed=0):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(B, T, D)).astype("float32"), weights(variant, rng)


@pytest.mark.parametrize("variant", VARIANTS)
def test_nan_spoils_its_own_row_from_its_step_on(variant):
    _, x, values = drawn(variant)
    clean = x.copy()
    x[1, 2, 0] = np.nan
    for _, function in callables(variant, **values):
        states, expected = function(inputs=x), function(inputs=clean)
        assert np.isnan(states[1, 2:]).all()
        np.testing.assert_array_equal(states[1, :2], expected[1, :2])
        others = np.arange(B) != 1
        np.testing.assert_allclose(states[others], expected[others], atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_last_column_is_the_final_state_of_a_ragged_batch(variant):
    """The same as running each row alone, cut to its length; wherever its steps stand."""
    rng, x, values = drawn(variant)
    mask = rng.random((B, T)) < 0.6
    mask[0], mask[1] = False, True
    for _, function in callables(variant, **values):
        states = function(inputs=x, mask=mask)
        assert (states[0] == 0).all()  # nothing was read: the initial state, zeros
        for row in range(1, B):
            if mask[row].any():
                alone = function(inputs=x[row : row + 1, mask[row]])
                np.testing.assert_allclose(states[row, -1], alone[0, -1], atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_states_start_at_zero_and_do_not_leak_into_the_next_call(variant):
    rng, x, values = drawn(variant)
    names = ["initial_state"] + ["initial_cell"] * variant.startswith("LSTM")
    for _, function in callables(variant, **values):
        first = function(inputs=x)
        function(inputs=rng.normal(size=x.shape).astype("float32"))
        np.testing.assert_array_equal(function(inputs=x), first)
        zeros = {name: np.zeros((B, H), "float32") for name in names}
        np.testing.assert_array_equal(function(inputs=x, **zeros), first)
        for name in names:
            assert np.abs(function(inputs=x, **{name: zeros[name] + 1}) - first).max() > 1e-3


@pytest.mark.parametrize("variant", [v for v in VARIANTS if "LSTM" not in v])
def test_a_sequence_can_be_read_in_two_parts(variant):
    """The LSTM's cell would be needed too, and is not among the states."""
    _, x, values = drawn(variant)
    for _, function in callables(variant, **values):
        whole, first = function(inputs=x), function(inputs=x[:, :2])
        second = function(inputs=x[:, 2:], initial_state=first[:, -1])
        np.testing.assert_allclose(np.concatenate([first, second], 1), whole, atol=1e-6)


@pytest.mark.parametrize("name", WINGS)
def test_where_weights_start(name):
    from mmref import convert

    wing = wing_of(name)
    for kind, gates in KINDS.items():
        layer = getattr(wing, kind)(60, 40)
        if name == "keras":
            layer.build(None)
        start = convert.arrays(layer)
        limit = np.sqrt(6 / (gates * 40 + 60))
        largest = np.abs(start["input_weight"]).max()
        assert 0.99 * limit < largest <= limit + 1e-6
        u = start["hidden_weight"]
        np.testing.assert_allclose(u.T @ u, np.eye(40), atol=1e-5)
        bias = start["bias"]
        if kind == "LSTM":
            assert (bias[40:80] == 1).all()
            bias = np.delete(bias, slice(40, 80))
        assert (bias == 0).all()
    start = convert.arrays(built(wing.LSTM(3, 2, forget_gate=False)))
    assert (start["bias"] == 0).all() and start["bias"].shape == (6,)


def built(layer):
    if hasattr(layer, "build"):
        layer.build(None)
    return layer


def test_keras_hands_masks_on():
    """The mask of an embedding reaches a stack of ours without being named."""
    keras = pytest.importorskip("keras")
    wing = wing_of("keras")
    embed = keras.layers.Embedding(9, D, mask_zero=True)
    stack = wing.Stacked([wing.GRU(D, H), wing.Bidirectional(wing.RNN(H, H), wing.LSTM(H, H))])
    ids = np.array([[4, 7, 2, 0], [3, 0, 0, 0], [1, 2, 3, 4]])
    x = embed(ids)
    np.testing.assert_array_equal(
        numpy(stack(x)), numpy(stack(tensor("keras", numpy(x)), mask=tensor("keras", ids != 0)))
    )
    assert np.abs(numpy(stack(x)) - numpy(stack(tensor("keras", numpy(x))))).max() > 1e-4


@pytest.mark.parametrize("kind", [*KINDS, "Bidirectional", "Stacked"])
def test_keras_layers_that_follow_get_the_mask(kind):
    """Averaging over time, Keras's own layer leaves masked steps out if it is told of them."""
    keras = pytest.importorskip("keras")
    wing = wing_of("keras")
    make = {
        "Bidirectional": lambda: wing.Bidirectional(wing.RNN(D, H), wing.RNN(D, H)),
        "Stacked": lambda: wing.Stacked([wing.RNN(D, H)]),
    }
    layer = make[kind]() if kind in make else getattr(wing, kind)(D, H)
    ids = np.array([[4, 7, 2, 0], [3, 0, 0, 0], [1, 2, 3, 4]])
    x = keras.layers.Embedding(9, D, mask_zero=True)(ids)
    states, mask = numpy(layer(x)), (ids != 0)[..., None]
    found = numpy(keras.layers.GlobalAveragePooling1D()(layer(x)))
    np.testing.assert_allclose(found, (states * mask).sum(1) / mask.sum(1), atol=1e-6)


# ---- lookups ----

BAD_LOOKUPS = {
    "a table of one axis": (
        (np.ones(4, "f4"), np.zeros((2, 3), int), None),
        "weight: expected (V, D), got (4,)",
    ),
    "a table of integers": (
        (np.ones((4, 2), int), np.zeros((2, 3), int), None),
        "weight: expected floating-point numbers, got int64",
    ),
    "ids of one axis": (
        (np.ones((4, 2), "f4"), np.zeros(3, int), None),
        "ids: expected integers (B, T), got int64 (3,)",
    ),
    "ids of floats": (
        (np.ones((4, 2), "f4"), np.zeros((2, 3), "f4"), None),
        "ids: expected integers (B, T), got float32 (2, 3)",
    ),
    "a mask turned": (
        (np.ones((4, 2), "f4"), np.zeros((2, 3), int), np.ones((3, 2), bool)),
        "mask: expected (B, T) = (2, 3), got (3, 2)",
    ),
    "ids too large": (
        (np.ones((4, 2), "f4"), np.array([[1, 4], [2, 9]]), np.array([[1, 1], [1, 0]], bool)),
        "ids: expected 0 to 3, got 1 to 4",
    ),
    "ids below zero": (
        (np.ones((4, 2), "f4"), np.array([[1, -1]]), None),
        "ids: expected 0 to 3, got -1 to 1",
    ),
}


@pytest.mark.parametrize("case", BAD_LOOKUPS)
def test_bad_lookups(case):
    arguments, message = BAD_LOOKUPS[case]
    assert_raises(ShapeError, message, lambda: reference.embedding(*arguments))
    for name in WINGS:
        given = [None if a is None else tensor(name, a) for a in arguments]
        look_up = wing_of(name).embedding
        assert_raises(ShapeError, message, lambda f=look_up, g=given: f(*g))


@pytest.mark.parametrize("ids", [[[0, 5]], [[-1, 1]]])
def test_lookups_of_numpy_ids_in_keras(ids):
    """As they come: an id of -1 is not the last row."""
    look_up = wing_of("keras").embedding
    message = f"ids: expected 0 to 3, got {min(ids[0])} to {max(ids[0])}"
    weight = np.arange(8, dtype="float32").reshape(4, 2)
    assert_raises(ShapeError, message, lambda: look_up(weight, np.array(ids)))
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
        ShapeError, "layers: expected at least one layer, got none", lambda: wing.Stacked([])
    )
    both = wing.Bidirectional(ours, wing.GRU(D, H))
    x = tensor(name, np.ones((B, T, D), "float32"))
    message = "mask: expected (B, T) = (5, 4), got (4,)"
    assert_raises(ShapeError, message, lambda: both(x, mask=tensor(name, np.ones(T, bool))))
    with pytest.raises(TypeError, match="mask: expected .*, got list"):
        both(x, mask=[[True] * T] * B)


# ---- clipping ----


def gradients(scale):
    rng = np.random.default_rng(0)
    return {"W": scale * rng.normal(size=(3, 4)), "b": scale * rng.normal(size=4)}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_clipping_equals_the_frameworks(scale):
    torch = pytest.importorskip("torch")
    clipped, norm = reference.clip_by_global_norm(gradients(scale), 2.0)
    parameters = [torch.nn.Parameter(torch.tensor(g)) for g in gradients(scale).values()]
    for parameter in parameters:
        parameter.grad = parameter.detach().clone()
    told = torch.nn.utils.clip_grad_norm_(parameters, 2.0)
    assert float(told) == pytest.approx(norm, rel=1e-12)
    for ours, parameter in zip(clipped.values(), parameters, strict=True):
        # PyTorch adds 1e-6 to the norm that it divides by.
        np.testing.assert_allclose(parameter.grad.numpy(), ours, rtol=1e-6)

    keras = pytest.importorskip("keras")
    variables = [keras.Variable(np.zeros(g.shape), dtype="float64") for g in clipped.values()]
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=2.0)
    as_tensors = [keras.ops.convert_to_tensor(g) for g in gradients(scale).values()]
    optimizer.apply(as_tensors, variables)
    for ours, variable in zip(clipped.values(), variables, strict=True):
        np.testing.assert_allclose(-numpy(variable), ours, rtol=1e-6)


def test_clipping_keeps_the_direction_and_leaves_short_gradients_alone():
    g = gradients(1e3)
    clipped, norm = reference.clip_by_global_norm(g, 2.0)
    after = np.sqrt(sum((a**2).sum() for a in clipped.values()))
    assert norm > 2 and after == pytest.approx(2)
    for name in g:
        np.testing.assert_allclose(clipped[name] * norm, 2 * g[name])
    short = gradients(1e-3)
    for name, array in reference.clip_by_global_norm(short, 2.0)[0].items():
        np.testing.assert_array_equal(array, short[name])
    zeros = reference.clip_by_global_norm({"W": np.zeros(3)}, 2.0)
    np.testing.assert_array_equal(zeros[0]["W"], 0)
    for limit in (0.0, -1.0, float("nan"), None, "1", True, np.ones(2)):
        message = f"limit: expected a positive number, got {limit!r}"
        assert_raises(ShapeError, message, lambda c=limit: reference.clip_by_global_norm(g, c))
    message = "gradients: expected a mapping of name to array, got list"
    assert_raises(TypeError, message, lambda: reference.clip_by_global_norm([np.ones(2)], 1.0))


@pytest.mark.parametrize("dtype, size", [("float64", 1e200), ("float32", 1e30)])
def test_clipping_what_is_very_long(dtype, size):
    """A square would overflow, and everything would become zero."""
    g = {"W": np.array([3 * size, 0], dtype), "b": np.array([4 * size], dtype)}
    clipped, norm = reference.clip_by_global_norm(g, 1.0)
    assert norm == pytest.approx(5 * size)
    np.testing.assert_allclose(clipped["W"], [0.6, 0], rtol=1e-6)
    np.testing.assert_allclose(clipped["b"], [0.8], rtol=1e-6)
    assert clipped["W"].dtype == dtype


def test_clipping_to_infinity_and_of_no_numbers():
    g = gradients(1e3)
    for name, array in reference.clip_by_global_norm(g, float("inf"))[0].items():
        np.testing.assert_array_equal(array, g[name])
    for bad in (np.nan, np.inf):
        clipped, norm = reference.clip_by_global_norm({"W": np.ones(2), "b": np.array([bad])}, 1.0)
        assert not np.isfinite(norm)
        assert all(np.isnan(a).all() for a in clipped.values())
