"""Measure our layers against the plainest expression of the same formula (``make bench``).

    python -m benchmarks.layers    a table, and benchmarks/results/layers.csv

Ours and the other way take turns in one process, on one thread, and the best of many counts, so
that a busy moment hits both. The columns are ratios of ours to the other: forward alone, and with
the gradients of inputs and weights.
"""

import csv
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import mmref.keras as mk
import mmref.torch as mt

import keras  # isort: skip  (mmref.keras keeps its logs quiet)
from keras import ops  # isort: skip

from scripts.notebooks import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "layers.csv"
ROUNDS, SECONDS = 40, 0.002  # how many turns, and how long a turn lasts at least

# Rows of a batch, modalities, width of all vectors.
SMALL, MEDIUM, LARGE = (32, 2, 64), (256, 3, 512), (4096, 4, 128)


@dataclass(frozen=True)
class Comparison:
    """Two ways to the same result; ``run`` calls a way, with gradients or without."""

    what: str
    other: str
    limits: tuple[float, float]  # the most that ours may take: forward, with gradients
    ways: Callable  # () -> (ours, the other), both functions of a flag: with gradients?

    def ratios(self) -> list[float]:
        ours, other = self.ways()
        forward = _ratio(lambda: ours(False), lambda: other(False))
        return [forward, _ratio(lambda: ours(True), lambda: other(True))]


def _ratio(ours, other):
    """The best turns of two functions that take turns."""
    best, calls = [np.inf, np.inf], [_calls(ours), _calls(other)]
    for _ in range(ROUNDS):
        for i, way in enumerate((ours, other)):
            start = time.perf_counter()
            for _ in range(calls[i]):
                way()
            best[i] = min(best[i], (time.perf_counter() - start) / calls[i])
    return best[0] / best[1]


def _calls(way):
    way()
    start = time.perf_counter()
    way()
    return max(1, round(SECONDS / (time.perf_counter() - start)))


def in_torch(module, *arguments):
    """Call a module; with gradients, of everything that asks for them."""

    def run(grad):
        if grad:
            module(*arguments).sum().backward()
        else:
            with torch.no_grad():
                module(*arguments)

    return run


def in_keras(function, variables, *arguments):
    """The same on Keras's TensorFlow, step by step as in a debugger: nothing is compiled."""
    import tensorflow as tf

    def run(grad):
        if not grad:
            return function(*arguments)
        with tf.GradientTape() as tape:
            total = ops.sum(function(*arguments))
        return tape.gradient(total, variables)

    return run


# ---- the plainest expressions ----


class PlainSum(nn.Module):
    """softmax(a), then sum of alpha_m (W_m x_m + b_m)."""

    def __init__(self, modalities, width):
        super().__init__()
        self.projections = nn.ModuleList(nn.Linear(width, width) for _ in range(modalities))
        self.logits = nn.Parameter(torch.zeros(modalities))

    def forward(self, features, present=None):
        if present is None:
            alpha = torch.softmax(self.logits, dim=0)
            return sum(a * f(x) for a, f, x in zip(alpha, self.projections, features))
        alpha = torch.softmax(self.logits.masked_fill(~present, -1e30), dim=1)
        parts = zip(alpha.T, self.projections, features)
        return sum(a[:, None] * f(x) for a, f, x in parts)


class PlainConcat(nn.Module):
    def __init__(self, modalities, width):
        super().__init__()
        self.projection = nn.Linear(modalities * width, width)

    def forward(self, features):
        return self.projection(torch.cat(features, dim=1))


