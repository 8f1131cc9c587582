"""Plausible mistakes in recurrence, each of which the comparison must catch."""

import dataclasses
import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS  # noqa: E402
from mmref.concordance.formulas.recurrence import DIM, HIDDEN  # noqa: E402
from mmref.reference import recurrence as reference  # noqa: E402
from mmref.torch.recurrence import start  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


class RecurrenceInSteps:
    """What a mutant can replace: what is carried, what is returned, what a step does."""

    def begin(self, inputs, mask, **states):
        return start(self, inputs, mask, **states)

    def carry(self, mask, t, new, old):
        return new if mask is None else torch.where(mask[:, t, None], new, old)

    def out(self, states, mask):
        return torch.stack(states[1:], dim=1)


class Simple(RecurrenceInSteps, wing.RNN):
    def step(self, x, h):
        return torch.tanh(x @ self.input_weight.T + h @ self.hidden_weight.T + self.bias)

    def forward(self, inputs, initial_state=None, mask=None):
        x, h = self.begin(inputs, mask, initial_state=initial_state)
        states = [h]
        for t in range(x.shape[1]):
            states.append(self.carry(mask, t, self.step(x[:, t], states[-1]), states[-1]))
        return self.out(states, mask)


class MaskIgnored(Simple):
    def carry(self, mask, t, new, old):
        return new


class MaskFlipped(Simple):
    def carry(self, mask, t, new, old):
        return super().carry(None if mask is None else ~mask, t, new, old)


class ZeroWhereMasked(Simple):
    """Packing's convention: what is returned at a masked step is zero."""

    def out(self, states, mask):
        states = super().out(states, mask)
        return states if mask is None else states * mask[..., None]


class StateForgottenWhereMasked(Simple):
    def carry(self, mask, t, new, old):
        return super().carry(mask, t, new, torch.zeros_like(old))


class NanLeaks(Simple):
    """Masked steps are not cleared before they are multiplied."""

    def begin(self, inputs, mask, **states):
        _, h = super().begin(inputs, mask, **states)
        return inputs, h

    def carry(self, mask, t, new, old):
        if mask is None:
            return new
        keep = mask[:, t, None].to(new.dtype)
        return keep * new + (1 - keep) * old


class OneStepLate(Simple):
    """h_0 ... h_{T-1} instead of h_1 ... h_T."""

    def out(self, states, mask):
        return torch.stack(states[:-1], dim=1)


class InitialStateIgnored(Simple):
    def begin(self, inputs, mask, **states):
        x, h = super().begin(inputs, mask, **states)
        return x, torch.zeros_like(h)


class ReadBackward(Simple):
    def begin(self, inputs, mask, **states):
        x, h = super().begin(inputs, mask, **states)
        return x.flip(1), h


class HiddenWeightTransposed(Simple):
    def step(self, x, h):
        return torch.tanh(x @ self.input_weight.T + h @ self.hidden_weight + self.bias)


class NoBias(Simple):
    def step(self, x, h):
        return torch.tanh(x @ self.input_weight.T + h @ self.hidden_weight.T + 0 * self.bias)


class Logistic(Simple):
    def step(self, x, h):
        return torch.sigmoid(x @ self.input_weight.T + h @ self.hidden_weight.T + self.bias)


class NoHistory(Simple):
    def step(self, x, h):
        return torch.tanh(x @ self.input_weight.T + self.bias)


class Truncated(Simple):
    """The values are right, but no gradient goes from step to step."""

    def step(self, x, h):
        return super().step(x, h.detach())


