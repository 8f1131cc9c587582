"""Wider bounds that several families need, because somebody else's code cannot do better."""

from mmref.concordance.formula import BOUNDS, Exemption

MATMUL = (
    Exemption(
        "keras on torch",
        "float64",
        BOUNDS["float32"],
        "on that backend keras.ops.matmul, and so Dense, computes float64 inputs in float32",
    ),
)
MEAN = (
    Exemption(
        "keras on torch",
        "float64",
        BOUNDS["float32"],
        "on that backend keras.ops.mean computes float64 inputs in float32",
    ),
)
