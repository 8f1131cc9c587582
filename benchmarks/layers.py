"""Measure our layers against the plainest expression of the same formula (``make bench``).

    python -m benchmarks.layers    a table, and benchmarks/results/layers.csv

Ours and the other way take turns in one process, on one thread, and the best of many counts, so
that a busy moment hits both; of several such rounds the middle ratio is stored. The columns are
ratios of ours to the other: forward alone, and with the gradients of inputs and weights.
"""

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

from benchmarks.turns import in_keras, in_torch, seconds

import keras  # isort: skip  (benchmarks.turns keeps its logs quiet)
import torch  # isort: skip
from keras import ops
from torch import nn

import mmref.keras as mk
import mmref.torch as mt
from benchmarks.plain import keras as plain_keras
from benchmarks.plain import torch as plain_torch
from scripts.notebooks import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "layers.csv"

# Where arrays happen to lie moves a ratio by a tenth: each round has new ones.
ROUNDS, TURNS = 5, 60

# Rows of a batch, modalities, width of all vectors.
SMALL, MEDIUM, LARGE = (32, 2, 64), (256, 3, 512), (4096, 4, 128)


@dataclass(frozen=True)
class Comparison:
    """Two ways to the same result, each alone and with gradients."""

    what: str
    other: str
    limits: tuple[float, float]  # the most that ours may take: forward, with gradients
    ways: Callable  # () -> ours and the other, each a pair of functions

    def ratios(self) -> list[float]:
        rounds = []
        for _ in range(ROUNDS):
            pairs = [seconds(turns, most=TURNS) for turns in zip(*self.ways(), strict=True)]
            rounds.append([ours / other for ours, other in pairs])
        return [median(ratios) for ratios in zip(*rounds, strict=True)]


class PlainAttention(nn.Module):
    """One matrix for queries, keys and values, and the fused kernel."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.inputs, self.output = heads, nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        return self.output(plain_torch.attention(*self.inputs(x).chunk(3, dim=-1), self.heads))


# ---- what is compared ----


def fusion_in_torch(name, size, masked=False):
    batch, modalities, width = size
    x = [torch.randn(batch, width, requires_grad=True) for _ in range(modalities)]
    names = [f"m{i}" for i in range(modalities)]
    present = (torch.rand(batch, modalities) < 0.7,) if masked else ()
    ours = getattr(mt, name)(dict.fromkeys(names, width), width)
    plain = partial(plain_torch.PLAIN[name], ours)
    return in_torch(ours, dict(zip(names, x)), *present), in_torch(plain, x, *present)


def attention_in_torch(batch, steps, dim, heads, other):
    x = torch.randn(batch, steps, dim, requires_grad=True)
    ours = in_torch(mt.MultiHeadAttention(dim, heads), x)
    if other == "plain":
        return ours, in_torch(PlainAttention(dim, heads), x)
    theirs = nn.MultiheadAttention(dim, heads, batch_first=True)
    return ours, in_torch(lambda x: theirs(x, x, x, need_weights=False)[0], x)


def fusion_in_keras(name, size):
    batch, modalities, width = size
    x = [ops.convert_to_tensor(keras.random.normal((batch, width))) for _ in range(modalities)]
    names = [f"m{i}" for i in range(modalities)]
    ours = getattr(mk, name)(dict.fromkeys(names, width), width)
    ours(dict(zip(names, x)))
    variables = [v.value for v in ours.trainable_variables]
    plain = partial(plain_keras.PLAIN[name], ours)
    return in_keras(ours, variables, dict(zip(names, x))), in_keras(plain, variables, x)


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
            partial(fusion_in_torch, "WeightedFusion", size, masked),
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
        partial(fusion_in_torch, "ConcatFusion", SMALL),
    ),
    *(
        Comparison(
            f"torch `MultiHeadAttention`, {batch} x {steps} steps of {dim}, {heads} heads",
            other,
            (1.3, 1.25),
            partial(attention_in_torch, batch, steps, dim, heads, kind),
        )
        for batch, steps, dim, heads in ((8, 32, 64, 4), (16, 128, 256, 8))
        for kind, other in (("plain", KERNEL), ("theirs", "`nn.MultiheadAttention`"))
    ),
    Comparison(
        f"Keras `WeightedFusion`, {_named(LARGE)}",
        SUM,
        (1.05, 1.05),
        partial(fusion_in_keras, "WeightedFusion", LARGE),
    ),
]


def main() -> int:
    """Measure, store, print; 1 where a limit is exceeded."""
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