class Long(RecurrenceInSteps, wing.LSTM):
    order = "ifgo"

    def gates(self, x, h):
        parts = x @ self.input_weight.T + h @ self.hidden_weight.T + self.bias
        if not self.forget_gate:
            i, g, o = parts.chunk(3, dim=1)
            return i, torch.full_like(i, torch.inf), g, o
        named = dict(zip(self.order, parts.chunk(4, dim=1), strict=True))
        return tuple(named[gate] for gate in "ifgo")

    def cell(self, i, f, g, c):
        return torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)

    def shown(self, o, c):
        return torch.sigmoid(o) * torch.tanh(c)

    def carry_cell(self, mask, t, new, old):
        return self.carry(mask, t, new, old)

    def forward(self, inputs, initial_state=None, initial_cell=None, mask=None):
        given = {"initial_state": initial_state, "initial_cell": initial_cell}
        x, h, c = self.begin(inputs, mask, **given)
        states = [h]
        for t in range(x.shape[1]):
            i, f, g, o = self.gates(x[:, t], h)
            new = self.cell(i, f, g, c)
            h = self.carry(mask, t, self.shown(o, new), h)
            c = self.carry_cell(mask, t, new, c)
            states.append(h)
        return self.out(states, mask)


class CellRunsOnWhereMasked(Long):
    def carry_cell(self, mask, t, new, old):
        return new


class CellLogistic(Long):
    def shown(self, o, c):
        return torch.sigmoid(o) * torch.sigmoid(c)


class CellNotSquashed(Long):
    def shown(self, o, c):
        return torch.sigmoid(o) * c


class ForgetIsOneMinusInput(Long):
    def cell(self, i, f, g, c):
        return (1 - torch.sigmoid(i)) * c + torch.sigmoid(i) * torch.tanh(g)


class AlwaysForgets(Long):
    """A forget gate of one half in the cell of 1997."""

    def cell(self, i, f, g, c):
        return super().cell(i, torch.where(torch.isinf(f), torch.zeros_like(f), f), g, c)


class CellDetached(Long):
    def cell(self, i, f, g, c):
        return super().cell(i, f, g, c.detach())


class InitialCellIgnored(Long):
    def begin(self, inputs, mask, **states):
        x, h, c = super().begin(inputs, mask, **states)
        return x, h, torch.zeros_like(c)


class Gated(RecurrenceInSteps, wing.GRU):
    order = "rzn"

    def biases(self):
        return (self.bias[0], self.bias[1]) if self.reset_after else (self.bias, 0 * self.bias)

    def mix(self, z, n, h):
        return (1 - z) * n + z * h

    def candidate(self, x_n, h, r, u, b):
        return x_n + (r * (h @ u.T + b) if self.reset_after else (r * h) @ u.T)

    def forward(self, inputs, initial_state=None, mask=None):
        x, h = self.begin(inputs, mask, initial_state=initial_state)
        b, b_hidden = self.biases()

        def named(array, dim):
            return dict(zip(self.order, array.chunk(3, dim=dim), strict=True))

        u, b_hidden = named(self.hidden_weight, 0), named(b_hidden, 0)
        states = [h]
        for t in range(x.shape[1]):
            from_x = named(x[:, t] @ self.input_weight.T + b, 1)
            r, z = (torch.sigmoid(from_x[g] + h @ u[g].T + b_hidden[g]) for g in "rz")
            n = torch.tanh(self.candidate(from_x["n"], h, r, u["n"], b_hidden["n"]))
            h = self.carry(mask, t, self.mix(z, n, h), h)
            states.append(h)
        return self.out(states, mask)


class UpdateReversed(Gated):
    """z and 1 - z, as in Chung et al."""

    def mix(self, z, n, h):
        return z * n + (1 - z) * h


class OneBias(Gated):
    """Keras's and PyTorch's second bias left out."""

    def biases(self):
        b, b_hidden = super().biases()
        return b, 0 * b_hidden


class BiasesAdded(Gated):
    """The sum of both as one bias: right for r and z, wrong for n."""

    def biases(self):
        b, b_hidden = super().biases()
        return b + b_hidden, 0 * b_hidden


class OtherDefinition(Gated):
    """Reset before where it comes after, and the other way round."""

    def candidate(self, x_n, h, r, u, b):
        return x_n + ((r * h) @ u.T + r * b if self.reset_after else r * (h @ u.T))


class NeverReset(Gated):
    def candidate(self, x_n, h, r, u, b):
        return super().candidate(x_n, h, torch.ones_like(r), u, b)


def orders(base, right):
    for order in itertools.permutations(right):
        if "".join(order) != right:
            yield type(f"Order_{''.join(order)}", (base,), {"order": order})


BASES = {"rnn": Simple, "lstm": Long, "gru": Gated}


