"""Exercises on what stands around attention: heads, a cache, positions."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference import attention, multi_head
from mmref.reference.positions import sinusoidal_positions

HEADS = "Write down which features head 0 gets, and in which order the axes are asked for."
FUTURE = "A new step sees itself, the new steps before it, and all of the past; nothing later."
OVERFLOW = "Large scores overflow in exp. What can be subtracted without changing the weights?"
ALIGN = "Where in the whole sequence does the first new step stand? Not at its beginning."


def heads_cases():
    rng = np.random.default_rng(65)
    for words, shape, heads in (
        ("five steps, three heads", (2, 5, 6), 3),
        ("as many heads as steps", (2, 3, 6), 3),
        ("one head", (2, 5, 6), 1),
        ("a head for each feature", (1, 4, 3), 3),
    ):
        x = rng.normal(size=shape).round(2)
        yield Case(words, (x, heads), HEADS, axis="example")


def cache_cases():
    rng = np.random.default_rng(66)
    for words, past, new, hint in (
        ("one new step after four", 4, 1, "The step sees all four steps and itself."),
        ("three new steps after two", 2, 3, ALIGN),
        ("the first three steps, no past", 0, 3, FUTURE),
        ("as many new steps as past ones", 3, 3, ALIGN),
    ):
        shapes = (new, 4), (new, 4), (new, 5), (past, 4), (past, 5)
        args = tuple(rng.normal(size=(2, *shape)).round(2) for shape in shapes)
        yield Case(words, args, hint, axis="sequence")
    args[0][:] = 1000 * np.abs(args[0])  # scores of one sign, far above what exp can take
    args[1][:], args[3][:] = 1 + np.abs(args[1]), 1 + np.abs(args[3])
    yield Case("scores of 1000 and more", args, OVERFLOW, axis="sequence")


def positions_cases():
    hint = "Which frequency belongs to which pair of columns?"
    for words, args in (
        ("six steps, eight features", (6, 8)),
        ("two features: a single frequency", (5, 2)),
        ("one step", (1, 4)),
        ("a thousand steps", (1000, 6)),
    ):
        yield Case(words, args, hint, axis="step")


def _split(x, heads):
    return x.reshape(*x.shape[:2], heads, -1)


HEADS_MISTAKES = (
    (
        "All steps of all heads are mixed: separate the last axis first, then move the new one.",
        lambda x, n: x.reshape(len(x), n, x.shape[1], -1),
    ),
    ("The axis of the heads comes before that of the steps.", lambda x, n: _split(x, n)),
    (
        "Head 0 gets the first block of features, not every n-th one.",
        lambda x, n: x.reshape(*x.shape[:2], -1, n).transpose(0, 3, 1, 2),
    ),
    (
        "The batch stays first.",
        lambda x, n: multi_head.split_heads(x, n).swapaxes(0, 1),
    ),
    (
        "Steps and features of a head are in the wrong order.",
        lambda x, n: multi_head.split_heads(x, n).swapaxes(2, 3),
    ),
    ("The heads come in reverse.", lambda x, n: multi_head.split_heads(x, n)[:, ::-1]),
)


def _cached(queries, keys, values, past_keys, past_values, mask=None, order=(0, 1), scale=None):
    """Attention of new steps over past and new ones, or a wrong one."""
    both = [(past_keys, past_values), (keys, values)]
    all_keys, all_values = (
        np.concatenate([both[i][part] for i in order], axis=1) for part in (0, 1)
    )
    length, past = queries.shape[1], past_keys.shape[1]
    causal = attention.causal_mask(length, past)
    mask = causal if mask is None else mask(length, past)
    return attention.dot_product_attention(queries, all_keys, all_values, mask, scale)


def _with(mask):
    return lambda *a: _cached(*a, mask=mask)


CACHE_MISTAKES = (
    (
        "The past has no effect yet.",
        lambda q, k, v, pk, pv: _cached(q, k, v, pk[:, :0], pv[:, :0]),
    ),
    (FUTURE, _with(lambda length, past: np.ones((length, past + length), dtype=bool))),
    (ALIGN, _with(lambda length, past: np.tri(length, past + length, dtype=bool))),
    (
        "A step sees itself too.",
        _with(lambda length, past: np.tri(length, past + length, past - 1, dtype=bool)),
    ),
    (FUTURE, _with(lambda length, past: np.tri(length, past + length, past + 1, dtype=bool))),
    (FUTURE, _with(lambda length, past: ~np.tri(length, past + length, past - 1, dtype=bool))),
    ("The past comes before the new steps.", lambda *a: _cached(*a, order=(1, 0))),
    ("The scores are not divided by the root of the width.", lambda *a: _cached(*a, scale=1.0)),
)


def _waves(length, dim, base=10000.0, exponent=None, start=0, join=None):
    """Positions, or wrong ones."""
    i = np.arange(0, dim, 2)
    exponent = i / dim if exponent is None else exponent(i, dim)
    angles = (start + np.arange(length))[:, None] * base**-exponent
    pair = np.sin(angles), np.cos(angles)
    return np.stack(pair, -1).reshape(length, dim) if join is None else join(*pair)


PAIRS = "Each frequency has two columns, side by side: a sine, then a cosine."
POSITIONS_MISTAKES = (
    (PAIRS, lambda t, d: _waves(t, d, join=lambda s, c: np.concatenate([s, c], axis=1))),
    (
        "The sine comes first.",
        lambda t, d: _waves(t, d, join=lambda s, c: np.stack([c, s], -1).reshape(t, d)),
    ),
    ("The first step has the number 0.", lambda t, d: _waves(t, d, start=1)),
    (
        "The exponent is 2i / D for pair number i: the frequencies fall too slowly.",
        lambda t, d: _waves(t, d, exponent=lambda i, dim: i / 2 / dim),
    ),
    (
        "The exponent is 2i / D for pair number i: the frequencies fall too fast.",
        lambda t, d: _waves(t, d, exponent=lambda i, dim: 2 * i / dim),
    ),
    (
        "The frequencies fall, they do not grow.",
        lambda t, d: _waves(t, d, exponent=lambda i, dim: -i / dim),
    ),
    ("The base is 10000.", lambda t, d: _waves(t, d, base=1000.0)),
    (
        PAIRS,
        lambda t, d: np.where(
            np.arange(d) % 2 == 0,
            np.sin(np.arange(t)[:, None] * 10000.0 ** (-np.arange(d) / d)),
            np.cos(np.arange(t)[:, None] * 10000.0 ** (-np.arange(d) / d)),
        ),
    ),
)

SPLIT = "split_heads(x, heads)"
CACHED = "attend_with_cache(queries, keys, values, past_keys, past_values)"
POSITIONS = "sinusoidal_positions(length, dim)"
EXERCISES = {
    "split_heads": Exercise(
        SPLIT,
        "x is (B, T, D), heads a whole number K that divides D. Returns (B, K, T, D / K): head h "
        "gets the h-th block of D / K neighboring features of every step.",
        compare_function(
            SPLIT, lambda x, n: multi_head.split_heads(x, n).copy(), heads_cases, HEADS_MISTAKES
        ),
    ),
    "attend_with_cache": Exercise(
        CACHED,
        "Causal attention of T new steps, with queries (B, T, D), keys (B, T, D) and values (B, "
        "T, D_v), that come after P earlier ones, of which past_keys (B, P, D) and past_values "
        "(B, P, D_v) were kept; P may be 0. Scores are divided by sqrt(D). Returns (B, T, D_v), "
        "what attention over all P + T steps with a causal mask gives for the last T.",
        compare_function(CACHED, _cached, cache_cases, CACHE_MISTAKES),
    ),
    "sinusoidal_positions": Exercise(
        POSITIONS,
        "Returns (length, dim), dim even: in step t, counted from 0, columns 2i and 2i + 1 hold "
        "the sine and the cosine of t w_i, with the frequency w_i = 10000 to the power of "
        "-2i / dim.",
        compare_function(POSITIONS, sinusoidal_positions, positions_cases, POSITIONS_MISTAKES),
    ),
}
