"""Two ways to one result, measured side by side on one thread."""

import ctypes
import gc
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(
    ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)

import torch

import mmref.keras  # noqa: F401  it keeps TensorFlow's logs quiet

import tensorflow as tf  # isort: skip
from keras import ops  # isort: skip

torch.set_num_threads(1)

Way = Callable[..., Any]
LEAST, MOST = 3, 40  # how many turns
TURN = 0.002  # the seconds that a turn lasts at least


def seconds(ways: Sequence[Way], budget: float = 60, most: int = MOST) -> list[float]:
    """The best time of each way; they take turns, so that a busy moment hits all of them.

    The processor's time counts: what other programs take meanwhile does not.
    budget: after so many seconds there are no more turns than it takes. most: turns in all.
    """
    clock = time.process_time
    best, calls = [], []
    for way in ways:
        way()  # compiles, and fills caches
        start = clock()
        way()
        best.append(clock() - start)
        calls.append(max(1, round(TURN / best[-1])))
    end = clock() + budget
    for turn in range(most):
        if turn >= LEAST and clock() > end:
            break
        for i, way in enumerate(ways):
            start = clock()
            for _ in range(calls[i]):
                way()
            best[i] = min(best[i], (clock() - start) / calls[i])
    return best


def megabytes(way: Way) -> float:
    """By how much the process grows while it goes this way, at the most; NaN but on Linux."""
    if not Path("/proc/self/clear_refs").exists():
        return float("nan")
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed is given back, and would be missed below
    Path("/proc/self/clear_refs").write_text("5")  # the largest size so far is the size now
    before = _kilobytes("VmRSS")
    way()
    return (_kilobytes("VmHWM") - before) / 1024


def _kilobytes(field):
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+)", status, re.M)[1])


def in_torch(function: Callable, *arguments: Any) -> tuple[Way, Way]:
    """Calls of a function: alone, and with the gradients of all that asks for them."""

    def alone():
        with torch.no_grad():
            function(*arguments)

    return alone, lambda: function(*arguments).sum().backward()


def in_keras(function: Callable, variables: list, *arguments: Any) -> tuple[Way, Way]:
    """The same on Keras's TensorFlow, step by step as in a debugger: nothing is compiled."""

    def with_gradients():
        with tf.GradientTape() as tape:
            total = ops.sum(function(*arguments))
        return tape.gradient(total, variables)

    return lambda: function(*arguments), with_gradients


def compiled(function: Callable, variables: list, dims: Mapping[str, int]) -> tuple[Way, Way]:
    """The same for features by name, (B, D_m) each, compiled for any B, as in ``fit``."""
    compile_it = tf.function(
        input_signature=[{m: tf.TensorSpec((None, d)) for m, d in dims.items()}]
    )

    @compile_it
    def with_gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(list(x.values()))
            total = ops.sum(function(x))
        return tape.gradient(total, [*x.values(), *variables])

    return compile_it(function), with_gradients
