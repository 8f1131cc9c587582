"""Plausible mistakes in how an image becomes patches."""

import pytest

pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from tests.attention.mutating import mutated  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


class Patches(wing.PatchEmbedding):
    """Patches in steps that a mutant can replace."""

    order = (0, 2, 4, 3, 5, 1)

    def forward(self, images):
        rows, columns = self.shape[1] // self.patch, self.shape[2] // self.patch
        x = images.unflatten(3, (columns, self.patch)).unflatten(2, (rows, self.patch))
        return self.projection(x.permute(*self.order).flatten(3).flatten(1, 2))


class ChannelsFirst(Patches):
    order = (0, 2, 4, 1, 3, 5)


class PatchesDownTheColumns(Patches):
    order = (0, 4, 2, 3, 5, 1)


class PixelsDownTheColumns(Patches):
    order = (0, 2, 4, 5, 3, 1)


BASES = {
    "patch_embedding": Patches,
}


@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, base in BASES.items() for m in base.__subclasses__()]
)
def test_a_mutated_layer_is_caught(name, mutant):
    assert is_caught(mutated(name, mutant))


@pytest.mark.parametrize("name", BASES)
def test_what_mutants_are_made_from_is_right(name):
    assert not is_caught(mutated(name, BASES[name]))
