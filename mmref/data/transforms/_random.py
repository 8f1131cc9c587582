"""Random numbers: one stream for a batch, or one for each sample."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.arrays import check_integers
from mmref.contract.data import to_array
from mmref.contract.settings import check_count, check_seed
from mmref.errors import ShapeError
from mmref.types import Array

# One generator for all samples, or one for each.
Generators = np.random.Generator | Sequence[np.random.Generator]


def sample_generators(
    index: Sequence[int] | Array, seed: int, epoch: int = 0
) -> list[np.random.Generator]:
    """Return a list of one generator for each sample of ``index``, (N,) whole numbers.

    That of sample i depends on (seed, epoch, i) alone: not on the batch that i is in, nor on
    its place there, nor on how many processes load the data. An epoch can be resumed in its
    middle, and shuffling leaves each picture's changes as they were.

    (seed, epoch, i) are hashed by ``numpy.random.SeedSequence``, the epoch and i as its spawn
    key, so that neighboring numbers give unrelated streams. About 20 microseconds a sample.

    >>> batch = sample_generators([7, 3], seed=0, epoch=2)
    >>> alone = sample_generators([3], seed=0, epoch=2)
    >>> bool(batch[1].random() == alone[0].random())
    True
    """
    check_seed(seed)
    check_seed(epoch, "epoch")
    index = to_array("index", index)
    if index.size:  # an empty list is of floats
        check_integers("index", index, "N")
        check_count("index", int(index.min()), 0)
    keys = ((int(epoch), i) for i in index.tolist())
    sequences = (np.random.SeedSequence(int(seed), spawn_key=key) for key in keys)
    return [np.random.default_rng(sequence) for sequence in sequences]


def check_rng(rng: Generators, n: int) -> None:
    """Raise unless rng is one generator, or a list of n."""
    if isinstance(rng, np.random.Generator):
        return
    kinds = {type(g) for g in rng} if isinstance(rng, list | tuple) else {type(rng)}
    if not kinds <= {np.random.Generator} or not isinstance(rng, list | tuple):
        got = ", ".join(sorted(kind.__name__ for kind in kinds))
        expected = "a numpy.random.Generator, or a list of one for each sample"
        raise TypeError(f"rng: expected {expected}, got {got}")
    if len(rng) != n:
        raise ShapeError("rng", f"{n} generators, one for each sample", len(rng))


def each_generator(rng: Generators, n: int) -> Sequence[np.random.Generator]:
    """The generator of each of n samples, the same one where there is one for all."""
    return [rng] * n if isinstance(rng, np.random.Generator) else rng


def uniform(rng: Generators, low: float, high: float, n: int) -> Array:
    """One number from [low, high) for each of n samples."""
    if isinstance(rng, np.random.Generator):
        return rng.uniform(low, high, n)
    return np.array([g.uniform(low, high) for g in rng], float)
