"""What no exercise accepts, whatever it asks for: right results that are spoiled a little."""

import numpy as np
import pytest

from mmref.check import check
from mmref.check._kinds import is_array
from mmref.check._registry import NAMES, load
from mmref.check.exercise import FLOATS, Exercise, parts


def has_axes(part, kind):
    return is_array(part) and part.ndim > 0


def is_float(part, kind):
    return kind == FLOATS


# name -> (which results are spoiled, how, what is told)
TRAPS = {
    "squeezed": (has_axes, np.squeeze, "Only axes of length 1 differ"),
    "three rows": (has_axes, lambda a: a[:3], "expected the shape"),
    "four columns": (has_axes, lambda a: a[..., :4], "expected the shape"),
    "one row for all": (has_axes, lambda a: np.repeat(a[:1], len(a), axis=0), "the same for every"),
    "float32": (is_float, lambda a: a.astype("f4"), "expected the dtype float64, got float32"),
    "longdouble": (is_float, lambda a: a.astype("longdouble"), "expected the dtype float64"),
    "through float32": (is_float, lambda a: a.astype("f4").astype(float), "float32 on the way"),
}


# Where a trap changes nothing: two numbers, three channels, labels, five digits, no rows.
PAIR = {"same_padding"}
GRADIENTS = {"rnn_gradient", "layer_norm_gradient", "dot_product_attention_gradient"}
FEW = {
    "squeezed": PAIR,
    "three rows": PAIR,
    "four columns": PAIR | {"rgb_floats"},
    "one row for all": PAIR | GRADIENTS | {"clip_by_global_norm"},
    "through float32": {"clip_by_global_norm"},
}


def asked():
    """Each exercise with the traps that its results can fall into."""
    for name in NAMES:
        this = load(name)
        if isinstance(this, Exercise) and not this.properties:
            results = this.expected(next(iter(this.inputs())))
            for trap, (applies, *_) in TRAPS.items():
                if any(map(applies, results, this.kinds)) and name not in FEW.get(trap, ()):
                    yield pytest.param(name, trap, id=f"{name}-{trap}")


@pytest.mark.parametrize("name, trap", list(asked()))
def test_an_answer_does_not_pass(name, trap):
    applies, spoil, words = TRAPS[trap]
    this = load(name)

    def answer(*args):
        results = parts(this.reference(*args))
        pairs = zip(results, this.kinds, strict=True)
        spoiled = tuple(spoil(part) if applies(part, kind) else part for part, kind in pairs)
        return spoiled if len(spoiled) > 1 else spoiled[0]

    result = check(answer, name)
    assert not result.passed
    assert words in " ".join(result.message.split()), result
