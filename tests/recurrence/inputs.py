"""What calls of recurrence are made from."""

import numpy as np

from mmref.reference import recurrence as reference
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
