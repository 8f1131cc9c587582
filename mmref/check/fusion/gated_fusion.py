"""The gated multimodal unit of Arevalo et al. (2017) for x_v (B, D_v) and x_t (B, D_t), with W_v
(D, D_v), W_t (D, D_t) and W_z (D, D_v + D_t), no biases; an open gate favors x_v. Returns (B,
D)."""

import numpy as np

from mmref.check._squash import HARD, LARGE, STRAIGHT
from mmref.check.exercise import Exercise, Wrong, case, normal
from mmref.reference._shared import sigmoid
from mmref.reference.softmax import masked_softmax

TRANSPOSED = "Is it W x or W transposed times x? W_v is (D, D_v), and x_v stands in the rows."
BY_HAND = "Take one component: what does its gate see, and what does it multiply?"
SQUASHED = "The transformed features pass through a nonlinearity, but not that one."
SHARED = "What one modality gains, the other loses."


def draw(rng, B=5, V=4, T=2, D=3):
    return tuple(normal(rng, (B, V), (B, T), (D, V), (D, T), (D, V + T)))


def gated_fusion(x_v, x_t, W_v, W_t, W_z, squash=np.tanh, gate=sigmoid, mix=None, seen=None):
    """The unit, or a wrong one: other functions, or another input of the gate."""
    h_v, h_t = squash(x_v @ W_v.T), squash(x_t @ W_t.T)
    z = gate(np.concatenate(seen(x_v, x_t, h_v, h_t) if seen else [x_v, x_t], axis=1) @ W_z.T)
    return mix(z, h_v, h_t) if mix else z * h_v + (1 - z) * h_t


wrong = Wrong(gated_fusion)
CASES = (
    case("features of different width", BY_HAND),
    case("axes of length 3 throughout", TRANSPOSED, B=3, V=3, T=3),
    case("features near 1000", LARGE, lambda v, t, *weights: (1000 * v, 1000 * t, *weights)),
)
MISTAKES = (
    ("The gate is given to the other modality.", wrong(mix=lambda z, v, t: (1 - z) * v + z * t)),
    ("The gate sees the raw inputs, not the transformed ones.",
     wrong(seen=lambda v, t, h_v, h_t: [h_v, h_t])),
    ("The transformed features pass through a nonlinearity.", wrong(squash=lambda x: x)),
    (SQUASHED, wrong(squash=sigmoid), wrong(squash=lambda x: np.maximum(x, 0))),
    (TRANSPOSED, lambda v, t, W_v, W_t, W_z: gated_fusion(v, t, W_v.T, W_t.T, W_z)),
    ("The gate is a number between 0 and 1.", wrong(gate=np.tanh), wrong(gate=lambda x: x)),
    *((STRAIGHT, wrong(gate=line)) for line in HARD),
    ("Each component has a gate of its own; they do not compete with each other.",
     wrong(gate=masked_softmax)),
    (SHARED, wrong(mix=lambda z, v, t: z * (v + t)), wrong(mix=lambda z, v, t: z * v + t)),
    ("In the joined input, x_v comes first.", wrong(seen=lambda v, t, *_: [t, v])),
)  # fmt: skip
EXERCISE = Exercise(gated_fusion, __doc__, CASES, MISTAKES, draw,
                    raised=f"Do the shapes fit? {TRANSPOSED}")  # fmt: skip
