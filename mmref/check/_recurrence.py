"""Exercises on one step, or all steps, of a recurrent network."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference._shared import sigmoid

SHAPES = (
    "Do the shapes fit? The weights are (rows, width of what they meet), and examples stand in "
    "the rows of the inputs."
)
TRANSPOSED = "Is it U h or U transposed times h? States stand in the rows of h."
NO_BIAS = "The bias is missing."
ROWS = "Which rows of the weights belong to which gate?"


def rnn_cases():
    hint = "Work out the first step of the first row by hand, then the second."
    yield _rnn_case("five rows, four steps", 5, 4, 3, 2, hint)
    yield _rnn_case("widths of 3 throughout", 3, 3, 3, 3, TRANSPOSED)
    yield _rnn_case("one step", 4, 1, 3, 2, "The time axis stays, also with a single step.")
    yield _rnn_case("one row", 1, 3, 2, 4, "The batch axis stays.")
    # Small inputs, and U a rotation: tanh stays where its slope is near 1, so that the first step
    # still matters at the last, forward and backward.
    x, W, _, b = _rnn_case("", 3, 9, 3, 2, "").args
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    yield Case("nine steps", (x / 10, W, rotation, b / 50), LONG, raised=SHAPES)


LONG = "Go over as many steps as there are, however many."


def _rnn_case(words, batch, steps, dim, hidden, hint):
    rng = np.random.default_rng(50)
    shapes = (batch, steps, dim), (hidden, dim), (hidden, hidden), (hidden,)
    return Case(words, tuple(rng.normal(size=s).round(2) for s in shapes), hint, raised=SHAPES)


def _rnn(x, W, U, b, squash=np.tanh, start=0.0, keep=lambda new, old: new):
    """All states, or wrong ones."""
    h, states = np.full((len(x), len(b)), start), []
    for t in range(x.shape[1]):
        h = keep(squash(x[:, t] @ W.T + h @ U.T + b), h)
        states.append(h)
    return np.stack(states, axis=1)


def _last(x, W, U, b):
    return np.repeat(_rnn(x, W, U, b)[:, -1:], x.shape[1], axis=1)


def _across_rows(x, W, U, b):
    """The rows read as one long sequence."""
    return _rnn(x.reshape(1, -1, x.shape[2]), W, U, b).reshape(*x.shape[:2], len(b))


STARTS = "The initial state is zeros."
HISTORY = "Each step meets the state of the step before it: is it passed on?"
RNN_MISTAKES = (
    (NO_BIAS, lambda x, W, U, b: _rnn(x, W, U, 0 * b)),
    (TRANSPOSED, lambda x, W, U, b: _rnn(x, W, U.T, b)),
    ("Is it W x or W transposed times x?", lambda x, W, U, b: _rnn(x, W.T, U, b)),
    ("What squashes the sum is tanh.", lambda *a: _rnn(*a, squash=lambda s: s)),
    ("What squashes the sum is tanh.", lambda *a: _rnn(*a, squash=lambda s: np.maximum(s, 0))),
    ("What squashes the sum is tanh.", lambda *a: _rnn(*a, squash=sigmoid)),
    (HISTORY, lambda x, W, U, b: _rnn(x, W, 0 * U, b)),
    (STARTS, lambda *a: _rnn(*a, start=1.0)),
    ("Rows do not know of each other: each row starts anew, from zeros.", _across_rows),
    ("The new state replaces the old one; it is not added.", lambda *a: _rnn(*a, keep=np.add)),
    (
        "These are the states before each step: h_1 comes first, not h_0.",
        lambda *a: np.roll(_rnn(*a), 1, axis=1) * (np.arange(a[0].shape[1]) > 0)[:, None],
    ),
    ("Every step has a state of its own, not the last one's.", _last),
    ("Step 1 is the first column.", lambda *a: _rnn(*a)[:, ::-1]),
    (
        "The sequence is read from its end: step 1 is the first column.",
        lambda x, *a: _rnn(x[:, ::-1], *a)[:, ::-1],
    ),
    (
        "W meets the input and U the state: they are exchanged.",
        lambda x, W, U, b: _rnn(x, U, W, b),
    ),
)


def lstm_cases():
    hint = "Which gate multiplies what? Take one component of one row."
    yield _step_case("five rows", 5, 3, 2, 4, hint, True)
    yield _step_case("widths of 3 throughout", 4, 3, 3, 4, TRANSPOSED, True)
    yield _step_case("one row", 1, 2, 4, 4, "The batch axis stays.", True)
    large = "Large inputs overflow in exp: a sigmoid has two forms, one safe for each sign."
    yield _step_case("inputs near 1000", 3, 3, 2, 4, large, True, 1000)


def _step_case(words, batch, dim, hidden, gates, hint, cell, scale=1):
    rng = np.random.default_rng(51)
    rows = gates * hidden
    shapes = [(batch, dim), (batch, hidden), (rows, dim), (rows, hidden), (rows,)]
    x, h, *weights = (rng.normal(size=s).round(2) for s in shapes)
    c = [rng.normal(size=(batch, hidden)).round(2)] if cell else []
    return Case(words, (scale * x, h, *c, *weights), hint, raised=SHAPES)


def _lstm(x, h, c, W, U, b, order="ifgo", cell=None, shown=np.tanh, gate=sigmoid, new=np.tanh):
    """(h, c) after a step, or a wrong pair."""
    parts = np.split(x @ W.T + h @ U.T + b, 4, axis=1)
    named = dict(zip(order, parts, strict=True))
    i, f, o, g = gate(named["i"]), gate(named["f"]), gate(named["o"]), new(named["g"])
    kept = cell(i, f, g, c) if cell else f * c + i * g
    return o * shown(kept), kept


GATES = "The rows of the weights are i, f, g and o, in this order."
ONLY_G = "g is squashed by tanh, the three gates by the logistic function."
ORDERS = ("iofg", "ifog", "figo", "gifo", "fiog", "oifg", "igfo")
LSTM_MISTAKES = (
    *((GATES, lambda *a, order=order: _lstm(*a, order=order)) for order in ORDERS),
    (NO_BIAS, lambda x, h, c, W, U, b: _lstm(x, h, c, W, U, 0 * b)),
    (TRANSPOSED, lambda x, h, c, W, U, b: _lstm(x, h, c, W, np.vstack(_transposed(U, 4)), b)),
    ("The cell is squashed once more before the output gate.", lambda *a: _lstm(*a, shown=_same)),
    (ONLY_G, lambda *a: _lstm(*a, gate=np.tanh)),
    (ONLY_G, lambda *a: _lstm(*a, new=sigmoid)),
    (
        "Without the forget gate it is the cell of 1997: what does f multiply?",
        lambda *a: _lstm(*a, cell=lambda i, f, g, c: c + i * g),
    ),
    (
        "f says what stays in the cell, 1 - f what is forgotten.",
        lambda *a: _lstm(*a, cell=lambda i, f, g, c: (1 - f) * c + i * g),
    ),
    (
        "The two gates do not share one unit: i is not 1 - f.",
        lambda *a: _lstm(*a, cell=lambda i, f, g, c: f * c + (1 - f) * g),
    ),
    (
        "The cell is a sum of what stays and what is new.",
        lambda *a: _lstm(*a, cell=lambda i, f, g, c: i * g),
    ),
    ("The state comes first, then the cell.", lambda *a: _lstm(*a)[::-1]),
    (
        "The cell and the state are two things: the weights meet h, the gate f meets c.",
        lambda x, h, c, W, U, b: _lstm(x, c, h, W, U, b),
    ),
    (
        "The cell that is returned is not squashed; only the state shows it through tanh.",
        lambda *a: (_lstm(*a)[0], np.tanh(_lstm(*a)[1])),
    ),
)


def gru_cases():
    hint = "Where does r go: on the state before U_n, or on U_n h after it?"
    yield _step_case("five rows", 5, 3, 2, 3, hint, False)
    yield _step_case("widths of 3 throughout", 4, 3, 3, 3, TRANSPOSED, False)
    yield _step_case("one row", 1, 2, 4, 3, "The batch axis stays.", False)
    large = "Large inputs overflow in exp: a sigmoid has two forms, one safe for each sign."
    yield _step_case("inputs near 1000", 3, 3, 2, 3, large, False, 1000)


def _gru(x, h, W, U, b, order="rzn", new=None, mix=None, squash=np.tanh):
    """The state after a step with the reset before, or a wrong one."""
    w, u, c = (dict(zip(order, np.split(a, 3), strict=True)) for a in (W, U, b))
    r, z = (sigmoid(x @ w[k].T + h @ u[k].T + c[k]) for k in "rz")
    inside = new(r, h, u["n"]) if new else (r * h) @ u["n"].T
    n = squash(x @ w["n"].T + inside + c["n"])
    return mix(z, n, h) if mix else (1 - z) * n + z * h


AFTER = "That is the other definition: here r multiplies the state, before U_n does."
GRU_ORDER = "The rows of the weights are r, z and n, in this order."
GRU_MISTAKES = (
    (AFTER, lambda *a: _gru(*a, new=lambda r, h, u: r * (h @ u.T))),
    *((GRU_ORDER, lambda *a, o=order: _gru(*a, order=o)) for order in ("zrn", "nrz", "rnz", "nzr")),
    (
        "z says how much of the old state stays.",
        lambda *a: _gru(*a, mix=lambda z, n, h: z * n + (1 - z) * h),
    ),
    (
        "What the old state gains, the new one loses.",
        lambda *a: _gru(*a, mix=lambda z, n, h: n + z * h),
    ),
    ("The reset gate has no effect yet.", lambda *a: _gru(*a, new=lambda r, h, u: h @ u.T)),
    (
        "A reset gate of 1 keeps the state: it is not 1 - r.",
        lambda *a: _gru(*a, new=lambda r, h, u: ((1 - r) * h) @ u.T),
    ),
    (
        "The candidate meets the state, through r and U_n.",
        lambda *a: _gru(*a, new=lambda r, h, u: 0),
    ),
    (NO_BIAS, lambda x, h, W, U, b: _gru(x, h, W, U, 0 * b)),
    (TRANSPOSED, lambda x, h, W, U, b: _gru(x, h, W, np.vstack(_transposed(U, 3)), b)),
    ("The candidate is squashed by tanh.", lambda *a: _gru(*a, squash=sigmoid)),
    ("The candidate is squashed by tanh.", lambda *a: _gru(*a, squash=lambda s: s)),
)


def _transposed(U, gates):
    return [part.T for part in np.split(U, gates)]


def _same(x):
    return x


RNN = "rnn(inputs, input_weight, hidden_weight, bias)"
LSTM = "lstm_step(x, h, c, input_weight, hidden_weight, bias)"
GRU = "gru_step(x, h, input_weight, hidden_weight, bias)"
EXERCISES = {
    "rnn": Exercise(
        RNN,
        "inputs (B, T, D), input_weight W (H, D), hidden_weight U (H, H), bias b (H,); returns "
        "the states (B, T, H): h_t = tanh(W x_t + U h_{t-1} + b) for t = 1 ... T, h_0 zeros.",
        compare_function(RNN, _rnn, rnn_cases, RNN_MISTAKES),
    ),
    "lstm_step": Exercise(
        LSTM,
        "x (B, D), the state h and the cell c (B, H), input_weight (4H, D), hidden_weight "
        "(4H, H), bias (4H,), their rows in the order i, f, g, o; returns a tuple of the next "
        "state and the next cell, (B, H) each, of an LSTM with a forget gate.",
        compare_function(LSTM, _lstm, lstm_cases, LSTM_MISTAKES, outputs=("h", "c")),
    ),
    "gru_step": Exercise(
        GRU,
        "x (B, D), the state h (B, H), input_weight (3H, D), hidden_weight (3H, H), bias (3H,), "
        "their rows in the order r, z, n; returns the next state (B, H) of a GRU whose reset "
        "gate comes before the matrix, n = tanh(W_n x + U_n (r * h) + b_n), and of whose old "
        "state z stays.",
        compare_function(GRU, _gru, gru_cases, GRU_MISTAKES),
    ),
}
