"""Wider bounds that several families need, because somebody else's code cannot do better."""

from mmref.concordance.formula import BOUNDS, Exemption


def in_float32(operation: str, *backends: str) -> tuple[Exemption, ...]:
    """What an operation of ``keras.ops`` that rounds float64 allows, on these backends."""
    reason = f"on that backend keras.ops.{operation} computes float64 inputs in float32"
    return tuple(
        Exemption(f"keras on {backend}", "float64", BOUNDS["float32"], reason)
        for backend in backends
    )


MATMUL = in_float32("matmul, and so Dense,", "torch")
MEAN = in_float32("mean", "torch", "jax")
TANH = in_float32("tanh", "jax")
