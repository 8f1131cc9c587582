"""Attention with several heads: caches, biases, masks that Keras attaches."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ShapeError
from mmref.reference import attention as reference
from mmref.reference import multi_head
from tests.attention.layers import BATCH, DIM, HEADS, STEPS, randomized, steps
from tests.wings import WINGS, numpy, tensor, wing_of


@pytest.mark.parametrize("cuts", [[1, 2, 3, 4], [2, 3], []])
@pytest.mark.parametrize("name", WINGS)
def test_decoding_with_a_cache_equals_full_recomputation(name, cuts):
    layer, x = randomized(name, "MultiHeadAttention"), steps()
    arrays = convert.arguments(convert.arrays(layer))
    whole = numpy(layer(tensor(name, x), mask=wing_of(name).causal_mask(STEPS)))
    pieces, cache, kept = [], None, None
    for part in np.split(x, cuts, axis=1):
        out, cache = layer.decode(tensor(name, part), cache)
        expected, kept = multi_head.cached_attention(part, **arrays, heads=HEADS, cache=kept)
        np.testing.assert_allclose(numpy(out), expected, atol=1e-5)
        pieces.append(numpy(out))
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-5)
    assert tuple(cache[0].shape) == (BATCH, HEADS, STEPS, DIM // HEADS)
    for ours, theirs in zip(cache, kept):
        np.testing.assert_allclose(numpy(ours), theirs, atol=1e-5)


def test_gradients_pass_through_a_cache():
    torch = pytest.importorskip("torch")
    layer, x = randomized("torch", "MultiHeadAttention").double(), torch.tensor(steps()).double()
    grad = torch.tensor(steps(1)).double()
    whole = x.clone().requires_grad_()
    (layer(whole, mask=wing_of("torch").causal_mask(STEPS)) * grad).sum().backward()
    cut, pieces, cache = x.clone().requires_grad_(), [], None
    for part in cut.split(2, dim=1):
        out, cache = layer.decode(part, cache)
        pieces.append(out)
    (torch.cat(pieces, dim=1) * grad).sum().backward()
    torch.testing.assert_close(cut.grad, whole.grad, rtol=0, atol=1e-12)


def test_a_step_does_not_see_those_after_it():
    x = steps().astype(float)
    mask = reference.causal_mask(STEPS)
    before = reference.dot_product_attention(x, x, x, mask)
    x[:, 3:] += 100
    after = reference.dot_product_attention(x, x, x, mask)
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert np.abs(before[:, 3:] - after[:, 3:]).min() > 1e-3


def test_keys_alone_give_no_gradient_to_their_bias():
    """b_k adds one number to all scores of a query: a softmax does not see it."""
    torch = pytest.importorskip("torch")
    layer = randomized("torch", "MultiHeadAttention").double()
    x = torch.tensor(steps()).double()
    layer(x).square().sum().backward()
    gradients = {n: p.grad.abs().max() for n, p in layer.named_parameters()}
    assert (
        gradients["key_projection.bias"]
        < 1e-10
        < min(g for n, g in gradients.items() if n != "key_projection.bias")
    )
    before = layer(x)
    with torch.no_grad():
        layer.key_projection.bias += 3
    torch.testing.assert_close(layer(x), before)


@pytest.mark.parametrize("kind", ["MultiHeadAttention", "TransformerBlock"])
def test_a_mask_that_an_embedding_attaches_is_padding(kind):
    """With as many steps as examples, (B, T) could pass for (Tq, Tk); it must not."""
    keras = pytest.importorskip("keras")
    ids = np.array([[1, 2, 0], [3, 0, 0], [1, 2, 3]])
    embedding = keras.layers.Embedding(4, DIM, mask_zero=True)
    layer = randomized("keras", kind)
    x = embedding(ids)
    expected = layer(keras.ops.convert_to_tensor(numpy(x)), mask=(ids != 0)[:, None])
    np.testing.assert_allclose(numpy(layer(x)), numpy(expected), atol=1e-6)


@pytest.mark.parametrize("kind", ["MultiHeadAttention", "TransformerBlock"])
def test_a_mask_of_attention_is_not_handed_on(kind, recwarn):
    """The next layer must not take it for its own; what an embedding attached goes on."""
    keras = pytest.importorskip("keras")
    first, second = randomized("keras", kind), randomized("keras", kind, seed=1)
    x, causal = tensor("keras", steps()), wing_of("keras").causal_mask(STEPS)
    between = first(x, mask=causal)
    expected = numpy(second(keras.ops.convert_to_tensor(numpy(between))))
    np.testing.assert_array_equal(numpy(second(between)), expected)
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    embedded = keras.layers.Embedding(4, DIM, mask_zero=True)(ids)
    np.testing.assert_array_equal(numpy(first(embedded)._keras_mask), ids != 0)
    assert [str(w.message) for w in recwarn if "mask" in str(w.message)] == []


def test_self_attention_is_attention_to_oneself():
    for name in WINGS:
        layer, x = randomized(name, "MultiHeadAttention"), tensor(name, steps())
        np.testing.assert_allclose(numpy(layer(x)), numpy(layer(x, x, x)), atol=1e-6)
        np.testing.assert_allclose(numpy(layer(x, x)), numpy(layer(x, x, x)), atol=1e-6)


def test_a_cache_of_other_steps_is_refused():
    """Keys of another number of examples do not fit."""
    for name in WINGS:
        layer = randomized(name, "MultiHeadAttention")
        _, cache = layer.decode(tensor(name, steps()[:1]))
        with pytest.raises(ShapeError, match=r"cache\[0\]: expected \(2, 3, past, 4\), got "):
            layer.decode(tensor(name, steps()), cache)
    arrays = convert.arguments(convert.arrays(layer))
    keys, values = map(numpy, cache)
    with pytest.raises(
        ShapeError, match=r"cache\[1\]: expected \(1, 3, 5, 4\), got \(1, 3, 4, 4\)"
    ):
        multi_head.cached_attention(
            steps()[:1], **arrays, heads=HEADS, cache=(keys, values[:, :, 1:])
        )
    with pytest.raises(TypeError, match=r"cache: expected a pair \(keys, values\), got ndarray"):
        multi_head.cached_attention(steps()[:1], **arrays, heads=HEADS, cache=keys)
