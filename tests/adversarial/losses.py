"""Losses at their extremes, and a mistake in the place of one."""

import dataclasses
import functools

import numpy as np


def extreme(formula):
    """The formula with logits of +-1e4, 0 and one between."""
    (first, *_) = formula.samples.values()

    def draw(rng):
        sides = {"real_logits": [1e4, -1e4, 0.0, 3.0], "fake_logits": [-1e4, 1e4, 0.0, -2.0]}
        sides["mismatched_logits"] = [1e4, 2.0, -1e4, 0.0]
        arguments = first(rng)
        return arguments | {n: np.array(v) for n, v in sides.items() if n in arguments}

    return dataclasses.replace(formula, samples={"extreme": draw}, peers=())


def sides(function):
    """A mutated discriminator loss; smoothing, if the sample has it, is passed on."""

    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return layer
