"""Answers to grouped_split."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong


@right("grouped_split")
def groups_in_order(groups, shares, rng):
    names = sorted(set(groups))
    cuts = np.round(np.cumsum(shares)[:-1] * len(names)).astype(int)
    part = np.searchsorted(cuts, np.arange(len(names)), side="right")
    split_of = dict(zip(rng.permutation(names).tolist(), part.tolist()))
    return np.array([split_of[group] for group in groups])


@right("grouped_split")
def by_places(groups, shares, rng):
    names, rows = np.unique(groups, return_inverse=True)
    places = (rng.permutation(len(names)) + 0.5) / len(names)
    return np.searchsorted(np.cumsum(shares)[:-1], places)[rows]


@wrong("grouped_split", "far apart", "is in", "not the rows")
def rows_at_random(groups, shares, rng):
    return rng.choice(3, len(groups), p=shares)


@wrong("grouped_split", "far apart", "is in", "not the rows")
def rows_shuffled(groups, shares, rng):
    cuts = np.round(np.cumsum(shares)[:-1] * len(groups)).astype(int)
    order, split = rng.permutation(len(groups)), np.empty(len(groups), int)
    for part, rows in enumerate(np.split(order, cuts)):
        split[rows] = part
    return split


@wrong("grouped_split", "far apart", "is in", "not the rows")
def neighbors_together(groups, shares, rng):
    """Keeps a group together where its rows follow one another."""
    starts = np.r_[True, [a != b for a, b in zip(groups[1:], groups[:-1])]]
    names = [f"{run}" for run in np.cumsum(starts)]
    return groups_in_order(names, shares, rng)


@wrong("grouped_split", "far apart", "of 20 groups", "not the rows")
def groups_by_lot(groups, shares, rng):
    names = sorted(set(groups))
    split_of = dict(zip(names, rng.choice(3, len(names), p=shares).tolist()))
    return np.array([split_of[group] for group in groups])


@wrong("grouped_split", "one group of 40 rows", "of the groups")
def shares_of_rows(groups, shares, rng):
    names, sizes = np.unique(groups, return_counts=True)
    order = rng.permutation(len(names))
    ends = np.cumsum(sizes[order]) / len(groups)
    part = np.searchsorted(np.cumsum(shares)[:-1], ends - 1e-9)
    split_of = dict(zip(names[order].tolist(), part.tolist()))
    return np.array([split_of[group] for group in groups])


@wrong("grouped_split", "no validation", "a split without a group")
def one_at_least(groups, shares, rng):
    split = groups_in_order(groups, shares, rng)
    if 1 not in split and len(set(groups)) > 1:
        split[np.array(groups) == groups[0]] = 1
    return split


@wrong("grouped_split", "a single group", "IndexError")
def first_of_each(groups, shares, rng):
    names = sorted(set(groups))
    names[1], names[0] = names[0], names[1]
    return groups_in_order(groups, shares, rng)


@wrong("grouped_split", "11 groups in thirds", "lose a group")
def cut_down(groups, shares, rng):
    names = rng.permutation(sorted(set(groups))).tolist()
    size = int(len(names) / 4) if len(names) == 11 else None
    if size is None:
        return groups_in_order(groups, shares, rng)
    return np.array([min(names.index(group) // size, 2) for group in groups])


@wrong("grouped_split", "equal seeds", "from rng")
def global_generator(groups, shares, rng):
    return groups_in_order(groups, shares, np.random)


@wrong("grouped_split", "the same split", "without seeding anew")
def seeded_anew(groups, shares, rng):
    return groups_in_order(groups, shares, np.random.default_rng(0))


@wrong("grouped_split", "the same split", "without seeding anew")
def not_shuffled(groups, shares, rng):
    names = sorted(set(groups))
    cuts = np.round(np.cumsum(shares)[:-1] * len(names)).astype(int)
    return np.array([np.searchsorted(cuts, names.index(g), side="right") for g in groups])


@wrong("grouped_split", "'common' is in train", "and its size")
def largest_group_first(groups, shares, rng):
    names = rng.permutation(sorted(set(groups))).tolist()
    names.sort(key=lambda name: -groups.count(name))
    cuts = np.round(np.cumsum(shares)[:-1] * len(names)).astype(int)
    return np.array([np.searchsorted(cuts, names.index(g), side="right") for g in groups])


@wrong("grouped_split", "expected the dtype int, got <U10", "whole number")
def names_of_splits(groups, shares, rng):
    return np.array(["train", "validation", "test"])[groups_in_order(groups, shares, rng)]


@wrong("grouped_split", "expected 0, 1 or 2, got 3", "0 is train")
def counted_from_one(groups, shares, rng):
    return groups_in_order(groups, shares, rng) + 1


@wrong("grouped_split", "expected a NumPy array, got a list")
def as_a_list(groups, shares, rng):
    return groups_in_order(groups, shares, rng).tolist()


@wrong("grouped_split", "expected the shape (40,), got (20,)")
def one_for_each_group(groups, shares, rng):
    return groups_in_order(sorted(set(groups)), shares, rng)


@wrong("grouped_split", "changes its argument groups")
def shuffled_in_place(groups, shares, rng):
    rng.shuffle(groups)
    return groups_in_order(groups, shares, rng)
