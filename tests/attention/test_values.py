"""Attention in both wings: caches, positions, masks, hostile rows, large scores."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ShapeError
from mmref.reference import attention as reference
from mmref.reference import multi_head, transformer
from mmref.reference.positions import sinusoidal_positions
from tests.wings import WINGS, numpy, tensor, wing_of

BATCH, STEPS, DIM, HEADS = 2, 5, 12, 3

LAYERS = {
    "AdditiveAttention": lambda wing: wing.AdditiveAttention(DIM, DIM, 7),
    "MultiHeadAttention": lambda wing: wing.MultiHeadAttention(DIM, HEADS),
    "LayerNorm": lambda wing: wing.LayerNorm(DIM),
    "TransformerBlock": lambda wing: wing.TransformerBlock(DIM, HEADS, 7),
    "PatchEmbedding": lambda wing: wing.PatchEmbedding((4, 6), 2, DIM, 3),
    "VisionTransformer": lambda wing: wing.VisionTransformer((4, 6), 2, DIM, 1, HEADS),
}


def steps(seed=0, *shape):
    shape = shape or (BATCH, STEPS, DIM)
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def images(name, batch=BATCH):
    shape = (batch, 3, 4, 6) if name == "torch" else (batch, 4, 6, 3)
    return steps(0, *shape)


def randomized(name, kind, seed=0):
    layer = LAYERS[kind](wing_of(name))
    rng = np.random.default_rng(seed)
    shapes = {n: a.shape for n, a in convert.arrays(layer).items()}
    values = {n: rng.normal(scale=0.5, size=s).astype("float32") for n, s in shapes.items()}
    convert.set_arrays(layer, values)
    return layer


def inputs_of(name, kind):
    if kind in ("PatchEmbedding", "VisionTransformer"):
        return [images(name)]
    return [steps(0), steps(1)] if kind == "AdditiveAttention" else [steps()]


# ---- causal decoding ----


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


@pytest.mark.parametrize(("length", "past"), [(4, 0), (1, 3), (3, 2), (0, 2)])
def test_causal_masks_are_the_same_in_all_three(length, past):
    expected = reference.causal_mask(length, past)
    assert expected.shape == (length, past + length)
    assert all(row.sum() == past + i + 1 for i, row in enumerate(expected))
    for name in WINGS:
        found = numpy(wing_of(name).causal_mask(length, past))
        assert found.dtype == bool
        np.testing.assert_array_equal(found, expected)


# ---- positions ----


@pytest.mark.parametrize(("length", "dim"), [(50, 8), (1, 2), (0, 4)])
def test_positions_are_the_same_in_all_three(length, dim):
    expected = sinusoidal_positions(length, dim)
    assert expected.shape == (length, dim)
    for name in WINGS:
        found = numpy(wing_of(name).sinusoidal_positions(length, dim))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_a_shift_of_positions_is_a_rotation():
    """P[t + k] = R_k P[t], one small rotation for each frequency, whatever t is."""
    dim, shift = 6, 3
    p = sinusoidal_positions(40, dim)
    for i, frequency in enumerate(10000.0 ** (-np.arange(0, dim, 2) / dim)):
        angle = shift * frequency
        rotate = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        pair = p[:, 2 * i : 2 * i + 2]
        np.testing.assert_allclose(pair[shift:], pair[:-shift] @ rotate.T, atol=1e-12)


@pytest.mark.parametrize("name", WINGS)
def test_without_positions_the_order_does_not_matter(name):
    """Self-attention of permuted steps is the permuted self-attention."""
    layer, x = randomized(name, "TransformerBlock"), steps()
    order = [3, 1, 4, 0, 2]
    expected = numpy(layer(tensor(name, x)))[:, order]
    np.testing.assert_allclose(numpy(layer(tensor(name, x[:, order]))), expected, atol=2e-5)


# ---- what the mask drops ----


@pytest.mark.parametrize("junk", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("name", WINGS)
def test_padding_has_no_effect_whatever_it_holds(name, junk):
    keep = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=bool)
    mask = tensor(name, keep[:, None])
    queries, keys = steps(1), steps()
    dirty = np.where(keep[..., None], keys, np.float32(junk))
    for kind in ("AdditiveAttention", "MultiHeadAttention"):
        layer = randomized(name, kind)
        clean = numpy(layer(tensor(name, queries), tensor(name, keys), mask=mask))
        found = numpy(layer(tensor(name, queries), tensor(name, dirty), mask=mask))
        np.testing.assert_array_equal(found, clean)
        weights = numpy(layer.attention_weights(tensor(name, queries), tensor(name, dirty), mask))
        assert (weights[0, ..., 3:] == 0).all()
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("name", WINGS)
def test_a_query_that_keeps_nothing(name):
    """Zero weights, a context of zeros, and so the output's bias."""
    mask = np.ones((BATCH, STEPS, STEPS), dtype=bool)
    mask[1, 2] = False
    layer, x = randomized(name, "MultiHeadAttention"), steps()
    out = numpy(layer(tensor(name, x), mask=tensor(name, mask)))
    np.testing.assert_array_equal(out[1, 2], convert.arrays(layer)["output_bias"])
    assert np.abs(out[0, 2] - out[1, 2]).max() > 1e-2
    weights = numpy(layer.attention_weights(tensor(name, x), mask=tensor(name, mask)))
    assert weights.shape == (BATCH, HEADS, STEPS, STEPS) and (weights[1, :, 2] == 0).all()
    additive = randomized(name, "AdditiveAttention")
    out = numpy(additive(tensor(name, x), tensor(name, x), mask=tensor(name, mask)))
    assert (out[1, 2] == 0).all()


