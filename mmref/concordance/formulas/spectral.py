"""Entry of spectral normalization."""

from mmref.concordance.formula import Formula, function_of
from mmref.reference import spectral


def _spectral_sample(rng, shape, axis):
    # The vectors need not have converged; but sigma must not come out close to 0.
    weight = rng.normal(size=shape)
    left, right = spectral.power_iteration(weight, rng.normal(size=shape[axis]), 1, axis)
    return {"weight": weight, "left": left, "right": right, "axis": axis}


FORMULAS = (
    Formula(
        name="spectral_normalization",
        reference=spectral.spectral_normalization,
        gradient=spectral.spectral_normalization_gradient,
        samples={
            "matrix": lambda rng: _spectral_sample(rng, (4, 6), 0),
            "convolution": lambda rng: _spectral_sample(rng, (4, 3, 2, 2), 0),
            "outputs last": lambda rng: _spectral_sample(rng, (2, 3, 5), -1),
        },
        layer=function_of("spectral_normalization"),
        # No peers: the frameworks' own find the vectors themselves. Tests compare with them.
    ),
)
