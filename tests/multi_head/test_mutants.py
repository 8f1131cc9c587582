"""Plausible mistakes in attention with several heads, its causal masks and its cache."""

import numpy as np
import pytest

pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.reference import multi_head  # noqa: E402
from mmref.torch.multi_head import merge_heads, split_heads  # noqa: E402
from tests.attention.mutating import mutated  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


class Heads(wing.MultiHeadAttention):
    """Multi-head attention in steps that a mutant can replace one at a time."""

    def apart(self, x):
        return split_heads(x, self.heads)

    def together(self, x):
        return merge_heads(x)

    def scale(self):
        return (self.widths[0] // self.heads) ** -0.5

    def see(self, mask):
        return mask

    def forward(self, queries, keys=None, values=None, mask=None):
        q, k, v, mask = self.split(queries, keys, values, mask)
        q, k, v = (self.apart(merge_heads(x)) for x in (q, k, v))
        context = wing.dot_product_attention(q, k, v, self.see(mask), self.scale())
        return self.output_projection(self.together(context))


class ReshapedWithoutTranspose(Heads):
    """The steps of one head are scattered over all heads."""

    def apart(self, x):
        return x.reshape(x.shape[0], self.heads, x.shape[1], -1)

    def together(self, x):
        return x.reshape(x.shape[0], x.shape[2], -1)


class MergedWithoutTranspose(Heads):
    def together(self, x):
        return x.reshape(x.shape[0], x.shape[2], -1)


class Interleaved(Heads):
    """Feature f goes to head f modulo K."""

    def apart(self, x):
        return x.unflatten(-1, (-1, self.heads)).permute(0, 3, 1, 2)


class HeadsReversed(Heads):
    def together(self, x):
        return merge_heads(x.flip(1))


class ScaledByTheWholeWidth(Heads):
    def scale(self):
        return self.widths[0] ** -0.5


class ScaledByTheNumberOfHeads(Heads):
    def scale(self):
        return self.heads**-0.5


class Unscaled(Heads):
    def scale(self):
        return 1.0


class MaskOfTheFirstHead(Heads):
    def see(self, mask):
        return mask if mask is None or mask.ndim == 2 else mask[:, :1]


class MaskTurned(Heads):
    def see(self, mask):
        return None if mask is None else ~mask


class MaskOfTheFirstExample(Heads):
    def see(self, mask):
        return mask if mask is None or mask.ndim == 2 else mask[:1]


class OutputBiasDropped(Heads):
    def forward(self, *inputs, **named):
        return super().forward(*inputs, **named) - self.output_projection.bias


class WithoutOutputProjection(Heads):
    def forward(self, queries, keys=None, values=None, mask=None):
        q, k, v, mask = self.split(queries, keys, values, mask)
        context = merge_heads(wing.dot_product_attention(q, k, v, mask))
        zero = self.output_projection(0 * context) * 0
        return context + zero


class QueryAndKeySwapped(Heads):
    """Where both have the same width, nothing but the numbers tells."""

    def forward(self, queries, keys=None, values=None, mask=None):
        if self.widths[0] != self.widths[1]:
            return super().forward(queries, keys, values, mask)
        query, key = self.query_projection, self.key_projection
        self.query_projection, self.key_projection = key, query
        value = super().forward(queries, keys, values, mask)
        self.query_projection, self.key_projection = query, key
        return value


BASES = {
    "multi_head_attention": Heads,
}


@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, base in BASES.items() for m in base.__subclasses__()]
)
def test_a_mutated_layer_is_caught(name, mutant):
    assert is_caught(mutated(name, mutant))


@pytest.mark.parametrize("name", BASES)
def test_what_mutants_are_made_from_is_right(name):
    assert not is_caught(mutated(name, BASES[name]))


# Causal masks and caches: full recomputation is the judge.


def off_by_one(length, past=0):
    return np.tri(length, past + length, past - 1, dtype=bool)[None]


def sees_one_ahead(length, past=0):
    return np.tri(length, past + length, past + 1, dtype=bool)[None]


def past_forgotten(length, past=0):
    return np.tri(length, past + length, 0, dtype=bool)[None]


def upper_half(length, past=0):
    return ~np.tri(length, past + length, past, dtype=bool)[None]


def decoded(steps):
    """x decoded in pieces, and all at once."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 6, 4))
    arrays = [rng.normal(size=(4, 4)) if i % 2 == 0 else rng.normal(size=4) for i in range(8)]
    pieces, cache = [], None
    for part in np.split(x, steps, axis=1):
        out, cache = multi_head.cached_attention(part, *arrays, heads=2, cache=cache)
        pieces.append(out)
    whole = multi_head.multi_head_attention(
        x, x, x, *arrays, heads=2, mask=np.tri(6, dtype=bool)[None]
    )
    return np.concatenate(pieces, axis=1), whole


STEPS = ([1, 2, 3, 4, 5], [2, 5], [])


@pytest.mark.parametrize("steps", STEPS)
def test_decoding_with_a_cache_equals_full_recomputation(steps):
    found, expected = decoded(steps)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("mutant", [off_by_one, sees_one_ahead, past_forgotten, upper_half])
def test_a_mutated_causal_mask_is_caught(mutant, monkeypatch):
    monkeypatch.setattr(multi_head, "causal_mask", mutant)
    differences = [np.abs(np.subtract(*decoded(steps))).max() for steps in STEPS]
    assert max(differences) > 1e-3


def test_a_cache_in_the_wrong_order_is_caught(monkeypatch):
    """New steps put before the old ones."""
    joined = np.concatenate

    def reversed_order(arrays, axis=0):
        return joined(arrays[::-1] if axis == 2 else arrays, axis=axis)

    monkeypatch.setattr(multi_head.np, "concatenate", reversed_order)
    found, expected = decoded([2, 5])
    assert np.abs(found - expected).max() > 1e-3
