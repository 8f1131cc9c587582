"""Deviations and variances, other ones than that which normalizes, too."""

import numpy as np

CANCEL = "All digits cancel in a mean of squares less the square of the mean: the mean goes first."


def root(variance, eps):
    return np.sqrt(variance + eps)


def in_one_pass(x, **along):
    return (x**2).mean(**along) - x.mean(**along) ** 2


def of_a_sample(x, **along):
    return x.var(ddof=1, **along)
