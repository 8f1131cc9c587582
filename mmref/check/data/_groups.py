"""Names of groups that are told apart as they are written, and what a division of them must be."""

import itertools

import numpy as np

SPLITS = ("train", "validation", "test")
SALT = itertools.count()


class Name(str):
    """A name with another hash in each copy of a list, as text has in each process."""

    salt = 0

    def __hash__(self):
        return hash((str(self), self.salt))

    def __deepcopy__(self, memo):
        copied = Name(self)
        copied.salt = memo.setdefault("salt", next(SALT))
        return copied


def shared_out(result, groups, shares, rng):
    """In words, the split that has not its share of the groups; None if each has."""
    parts = [result[groups.index(name)] for name in dict.fromkeys(groups)]
    for split, share, count in zip(SPLITS, shares, np.bincount(parts, minlength=3), strict=True):
        # Rounded up or down; of cumulated shares, both ends of a part may be.
        if abs(count - share * len(parts)) > 1 or (share == 0 and count):
            return f"{split} has {count} of {len(parts)} groups; its share is {share:.0%}"
    return None
