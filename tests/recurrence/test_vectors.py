"""Recurrence that nobody here wrote: published cases and their blindness, PyTorch's own layers."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref import convert  # noqa: E402
from mmref.concordance import FORMULAS  # noqa: E402
from mmref.concordance.formulas.recurrence import CARRIED, published_cases  # noqa: E402
from mmref.reference import recurrence as reference  # noqa: E402
from tests.recurrence.layers import CELLS, MASK, composite, inputs, packed, torch_layer  # noqa: E402


def permuted(arguments, order):
    def gates(array):
        parts = np.split(array, len(order))
        return np.concatenate([parts[i] for i in order])

    return arguments | {name: gates(arguments[name]) for name in CARRIED}


def blind_to(run, cases, order):
    return all(
        np.allclose(run(**permuted(arguments, order))[:, -1], expected, atol=1e-6)
        for _, arguments, expected in cases
    )


def test_the_published_lstm_cases_are_blind_to_the_order_of_the_gates():
    """Their weights are constant: whoever swaps gates passes all of them."""
    cases = list(published_cases("LSTM"))
    assert len(cases) == 6
    for _, arguments, _ in cases:
        assert all(len(np.unique(arguments[n])) == 1 for n in CARRIED)
    found = [
        order
        for order in itertools.permutations(range(4))
        if blind_to(reference.lstm, cases, order)
    ]
    assert len(found) == 24
    rng = np.random.default_rng(0)
    arguments = FORMULAS["lstm"].samples["all kept"](rng)
    expected = reference.lstm(**arguments)[:, -1]
    seeing = [("random", arguments, expected)]
    found = [
        order
        for order in itertools.permutations(range(4))
        if blind_to(reference.lstm, seeing, order)
    ]
    assert found == [(0, 1, 2, 3)]


def test_one_published_gru_case_sees_and_the_others_do_not():
    cases = list(published_cases("GRU"))
    seeing = [c for c in cases if c[0] == "test_gru_seq_length"]
    others = [c for c in cases if c[0] != "test_gru_seq_length"]
    orders_of = {
        name: sum(blind_to(reference.gru, some, o) for o in itertools.permutations(range(3)))
        for name, some in (("seeing", seeing), ("others", others))
    }
    assert len(others) == 6 and orders_of == {"seeing": 1, "others": 6}
    assert blind_to(reference.gru, seeing, (0, 1, 2))  # and that one is ours


@pytest.mark.parametrize("cell", CELLS)
def test_two_layers_and_two_directions_equal_pytorchs(cell):
    theirs, ours = torch_layer(cell, num_layers=2, bidirectional=True), composite(wing, cell)
    convert.copy(theirs, ours)
    assert "layers.1.backward_layer.hidden_weight" in convert.arrays(ours)
    expected, final = packed(theirs, inputs(), MASK)
    with torch.no_grad():
        states = ours(torch.tensor(inputs()), mask=torch.tensor(MASK)).numpy()
    np.testing.assert_allclose(states[MASK], expected[MASK], atol=1e-5)
    # The final state of a direction is its last column: of the backward one, the first step.
    np.testing.assert_allclose(states[:, -1, :5], final[2].numpy(), atol=1e-5)
    np.testing.assert_allclose(states[:, 0, 5:], final[3].numpy(), atol=1e-5)
