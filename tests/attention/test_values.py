"""Attention in both wings: masks, hostile rows, and its layers in Keras and half precision."""

import numpy as np
import pytest

from mmref import convert
from mmref.reference import attention as reference
from tests.attention.layers import BATCH, DIM, HEADS, LAYERS, STEPS, images, randomized, steps
from tests.wings import WINGS, numpy, tensor, wing_of


def inputs_of(name, kind):
    if kind in ("PatchEmbedding", "VisionTransformer"):
        return [images(name)]
    return [steps(0), steps(1)] if kind == "AdditiveAttention" else [steps()]


@pytest.mark.parametrize(("length", "past"), [(4, 0), (1, 3), (3, 2), (0, 2)])
def test_causal_masks_are_the_same_in_all_three(length, past):
    expected = reference.causal_mask(length, past)
    assert expected.shape == (1, length, past + length)
    assert all(row.sum() == past + i + 1 for i, row in enumerate(expected[0]))
    for name in WINGS:
        found = numpy(wing_of(name).causal_mask(length, past))
        assert found.dtype == bool
        np.testing.assert_array_equal(found, expected)


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


def test_a_scale_of_0_is_none_that_was_left_out():
    """All keys count alike."""
    queries, keys = steps(0), steps(1)
    found = [reference.attention_weights(queries, keys, scale=0.0)]
    for name in WINGS:
        given = tensor(name, queries), tensor(name, keys)
        found.append(numpy(wing_of(name).attention_weights(*given, scale=0.0)))
    for weights in found:
        np.testing.assert_allclose(weights, 1 / STEPS, rtol=1e-6)


@pytest.mark.parametrize("name", WINGS)
def test_no_queries_give_no_context(name):
    wing, none = wing_of(name), steps()[:, :0]
    layer = randomized(name, "MultiHeadAttention")
    assert tuple(layer(tensor(name, none), tensor(name, steps())).shape) == (BATCH, 0, DIM)
    found = wing.dot_product_attention(*(tensor(name, x) for x in (none, steps(), steps())))
    assert tuple(found.shape) == (BATCH, 0, DIM)


# ---- layers as layers ----


@pytest.mark.parametrize("kind", LAYERS)
def test_keras_layers_take_any_number_of_steps_and_examples(kind):
    keras = pytest.importorskip("keras")
    layer, inputs = randomized("keras", kind), inputs_of("keras", kind)
    unknown = [x.shape[1:] if x.ndim == 4 else (None, DIM) for x in inputs]
    entries = [keras.Input(shape) for shape in unknown]
    model = keras.Model(entries, layer(*entries))
    np.testing.assert_allclose(model.predict(inputs, verbose=0), numpy(layer(*inputs)), atol=1e-5)


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