STATED = {
    # What a kept NaN does: to weights, all of its rows; to a context, all of its sequence.
    "key": (lambda a: a["keys"].__setitem__((0, 1), np.nan), [True, False]),
    "value": (lambda a: a["values"].__setitem__((0, 1), np.nan), [True, False]),
    "query": (lambda a: a["queries"].__setitem__((0, 1), np.nan), None),
}


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("where", STATED)
def test_nan_that_is_kept(where):
    """A query spoils its own result, a key or value all results of its sequence; no other one."""
    change, sequences = STATED[where]
    arrays = {"queries": steps(1), "keys": steps(2), "values": steps(3)}
    change(arrays)
    expected = np.zeros((BATCH, STEPS), dtype=bool)
    if sequences is None:
        expected[0, 1] = True
    else:
        expected[0] = True
    found = {"numpy": reference.dot_product_attention(**arrays)}
    for name in WINGS:
        given = {key: tensor(name, array) for key, array in arrays.items()}
        found[name] = numpy(wing_of(name).dot_product_attention(**given))
    for name, result in found.items():
        spoiled = np.isnan(result)
        np.testing.assert_array_equal(spoiled.all(axis=-1), spoiled.any(axis=-1))
        # A NaN in one component of a value spoils that component; here all components hold it.
        np.testing.assert_array_equal(spoiled.any(axis=-1), expected, err_msg=name)


@pytest.mark.parametrize("name", WINGS)
def test_no_queries_give_no_context(name):
    wing, none = wing_of(name), steps()[:, :0]
    layer = randomized(name, "MultiHeadAttention")
    assert tuple(layer(tensor(name, none), tensor(name, steps())).shape) == (BATCH, 0, DIM)
    found = wing.dot_product_attention(*(tensor(name, x) for x in (none, steps(), steps())))
    assert tuple(found.shape) == (BATCH, 0, DIM)


@pytest.mark.parametrize("name", WINGS)
def test_the_number_of_parameters_of_a_vision_transformer(name):
    """Patches, positions, one block whose network has 4 D units, the last norm."""
    sizes = [array.size for array in convert.arrays(randomized(name, "VisionTransformer")).values()]
    block = (4 + 8) * DIM * DIM + (4 + 4 + 5) * DIM
    assert sum(sizes) == 13 * DIM + 6 * DIM + block + 2 * DIM


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


# ---- layers as layers ----


@pytest.mark.parametrize("kind", LAYERS)
def test_keras_layers_take_any_number_of_steps_and_examples(kind):
    keras = pytest.importorskip("keras")
    layer, inputs = randomized("keras", kind), inputs_of("keras", kind)
    unknown = [x.shape[1:] if x.ndim == 4 else (None, DIM) for x in inputs]
    entries = [keras.Input(shape) for shape in unknown]
    model = keras.Model(entries, layer(*entries))
    np.testing.assert_allclose(model.predict(inputs, verbose=0), numpy(layer(*inputs)), atol=1e-5)


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


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("name", WINGS)
def test_half_precision_stays_finite(name, kind):
    """Scores of hundreds and a row that keeps nothing."""
    inputs = [100 * x for x in inputs_of(name, kind)]
    if name == "torch":
        import torch

        layer = randomized(name, kind).bfloat16()
        out = layer(*(torch.tensor(x).bfloat16() for x in inputs))
        assert out.dtype == torch.bfloat16 and torch.isfinite(out).all()
        return
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = LAYERS[kind](wing_of(name))
        out = layer(*inputs)
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(out.dtype) == "bfloat16"
    assert np.isfinite(numpy(keras.ops.cast(out, "float32"))).all()


@pytest.mark.parametrize("name", WINGS)
def test_a_vision_transformer_is_an_encoder(name):
    wing = wing_of(name)
    encoders = {
        "image": wing.VisionTransformer((4, 6), 2, 12, 1, 3),
        "text": wing.TextEncoder(9, 4, 5, 7, cell="bag"),
    }
    model = wing.FusionClassifier(encoders, wing.ConcatFusion({"image": 12, "text": 7}, 4), 3)
    ids = tensor(name, np.array([[1, 2], [3, 0]]))
    assert tuple(model({"image": tensor(name, images(name)), "text": ids}).shape) == (2, 3)


def test_self_attention_is_attention_to_oneself():
    for name in WINGS:
        layer, x = randomized(name, "MultiHeadAttention"), tensor(name, steps())
        np.testing.assert_allclose(numpy(layer(x)), numpy(layer(x, x, x)), atol=1e-6)
        np.testing.assert_allclose(numpy(layer(x, x)), numpy(layer(x, x, x)), atol=1e-6)


def test_a_block_in_plain_numpy_is_the_formula():
    """Pre-norm, written out once more in four lines."""
    layer, x = randomized("torch", "TransformerBlock"), steps().astype(float)
    arrays = convert.arguments(convert.arrays(layer))
    norms = [transformer.layer_norm(x, **arrays["attention_norm"])]
    y = x + multi_head.multi_head_attention(*norms * 3, **arrays["attention"], heads=HEADS)
    n = transformer.layer_norm(y, **arrays["feed_forward_norm"])
    inside = transformer.gelu(n @ arrays["widen"]["weight"].T + arrays["widen"]["bias"])
    z = y + inside @ arrays["narrow"]["weight"].T + arrays["narrow"]["bias"]
    found = transformer.transformer_block(x, **arrays, heads=HEADS)
    np.testing.assert_allclose(found, z, atol=1e-12)


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
