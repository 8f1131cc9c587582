"""Plausible mistakes in attention, each of which the comparison must catch."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS, compare  # noqa: E402
from mmref.reference import attention, multi_head  # noqa: E402
from mmref.reference.softmax import masked_softmax as softmax_reference  # noqa: E402
from mmref.torch.attention import clear_unused  # noqa: E402
from mmref.torch.multi_head import merge_heads, split_heads  # noqa: E402
from mmref.torch.softmax import masked_softmax  # noqa: E402


def lookup(queries, keys, values, mask=None, scale=None, weigh=masked_softmax):
    """Right with the default; a mutant replaces the softmax or changes what goes in."""
    queries, keys = clear_unused(mask, queries, keys)
    values = clear_unused(mask, queries, values)[1]
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return weigh(scale * queries @ keys.transpose(-2, -1), mask) @ values


def not_scaled(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, mask, 1.0 if scale is None else scale)


def scaled_by_d(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, mask, 1 / queries.shape[-1] if scale is None else scale)


def scale_ignored(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, mask)


def scaled_after_the_softmax(queries, keys, values, mask=None, scale=None):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return scale * lookup(queries, keys, values, mask, 1.0)


def mask_flipped(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, None if mask is None else ~mask, scale)


def mask_ignored(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, None, scale)


def not_renormalized(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        p = torch.softmax(scores, dim=-1)
        return p if mask is None else p * mask

    return lookup(queries, keys, values, mask, scale, weigh)


def over_the_queries(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        there = None if mask is None else mask.expand(scores.shape).transpose(-2, -1)
        return masked_softmax(scores.transpose(-2, -1), there).transpose(-2, -1)

    return lookup(queries, keys, values, mask, scale, weigh)


def over_all_scores(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        there = None if mask is None else mask.expand(scores.shape).flatten(-2)
        return masked_softmax(scores.flatten(-2), there).unflatten(-1, scores.shape[-2:])

    return lookup(queries, keys, values, mask, scale, weigh)


def a_row_that_keeps_nothing_is_uniform(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        scores = scores if mask is None else scores.masked_fill(~mask, -1e9)
        return torch.softmax(scores, dim=-1)

    return lookup(queries, keys, values, mask, scale, weigh)


def a_row_that_keeps_nothing_is_nan(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        scores = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
        return torch.softmax(scores, dim=-1)

    return lookup(queries, keys, values, mask, scale, weigh)


def nan_of_a_value_leaks(queries, keys, values, mask=None, scale=None):
    return wing.attention_weights(queries, keys, mask, scale) @ values


def nan_of_a_key_leaks_backward(queries, keys, values, mask=None, scale=None):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    weights = masked_softmax(scale * queries @ keys.transpose(-2, -1), mask)
    return weights @ clear_unused(mask, queries, values)[1]


def keys_for_values(queries, keys, values, mask=None, scale=None):
    width = keys.shape[-1]
    return lookup(queries, values[..., :width], values, mask, scale)


def one_head_for_all(queries, keys, values, mask=None, scale=None):
    if mask is not None and mask.ndim == 4 and mask.shape[1] > 1:
        mask = mask[:, :1]
    return lookup(queries, keys, values, mask, scale)


def values_detached(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values.detach(), mask, scale)


def weights_detached(queries, keys, values, mask=None, scale=None):
    return lookup(queries.detach(), keys.detach(), values, mask, scale)


LOOKUPS = [
    not_scaled,
    scaled_by_d,
    scale_ignored,
    scaled_after_the_softmax,
    mask_flipped,
    mask_ignored,
    not_renormalized,
    over_the_queries,
    over_all_scores,
    a_row_that_keeps_nothing_is_uniform,
    a_row_that_keeps_nothing_is_nan,
    nan_of_a_value_leaks,
    nan_of_a_key_leaks_backward,
    keys_for_values,
    one_head_for_all,
    values_detached,
    weights_detached,
]


class Additive(wing.AdditiveAttention):
    """Additive attention in steps that a mutant can replace one at a time."""

    def inside(self, queries, keys):
        by_query = self.query_projection(queries).unsqueeze(-2)
        return by_query + self.key_projection(keys).unsqueeze(-3)

    def scores(self, queries, keys):
        return torch.tanh(self.inside(queries, keys)) @ self.score_weight

    def attention_weights(self, queries, keys, mask=None):
        queries, keys = clear_unused(mask, queries, keys)
        return masked_softmax(self.scores(queries, keys), mask)


class WithoutTanh(Additive):
    def scores(self, queries, keys):
        return self.inside(queries, keys) @ self.score_weight


class TanhOutside(Additive):
    def scores(self, queries, keys):
        return torch.tanh(self.inside(queries, keys) @ self.score_weight)


class WithoutScoreWeight(Additive):
    def scores(self, queries, keys):
        return torch.tanh(self.inside(queries, keys)).sum(dim=-1) + 0 * self.score_weight.sum()


class QueryLeftOut(Additive):
    def inside(self, queries, keys):
        return super().inside(0 * queries, keys)


class Multiplied(Additive):
    def inside(self, queries, keys):
        by_query = self.query_projection(queries).unsqueeze(-2)
        return by_query * self.key_projection(keys).unsqueeze(-3)


class ScaledToo(Additive):
    def scores(self, queries, keys):
        return super().scores(queries, keys) / len(self.score_weight) ** 0.5


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


class Block(wing.TransformerBlock):
    """The block in steps that a mutant can replace one at a time."""

    def forward(self, x, mask=None):
        return super().forward(x, mask)


class PreForPost(Block):
    def forward(self, x, mask=None):
        self.norm_first = not self.norm_first
        value = super().forward(x, mask)
        self.norm_first = not self.norm_first
        return value


class NormsSwapped(Block):
    def forward(self, x, mask=None):
        one, two = self.attention_norm, self.feed_forward_norm
        self.attention_norm, self.feed_forward_norm = two, one
        value = super().forward(x, mask)
        self.attention_norm, self.feed_forward_norm = one, two
        return value


class ResidualOfTheNorm(Block):
    """Pre-norm whose residual connection starts after the norm."""

    def forward(self, x, mask=None):
        if not self.norm_first:
            return super().forward(x, mask)
        n = self.attention_norm(x)
        y = n + self.attention(n, mask=mask)
        n = self.feed_forward_norm(y)
        return n + self.feed_forward(n)


class NoResidual(Block):
    def forward(self, x, mask=None):
        return super().forward(x, mask) - x


class MaskForgotten(Block):
    def forward(self, x, mask=None):
        return super().forward(x)


class ApproximateGelu(Block):
    def feed_forward(self, x):
        if self.activation != "gelu":
            return super().feed_forward(x)
        return self.narrow(torch.nn.functional.gelu(self.widen(x), approximate="tanh"))


class Norm(wing.LayerNorm):
    """Layer norm in steps that a mutant can replace one at a time."""

    def moments(self, x):
        return x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)

    def forward(self, x):
        mean, variance = self.moments(x)
        return self.scale * (x - mean) / torch.sqrt(variance + self.epsilon) + self.shift


class UnbiasedVariance(Norm):
    def moments(self, x):
        return x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True)


class OverTheSteps(Norm):
    def moments(self, x):
        return x.mean(dim=-2, keepdim=True), x.var(dim=-2, keepdim=True, correction=0)


class OverTheBatch(Norm):
    def moments(self, x):
        return x.mean(dim=0, keepdim=True), x.var(dim=0, keepdim=True, correction=0)


class NotCentered(Norm):
    def moments(self, x):
        return 0, (x**2).mean(dim=-1, keepdim=True)


class MomentsDetached(Norm):
    def moments(self, x):
        mean, variance = super().moments(x)
        return mean.detach(), variance.detach()


class EpsilonOutside(Norm):
    def forward(self, x):
        mean, variance = self.moments(x)
        return self.scale * (x - mean) / (torch.sqrt(variance) + self.epsilon) + self.shift


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
    "additive_attention": Additive,
    "multi_head_attention": Heads,
    "transformer_block": Block,
    "layer_norm": Norm,
    "patch_embedding": Patches,
}


def made(base, right):
    """A layer of class ``base`` with the arguments of the right one."""

    def layer(wing, arguments):
        class Namespace:
            """Hands out ``base`` for whatever name is asked."""

            def __getattr__(self, name):
                return base

        return right(Namespace(), arguments)

    return layer


def is_caught(formula, dtype="float64"):
    with np.errstate(all="ignore"):
        return not all(row.ok for row in compare(formula, "torch", dtype))


def mutated(name, base):
    formula = FORMULAS[name]
    return dataclasses.replace(formula, layer=made(base, formula.layer), peers=())


@pytest.mark.parametrize("mutant", LOOKUPS)
def test_a_mutated_lookup_is_caught(mutant):
    def layer(wing, arguments):
        return lambda **arrays: mutant(**arrays, scale=arguments["scale"])

    formula = dataclasses.replace(FORMULAS["dot_product_attention"], layer=layer, peers=())
    assert is_caught(formula)
    assert is_caught(formula, "float32")


@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, base in BASES.items() for m in base.__subclasses__()]
)
def test_a_mutated_layer_is_caught(name, mutant):
    assert is_caught(mutated(name, mutant))


def test_what_mutants_are_made_from_is_right():
    def layer(wing, arguments):
        return lambda **arrays: lookup(**arrays, scale=arguments["scale"])

    formula = FORMULAS["dot_product_attention"]
    assert not is_caught(dataclasses.replace(formula, layer=layer, peers=()))
    for name, base in BASES.items():
        assert not is_caught(mutated(name, base)), name


def gradient_without_the_jacobian(grad, queries, keys, values, mask=None, scale=None):
    """ds = alpha dalpha, without the term that all scores of a row share."""
    d_values = attention.dot_product_attention_gradient(grad, queries, keys, values, mask, scale)[2]
    q, k, keep = attention._inputs(queries, keys, mask)
    alpha = softmax_reference(attention._scores(q, k, scale), keep)
    d_scores = attention._scale(q, scale) * alpha * (grad @ np.swapaxes(values, -1, -2))
    return d_scores @ k, np.swapaxes(d_scores, -1, -2) @ q, d_values


def gradient_not_scaled(grad, queries, keys, values, mask=None, scale=None):
    d_q, d_k, d_v = attention.dot_product_attention_gradient(
        grad, queries, keys, values, mask, scale
    )
    factor = attention._scale(queries, scale)
    return d_q / factor, d_k / factor, d_v


def gradient_of_values_not_transposed(grad, queries, keys, values, mask=None, scale=None):
    d_q, d_k, d_v = attention.dot_product_attention_gradient(
        grad, queries, keys, values, mask, scale
    )
    alpha = attention.attention_weights(queries, keys, mask, scale)
    steps = min(alpha.shape[-2:])
    wrong = d_v.copy()
    wrong[..., :steps, :] = alpha[..., :steps, :steps] @ grad[..., :steps, :]
    return d_q, d_k, wrong


def gradient_of_keys_and_queries_alike(grad, queries, keys, values, mask=None, scale=None):
    d_q, d_k, d_v = attention.dot_product_attention_gradient(
        grad, queries, keys, values, mask, scale
    )
    return d_q, d_k[..., ::-1, :], d_v


@pytest.mark.parametrize(
    "mutant",
    [
        gradient_without_the_jacobian,
        gradient_not_scaled,
        gradient_of_values_not_transposed,
        gradient_of_keys_and_queries_alike,
    ],
)
def test_a_mutated_gradient_is_caught(mutant):
    formula = FORMULAS["dot_product_attention"]
    changed = dataclasses.replace(
        formula, gradient=lambda grad, **arguments: mutant(grad, *arguments.values())
    )
    assert is_caught(changed)


# Causal masks and caches: full recomputation is the judge, in test_attention.py's own words.


def off_by_one(length, past=0):
    return np.tri(length, past + length, past - 1, dtype=bool)


def sees_one_ahead(length, past=0):
    return np.tri(length, past + length, past + 1, dtype=bool)


def past_forgotten(length, past=0):
    return np.tri(length, past + length, 0, dtype=bool)


def upper_half(length, past=0):
    return ~np.tri(length, past + length, past, dtype=bool)


def decoded(steps):
    """x decoded in pieces, and all at once."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 6, 4))
    arrays = [rng.normal(size=(4, 4)) if i % 2 == 0 else rng.normal(size=4) for i in range(8)]
    pieces, cache = [], None
    for part in np.split(x, steps, axis=1):
        out, cache = multi_head.cached_attention(part, *arrays, heads=2, cache=cache)
        pieces.append(out)
    whole = multi_head.multi_head_attention(x, x, x, *arrays, heads=2, mask=np.tri(6, dtype=bool))
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
