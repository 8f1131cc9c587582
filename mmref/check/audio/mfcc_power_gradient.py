"""grad (L, D), the gradient of a loss with respect to the first D cepstral coefficients of L
frames; then power (L, K), filters (M, K) and floor, a number. The coefficients are the orthonormal
discrete cosine transform of the logarithms ln max(sum_k filters_mk power_lk, floor). Returns the
gradient with respect to power (L, K)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put, times
from mmref.reference import audio

BACK = "Through the cosines back to the bands: the transposed rows, the first D of them."
CHAIN = "A logarithm's derivative is 1 over what stands in it: the band's power."
FLOOR = "A band below the floor is the floor, whatever its power: its derivative is 0."
SILENT = "A silent frame has no power: 0 divided by 0 is no number, and its gradient is 0."
SPREAD = "A band's gradient goes back to each frequency by the filter's share of it."


def loud(*letters):
    return lambda rng, **sizes: rng.uniform(0.1, 1, [sizes[n] for n in letters]).round(2)


draw = arrays("LD", loud("L", "K"), loud("M", "K"), "floor", L=3, D=2, K=6, M=4, floor=1e-3)


def mfcc_power_gradient(grad, power, filters, floor, chain=lambda e: 1 / e, cut=True, skip=0):
    """The gradient, or a wrong one: another chain, no floor, other coefficients."""
    bands = power @ filters.T
    heard = np.maximum(bands, floor)
    padded = np.pad(grad, ((0, 0), (skip, 0)))[:, : len(filters)]
    (back,) = audio.dct_gradient(padded, np.log(heard), padded.shape[1])
    back = back * chain(heard)
    return (np.where(bands < floor, 0, back) if cut else back) @ filters


wrong = Wrong(mfcc_power_gradient)
CASES = (
    case("three frames", CHAIN),
    case("all coefficients", BACK, D=4),
    case("the mean alone", "Coefficient 0 is the sum of all bands, over the root of M.", D=1),
    case("bands below the floor", FLOOR, floor=1.6),
    case("a silent frame", SILENT, {"power": put(1, 0.0)}),
    case("one frame", "Does it work for one frame?", L=1),
    case("quiet sounds", CHAIN, {"power": times(1e-2), "floor": times(1e-2)}),
)
MISTAKES = (
    (CHAIN, wrong(chain=lambda e: 1.0), wrong(chain=lambda e: e)),
    ("The logarithm is the natural one.", wrong(chain=lambda e: 1 / (np.log(10) * e))),
    (FLOOR, wrong(cut=False)),
    (SILENT, lambda grad, p, f, floor: np.where(p.any(axis=1, keepdims=True),
                                                mfcc_power_gradient(grad, p, f, floor), np.nan)),
    (BACK, wrong(skip=1)),
    (SPREAD, wrong.of(filters=lambda f: f / f.sum(axis=1, keepdims=True))),
)  # fmt: skip
EXERCISE = Exercise(mfcc_power_gradient, __doc__, CASES, MISTAKES, draw, axis="frame",
                    outputs=("power",), long={"M": 31})  # fmt: skip
