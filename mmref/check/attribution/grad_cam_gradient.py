"""grad (B, H, W), the gradients of a loss with respect to the map R = relu(sum_c w_c A_c), in
which w_c is the mean of g_c over its H W places; then activations A (B, C, H, W) and slopes g, of
the same shape. Returns the gradients with respect to A and to g, both (B, C, H, W)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus
from mmref.reference import attribution

RELU = "Where the sum over the channels is not above 0, relu lets nothing back."
WEIGHT = "A_c stands in the sum with its channel's weight: the mean of g_c over the places."
SPREAD = "w_c is a mean over H W places: each g_c has 1 / (H W) of w_c's gradient, all the same."
PLACES = "w_c counts at every place: its gradient is a sum over the places, of grad times A_c."


def slopes_of(grad, activations, slopes, gate=np.greater, weight=None, area=None, total=True):
    """Both gradients, or wrong ones."""
    w = slopes.mean(axis=(2, 3), keepdims=True)
    D = np.where(gate((w * activations).sum(axis=1), 0), grad, 0)[:, None]
    of_w = D * activations
    of_w = of_w.sum(axis=(2, 3), keepdims=True) if total else of_w
    size = D[0].size if area is None else area(D[0])
    of_A = (w if weight is None else weight(slopes)) * D
    return of_A, np.broadcast_to(of_w / size, slopes.shape).copy()


wrong = Wrong(slopes_of)
CASES = (
    case("two rows, three channels", WEIGHT),
    case("channels that all raise the score", SPREAD, {"activations": np.abs, "slopes": np.abs}),
    case("channels that all lower it", RELU, {"activations": np.abs, "slopes": lambda g: -abs(g)}),
    case("one channel", PLACES, C=1),
    case("slopes far above 0", WEIGHT, {"slopes": plus(3.0)}),
)
MISTAKES = (
    (RELU, wrong(gate=lambda total, _: total == total), wrong(gate=np.less)),
    (WEIGHT, wrong(weight=lambda g: g), wrong(weight=lambda g: g.sum(axis=(2, 3), keepdims=True)),
     wrong(weight=lambda g: 1.0)),
    (SPREAD, wrong(area=lambda D: 1.0), wrong(area=len)),
    (PLACES, wrong(total=False)),
)  # fmt: skip
EXERCISE = Exercise(
    attribution.grad_cam_gradient, __doc__, CASES, MISTAKES,
    arrays("BHW", "BCHW", "BCHW", B=2, C=3, H=4, W=5), outputs=("activations", "slopes"),
)  # fmt: skip