LAYERS = {
    "rnn": Simple.__subclasses__(),
    "lstm": [*Long.__subclasses__(), *orders(Long, "ifgo")],
    "gru": [*Gated.__subclasses__(), *orders(Gated, "rzn")],
}


def with_layer(name, kind):
    options = {"rnn": (), "lstm": ("forget_gate",), "gru": ("reset_after",)}[name]

    def layer(_, arguments):
        return kind(DIM, HIDDEN, *(arguments[option] for option in options))

    return dataclasses.replace(FORMULAS[name], layer=layer, peers=())


@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, mutants in LAYERS.items() for m in mutants]
)
def test_a_mutated_layer_is_caught(name, mutant):
    for dtype in ("float64", "float32"):
        assert is_caught(with_layer(name, mutant), dtype)


@pytest.mark.parametrize("name", BASES)
def test_what_mutants_are_made_from_is_right(name):
    assert not is_caught(with_layer(name, BASES[name]))


# ---- mutated gradients ----


def bptt(grad, inputs, input_weight, hidden_weight, bias, initial_state, mask, fault=None):
    """The reference's gradient of the simple network, or one with a fault."""
    keep = np.ones(inputs.shape[:2], bool) if mask is None else mask
    x = np.where(keep[..., None], inputs, 0)
    h = reference._rnn_states(x, input_weight, hidden_weight, bias, initial_state, keep)
    d_x = np.zeros_like(x)
    d_w, d_u, d_b = (np.zeros_like(a) for a in (input_weight, hidden_weight, bias))
    dh = np.zeros_like(initial_state)
    steps = range(x.shape[1])
    for t in steps if fault == "forward in time" else reversed(steps):
        dh = dh + grad[:, t]
        slope = 1 if fault == "no slope of tanh" else 1 - h[:, t + 1] ** 2
        here = dh if fault == "mask ignored" else np.where(keep[:, t, None], dh, 0)
        da = slope * here
        if fault == "weights of the last step":
            d_w, d_u, d_b = 0 * d_w, 0 * d_u, 0 * d_b
        d_x[:, t] = da @ input_weight
        d_w = d_w + da.T @ x[:, t]
        d_u = d_u + da.T @ h[:, t + (fault == "dU with the new state")]
        d_b = d_b + da.sum(axis=0)
        back = da @ (hidden_weight.T if fault == "U not transposed" else hidden_weight)
        if fault == "not carried past a masked step":
            dh = back
        elif fault == "not carried at all":
            dh = 0 * back
        else:
            dh = np.where(keep[:, t, None], 0, dh) + back
    if fault == "averaged over time":
        d_w = d_w / len(steps)
    return d_x, d_w, d_u, d_b, dh


FAULTS = [
    "forward in time",
    "no slope of tanh",
    "mask ignored",
    "weights of the last step",
    "dU with the new state",
    "U not transposed",
    "not carried past a masked step",
    "not carried at all",
    "averaged over time",
]


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_a_faulty_gradient_through_time_is_caught(fault):
    mutated = dataclasses.replace(
        FORMULAS["rnn"], gradient=lambda grad, **a: bptt(grad, **a, fault=fault), peers=()
    )
    assert is_caught(mutated) == (fault is not None)


@pytest.mark.parametrize("name", ["lstm", "gru"])
@pytest.mark.parametrize("index", range(5))
def test_every_gradient_of_the_gated_cells_counts(name, index):
    """One percent off in any of them is caught."""

    def off(grad, **arguments):
        found = list(getattr(reference, f"{name}_gradient")(grad, **arguments))
        found[index] = 1.01 * found[index]
        return tuple(found)

    assert is_caught(dataclasses.replace(FORMULAS[name], gradient=off, peers=()))


@pytest.mark.each_backend
def test_a_lookup_that_counts_a_repeated_token_once_is_caught():
    def once(grad, weight, ids, mask):
        keep = np.ones(ids.shape, bool) if mask is None else mask
        table = np.zeros_like(weight)
        table[ids[keep]] += grad[keep]
        return (table,)

    assert is_caught(dataclasses.replace(FORMULAS["embedding"], gradient=once, peers=()))