class PlainAttention(nn.Module):
    """One matrix for queries, keys and values, and the fused kernel."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.inputs, self.output = heads, nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        split = self.inputs(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        context = functional.scaled_dot_product_attention(*split)
        return self.output(context.transpose(1, 2).flatten(2))


# ---- what is compared ----


def weighted_in_torch(size, masked):
    batch, modalities, width = size
    x = [torch.randn(batch, width, requires_grad=True) for _ in range(modalities)]
    names = [f"m{i}" for i in range(modalities)]
    present = (torch.rand(batch, modalities) < 0.7,) if masked else ()
    ours = mt.WeightedFusion(dict.fromkeys(names, width), width)
    return (
        in_torch(ours, dict(zip(names, x)), *present),
        in_torch(PlainSum(modalities, width), x, *present),
    )


def concat_in_torch(size):
    batch, modalities, width = size
    x = [torch.randn(batch, width, requires_grad=True) for _ in range(modalities)]
    names = [f"m{i}" for i in range(modalities)]
    ours = mt.ConcatFusion(dict.fromkeys(names, width), width)
    return in_torch(ours, dict(zip(names, x))), in_torch(PlainConcat(modalities, width), x)


def attention_in_torch(batch, steps, dim, heads, other):
    x = torch.randn(batch, steps, dim, requires_grad=True)
    ours = in_torch(mt.MultiHeadAttention(dim, heads), x)
    if other == "plain":
        return ours, in_torch(PlainAttention(dim, heads), x)
    theirs = nn.MultiheadAttention(dim, heads, batch_first=True)
    return ours, in_torch(lambda x: theirs(x, x, x, need_weights=False)[0], x)


def weighted_in_keras(size):
    batch, modalities, width = size
    x = [ops.convert_to_tensor(keras.random.normal((batch, width))) for _ in range(modalities)]
    names = [f"m{i}" for i in range(modalities)]
    ours = mk.WeightedFusion(dict.fromkeys(names, width), width)
    ours(dict(zip(names, x)))
    parts = [keras.layers.Dense(width) for _ in range(modalities)]
    logits = keras.Variable(np.zeros(modalities, "float32"))

    def plain(x):
        alpha = ops.softmax(logits)
        return sum(alpha[i] * f(x[i]) for i, f in enumerate(parts))

    plain(x)
    variables = [v.value for f in parts for v in f.trainable_variables] + [logits.value]
    return (
        in_keras(ours, [v.value for v in ours.trainable_variables], dict(zip(names, x))),
        in_keras(plain, variables, x),
    )


def _named(size):
    batch, modalities, width = size
    return f"{batch} rows, {modalities} x {width}"


SUM, KERNEL = "a sum of products", "the fused kernel"
COMPARISONS = [
    *(
        Comparison(
            f"torch `WeightedFusion`, {_named(size)}{', `present`' * masked}",
            SUM,
            limits,
            lambda size=size, masked=masked: weighted_in_torch(size, masked),
        )
        for masked, all_limits in (
            (False, ((1.5, 1.2), (1.05, 1.05), (0.85, 0.9))),
            (True, ((1.5, 1.2), (1.15, 1.15), (1.15, 1.15))),
        )
        for size, limits in zip((SMALL, MEDIUM, LARGE), all_limits)
    ),
    Comparison(
        f"torch `ConcatFusion`, {_named(SMALL)}",
        "one product",
        (1.5, 1.2),
        lambda: concat_in_torch(SMALL),
    ),
    *(
        Comparison(
            f"torch `MultiHeadAttention`, {batch} x {steps} steps of {dim}, {heads} heads",
            other,
            (1.3, 1.25),
            lambda sizes=(batch, steps, dim, heads, kind): attention_in_torch(*sizes),
        )
        for batch, steps, dim, heads in ((8, 32, 64, 4), (16, 128, 256, 8))
        for kind, other in (("plain", KERNEL), ("theirs", "`nn.MultiheadAttention`"))
    ),
    Comparison(
        f"Keras `WeightedFusion`, {_named(LARGE)}",
        SUM,
        (1.05, 1.05),
        lambda: weighted_in_keras(LARGE),
    ),
]


def main() -> int:
    """Measure, store, print; 1 where a limit is exceeded."""
    torch.set_num_threads(1)
    rows, over = [], 0
    for comparison in COMPARISONS:
        ratios, limits = comparison.ratios(), comparison.limits
        over += any(ratio > limit for ratio, limit in zip(ratios, limits))
        measured = [f"{ratio:.2f}" for ratio in ratios]
        rows.append([comparison.what, comparison.other, *measured, *limits])
        print(f"{comparison.what} / {comparison.other}: {' '.join(measured)}", *limits, flush=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["what", "against", "forward", "gradients", "forward_limit", "gradients_limit"]
        )
        writer.writerows(rows)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
