"""Tests of whether one of two models is better that are not McNemar's exact one."""

import math

import numpy as np


def large_sample(difference, variance):
    """Two-sided, of a difference that is normal."""
    return math.erfc(max(difference, 0) / math.sqrt(2 * variance))


def unpaired(first, second, labels):
    """Takes the models for tested on different examples."""
    p, q, n = (first == labels).mean(), (second == labels).mean(), len(labels)
    return np.float64(large_sample(abs(p - q), (p + q) * (1 - (p + q) / 2) / n))
