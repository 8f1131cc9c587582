"""Answers to the exercises that draw at random."""

import numpy as np

from mmref.check.exercise import Wrong

DROP, SPLIT = "modality_dropout", "grouped_split"
OWN = "two calls with equal arguments gave different results"


def dropped(present, rate, rng, rescue):
    """By loops; ``rescue(row, indices, rng)`` names the modality that stays."""
    keep = present & (rng.random(present.shape) >= rate)
    for b, row in enumerate(present):
        if row.any() and not keep[b].any():
            keep[b, rescue(b, np.flatnonzero(row), rng)] = True
    return keep


def in_pairs(present, rate, rng):
    """Two rows share a draw."""

    class Pairs:
        def random(self, shape):
            return np.repeat(rng.random((-(-shape[0] // 2), *shape[1:])), 2, axis=0)[: shape[0]]

    return dropped(present, rate, Pairs(), lambda b, i, _: rng.choice(i))


def so_many_in_a_column(present, rate, rng):
    keep = present.copy()
    for m in range(present.shape[1]):
        there = np.flatnonzero(present[:, m])
        keep[rng.permutation(there)[: round(rate * len(there))], m] = False
    return keep | (present & ~keep.any(axis=1, keepdims=True))


def so_many_in_a_row(present, rate, rng):
    keep = present.copy()
    for row in keep:
        there = np.flatnonzero(row)
        count = min(int(rate * len(there) + rng.random()), max(len(there) - 1, 0))
        row[rng.permutation(there)[:count]] = False
    return keep


def divided(groups, shares, rng, names=lambda groups: list(dict.fromkeys(groups)), lot=None):
    """By the places of shuffled groups."""
    order = names(groups)
    places = lot(len(order), rng) if lot else rng.permutation(len(order))
    part = np.searchsorted(np.cumsum(shares)[:-1], (np.asarray(places) + 0.5) / len(order))
    return np.array([part[order.index(group)] for group in groups])


def swapped_anywhere(n, rng):
    """A shuffle that is not fair: every place is exchanged with any other."""
    places = np.arange(n)
    for i in range(n):
        j = rng.integers(n)
        places[i], places[j] = places[j], places[i]
    return places


def by_lot(groups, shares, rng):
    part = {name: rng.choice(3, p=shares) for name in sorted(set(groups))}
    return np.array([part[group] for group in groups])


wrong = Wrong(dropped)
RIGHT = [(DROP, wrong(rescue=lambda b, i, rng: i[int(rng.random() * len(i))])), (SPLIT, divided)]
WRONG = [
    (DROP, wrong(rescue=lambda b, i, rng: np.random.choice(i)), OWN),
    (DROP, wrong(rescue=lambda b, i, rng: np.random.default_rng().choice(i)), OWN),
    (DROP, wrong(rescue=lambda b, i, rng: np.random.default_rng(0).choice(i)), "draws, expected"),
    (DROP, wrong(rescue=lambda b, i, rng: i[b % len(i)]), "draws, expected"),
    (DROP, wrong(rescue=lambda b, i, rng: i[min(rng.integers(2), len(i) - 1)]), "draws, expected"),
    (DROP, in_pairs, "draws, expected"),
    (DROP, so_many_in_a_column, "draws, expected"),
    (DROP, so_many_in_a_row, "draws, expected"),
    (DROP, lambda p, r, rng: p if r == 0 else dropped(p, r, rng, lambda b, i, _: i[0]), "shares"),
    (DROP, lambda p, r, rng: 1.0 * dropped(p, r, rng, lambda b, i, _: i[0]), "the dtype bool"),
    (SPLIT, lambda *args: divided(*args, lambda groups: list(set(groups))), "order of a set"),
    (SPLIT, lambda g, *args: divided([name.lower() for name in g], *args), "as they are written"),
    (SPLIT, lambda g, *args: divided([name.strip() for name in g], *args), "as they are written"),
    (SPLIT, lambda *args: divided(*args, lot=swapped_anywhere), "equally likely"),
    (SPLIT, lambda g, s, rng: divided(g, s, np.random), OWN),
    (SPLIT, by_lot, "groups; its share is"),
    (SPLIT, lambda *args: divided(*args) + 1, "expected 0, 1 or 2, got 3"),
]
