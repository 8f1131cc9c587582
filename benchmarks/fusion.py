"""Time and memory of every fusion, in both wings, beside the plainest expression of its formula.

    python -m benchmarks.fusion                     all, and benchmarks/results/fusion_speed.csv
    python -m benchmarks.fusion ConcatFusion ...    only these; the rows of others are kept

Ours and the plain expression use the same weights and take turns, on one thread; the best of many
turns counts. Keras is compiled, as in ``fit``, and PyTorch is not. Where torchmultimodal is
installed, its layer of the same formula takes its turns, too.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from math import comb
from typing import Any

from benchmarks.turns import compiled, in_torch, megabytes, seconds

import keras  # isort: skip  (benchmarks.turns keeps its logs quiet)
import torch  # isort: skip

import mmref.keras
import mmref.torch
from benchmarks.peers import peers_of
from benchmarks.plain import WITHOUT
from benchmarks.plain import keras as plain_keras
from benchmarks.plain import torch as plain_torch
from scripts.notebooks import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "fusion_speed.csv"
BATCHES, WIDTHS, MODALITIES = (32, 256, 4096), (64, 256), (2, 3, 4, 5)
LIMIT, FROM = 1.15, 256  # the most that ours may take of the plain one's time, and from which batch
BUDGET = 0.05  # seconds of turns for a row of the table
LARGEST = 2**26  # numbers in a batch's products of features, and in the weights for them: 256 MiB

WINGS = {"torch": mmref.torch, "keras": mmref.keras}
SETTINGS = {"CrossAttentionFusion": {"heads": 4}}  # where the defaults are not what one would use
FIELDS = "wing fusion batch width modalities gradients ms plain_ms ratio peer_ms mb plain_mb"


def fusions() -> list[str]:
    """The names of all fusions that are more than another fusion."""
    return [n for n in mmref.torch.__all__ if n.endswith("Fusion") and n not in WITHOUT]


def make(wing: str, name: str, width: int, modalities: int) -> Any:
    """A fusion of modalities of this width, with output of it."""
    dims = {f"m{i}": width for i in range(modalities)}
    return getattr(WINGS[wing], name)(dims, width, **SETTINGS.get(name, {}))


def fits(name: str, batch: int, width: int, modalities: int) -> bool:
    """Whether the memory suffices where each feature is multiplied with each."""
    pairs, all_of_them = comb(modalities, 2) * width**2, (width + 1) ** modalities
    products = {"BilinearFusion": pairs, "TensorFusion": all_of_them}.get(name, 0)
    return products * max(batch, width) <= LARGEST


def functions_of(wing: str, fusion: Any) -> list[Callable]:
    """Ours, the plain one, and a peer's where there is one: functions of features by name."""
    expression = (plain_torch if wing == "torch" else plain_keras).PLAIN[type(fusion).__name__]

    def plain(features):
        return expression(fusion, list(features.values()))

    return [fusion, plain, *(peers_of(fusion) if wing == "torch" else [])]


def ways_of(wing: str, fusion: Any) -> Callable[[int], list]:
    """For a number of rows: each function alone, and with the gradients of inputs and weights."""
    functions, dims = functions_of(wing, fusion), fusion.dims
    if wing == "torch":

        def ways(batch):
            x = {m: torch.randn(batch, d, requires_grad=True) for m, d in dims.items()}
            return [in_torch(function, x) for function in functions]

        return ways
    fusion({m: keras.ops.ones((1, d)) for m, d in dims.items()})  # makes the weights
    variables = [v.value for v in fusion.trainable_variables]
    pairs = [compiled(function, variables, dims) for function in functions]

    def ways(batch):
        x = {m: keras.random.normal((batch, d)) for m, d in dims.items()}
        return [(partial(alone, x), partial(both, x)) for alone, both in pairs]

    return ways


def rows(name: str) -> Iterator[dict[str, Any]]:
    """What is measured of one fusion."""
    for wing, width, modalities in product(WINGS, WIDTHS, MODALITIES):
        if not fits(name, BATCHES[0], width, modalities):
            continue
        ways = ways_of(wing, make(wing, name, width, modalities))
        for batch in BATCHES:
            if not fits(name, batch, width, modalities):
                continue
            for gradients, turns in enumerate(zip(*ways(batch), strict=True)):
                ours, plain, *peer = seconds(turns, BUDGET)
                what = (wing, name, batch, width, modalities, gradients)
                times = f"{1e3 * ours:.4f}", f"{1e3 * plain:.4f}", f"{ours / plain:.2f}"
                peers = f"{1e3 * peer[0]:.4f}" if peer else ""
                memory = (f"{megabytes(way):.1f}" for way in turns[:2])
                values = (*what, *times, peers, *memory)
                yield dict(zip(FIELDS.split(), map(str, values), strict=True))


def slow(row: dict[str, str]) -> bool:
    """Whether this row is over what was promised."""
    return int(row["batch"]) >= FROM and float(row["ratio"]) > LIMIT


def read() -> list[dict[str, str]]:
    """The stored rows."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main(names: list[str]) -> int:
    """Measure, store, print; 1 where a fusion takes longer than promised."""
    unknown = [name for name in names if name not in fusions()]
    if unknown:
        print(f"expected some of {' '.join(fusions())}, got {' '.join(unknown)}", file=sys.stderr)
        return 1
    names = names or fusions()
    kept = [row for row in read() if row["fusion"] in set(fusions()) - set(names)]
    print(FIELDS)
    for name in names:
        for row in rows(name):
            kept.append(row)
            print(*row.values(), "over" * slow(row), flush=True)
        with RESULTS.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FIELDS.split(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
    return 1 if any(map(slow, kept)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
