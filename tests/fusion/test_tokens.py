"""Fusions of vectors one by one: sequences, masks, and joint against separate normalization."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ModalityError, ShapeError
from mmref.reference import fusion as reference
from tests.fusion.test_values import PRESENT, randomized
from tests.messages import assert_raises
from tests.wings import (
    DIM,
    DIMS,
    FUSIONS,
    WINGS,
    features,
    fused,
    fusion_function,
    numpy,
    tensor,
    tensors,
    wing_of,
)

TOKENS = ("AttentionFusion", "CrossAttentionFusion")
BOTH = pytest.mark.parametrize("name", WINGS)
EACH = pytest.mark.parametrize("fusion", TOKENS)
STEPS = {"text": 4, "audio": 3}
KEEP = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)


def sequences(seed=0):
    """Text and audio are sequences, the image is one vector."""
    rng, x = np.random.default_rng(seed), features()
    return x | {m: rng.normal(size=(5, t, DIMS[m])).astype("float32") for m, t in STEPS.items()}


def called(name, layer, x, present=None, masks=None):
    given = {} if present is None else {"present": tensor(name, present)}
    if masks is not None:
        given["masks"] = tensors(name, masks)
    return numpy(layer(tensors(name, x), **given))


@EACH
@BOTH
def test_a_vector_is_a_sequence_of_one(name, fusion):
    layer, x = randomized(name, fusion), features()
    one = {m: v[:, None] for m, v in x.items()}
    for present in (None, PRESENT):
        expected = called(name, layer, x, present)
        np.testing.assert_allclose(called(name, layer, one, present), expected, atol=1e-6)


@EACH
@BOTH
def test_masked_steps_have_no_effect(name, fusion):
    """And are no steps: a sequence that is cut is the same. Where none is kept, it is absent."""
    layer, x = randomized(name, fusion), sequences()
    dirty = x | {"audio": np.where(KEEP[:, :, None], x["audio"], np.float32(np.nan))}
    z = called(name, layer, dirty, masks={"audio": KEEP})
    for b in range(5):
        row = {m: v[b : b + 1] for m, v in x.items()}
        there = np.ones((1, 3), dtype=bool)
        if KEEP[b].any():
            row["audio"] = row["audio"][:, KEEP[b]]
        else:
            there[0, list(DIMS).index("audio")] = False
        np.testing.assert_allclose(z[b], called(name, layer, row, there)[0], atol=1e-5)


@EACH
@BOTH
def test_the_order_of_the_vectors_does_not_matter(name, fusion):
    layer, x = randomized(name, fusion), sequences()
    turned = x | {"text": np.ascontiguousarray(x["text"][:, ::-1])}
    z = called(name, layer, x)
    np.testing.assert_allclose(called(name, layer, turned), z, atol=1e-5)


@BOTH
@pytest.mark.parametrize("joint", [True, False])
def test_joint_weights_sum_to_one_and_separate_ones_to_the_number_of_modalities(name, joint):
    layer = wing_of(name).AttentionFusion(DIMS, DIM, joint=joint)
    given = tensors(name, sequences()), tensor(name, PRESENT), tensors(name, {"audio": KEEP})
    alpha = {m: numpy(a) for m, a in layer.attention_weights(*given).items()}  # it was never called
    there = PRESENT.copy()
    there[:, 2] &= KEEP.any(axis=1)
    total = numpy(layer.modality_weights(*given))
    assert list(alpha) == list(DIMS) and (alpha["audio"][~KEEP] == 0).all()
    np.testing.assert_allclose(total, np.stack([a.sum(1) for a in alpha.values()], 1), atol=1e-6)
    np.testing.assert_array_equal(total > 0, there)
    expected = there.any(axis=1) if joint else there.sum(axis=1)
    np.testing.assert_allclose(total.sum(axis=1), expected, atol=1e-6)


@BOTH
def test_separate_weights_of_a_modality_do_not_depend_on_the_others(name):
    x = sequences()
    other = x | {"text": 3 * x["text"]}
    for joint in (True, False):
        layer = wing_of(name).AttentionFusion(DIMS, DIM, joint=joint)
        a, b = (numpy(layer.attention_weights(tensors(name, f))["audio"]) for f in (x, other))
        assert np.allclose(a, b) != joint


@BOTH
def test_a_modality_alone_looks_at_nothing(name):
    layer, x = randomized(name, "CrossAttentionFusion"), sequences()
    alone = np.zeros((5, 3), dtype=bool)
    alone[:, 0] = True
    arrays = convert.arrays(layer)
    expected = x["text"].mean(axis=1) @ arrays["weights.text"].T + arrays["biases.text"]
    np.testing.assert_allclose(called(name, layer, x, alone), expected, atol=1e-5)


def test_sums_are_invariant_where_all_scores_are_equal():
    """With v = 0 joint attention is the mean of all vectors, separate the sum of the means."""
    layer, x = randomized("torch", "AttentionFusion"), sequences()
    given = convert.arguments(convert.arrays(layer))
    given["score_weight"] = np.zeros(DIM)
    h = {m: v @ given["weights"][m].T + given["biases"][m] for m, v in x.items()}
    h["image"] = h["image"][:, None]
    joint = np.concatenate(list(h.values()), axis=1).mean(axis=1)
    np.testing.assert_allclose(reference.attention_fusion(x, **given), joint, atol=1e-6)
    separate = sum(v.mean(axis=1) for v in h.values())
    z = reference.attention_fusion(x, **given, joint=False)
    np.testing.assert_allclose(z, separate, atol=1e-6)


# (what is given, error, message), in all three.
BAD = {
    "no step": (
        lambda x: {"features": x | {"audio": x["audio"][:, :0]}},
        ShapeError,
        "features['audio']: expected at least one step, got (5, 0, 7)",
    ),
    "another width": (
        lambda x: {"features": x | {"audio": x["text"]}},
        ShapeError,
        "features['audio']: expected (B, T, 7), got (5, 4, 6)",
    ),
    "a mask of one vector": (
        lambda x: {"features": x, "masks": {"image": KEEP}},
        ShapeError,
        "masks['image']: expected features (B, T, D_m) to keep steps of, got (5, 2)",
    ),
    "a mask of nobody": (
        lambda x: {"features": x, "masks": {"smell": KEEP}},
        ModalityError,
        "masks['smell']: expected one of ['text', 'image', 'audio'], got another modality",
    ),
    "a mask too short": (
        lambda x: {"features": x, "masks": {"audio": KEEP[:, :2]}},
        ShapeError,
        "masks['audio']: expected (5, 3), got (5, 2)",
    ),
    "a mask of numbers": (
        lambda x: {"features": x, "masks": {"audio": KEEP.astype("float32")}},
        ShapeError,
        "masks['audio']: expected dtype bool (True = keep), got float32",
    ),
}


@pytest.mark.parametrize("case", BAD)
@EACH
def test_all_three_refuse_the_same(fusion, case):
    change, error, message = BAD[case]
    given = change(sequences())
    arguments = convert.arguments(convert.arrays(randomized("torch", fusion)))
    function = fusion_function(fusion)
    assert_raises(error, message, lambda: function(**arguments, **given))
    for name in WINGS:
        layer = randomized(name, fusion)
        tensors_given = {key: tensors(name, value) for key, value in given.items()}
        assert_raises(error, message, lambda f=layer, g=tensors_given: f(**g))


@pytest.mark.parametrize("fusion", [f for f in FUSIONS if f not in TOKENS])
@BOTH
def test_other_fusions_take_no_sequences(name, fusion):
    layer = getattr(wing_of(name), fusion)(DIMS, DIM)
    message = "features['text']: expected (B, 6), got (5, 4, 6)"
    assert_raises(ShapeError, message, lambda: layer(tensors(name, sequences())))


@pytest.mark.parametrize("options", [{"hidden": 0}, {"joint": None}, {"hidden": 2.5}])
@BOTH
def test_settings_that_no_attention_has(name, options):
    (word,) = options
    with pytest.raises((TypeError, ValueError), match=f"^{word}: expected "):
        wing_of(name).AttentionFusion(DIMS, DIM, **options)


def test_attention_fusion_with_one_vector_each_agrees_with_the_reference():
    layer, x = randomized("torch", "AttentionFusion"), features()
    np.testing.assert_allclose(called("torch", layer, x), fused(layer, x), atol=1e-6)
