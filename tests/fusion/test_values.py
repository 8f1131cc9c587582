"""The fusion layers of both wings: order, absent modalities, weights, hostile scores."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ShapeError
from mmref.reference.softmax import masked_softmax
from tests.wings import (
    DIM,
    DIMS,
    FUSIONS,
    PAIRING,
    WEIGHTING,
    WINGS,
    features,
    fused,
    numpy,
    tensor,
    tensors,
    wing_of,
)

PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]], dtype=bool)


def randomized(name, fusion, seed=0):
    layer = getattr(wing_of(name), fusion)(DIMS, DIM)
    rng = np.random.default_rng(seed)
    shapes = {n: a.shape for n, a in convert.arrays(layer).items()}
    convert.set_arrays(layer, {n: rng.normal(size=s).astype("float32") for n, s in shapes.items()})
    return layer


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_the_order_of_the_mapping_does_not_matter(name, fusion):
    layer, x = randomized(name, fusion), features()
    expected = fused(layer, x, PRESENT)
    for order in (list(DIMS), list(reversed(DIMS)), sorted(DIMS)):
        shuffled = tensors(name, {m: x[m] for m in order})
        z = numpy(layer(shuffled, tensor(name, PRESENT)))
        np.testing.assert_allclose(z, expected, atol=1e-5)
        z = numpy(layer(shuffled))
        np.testing.assert_allclose(z, fused(layer, x), atol=1e-5)


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_an_absent_modality_has_no_effect(name, fusion):
    layer, x = randomized(name, fusion), features()
    clean = numpy(layer(tensors(name, x), tensor(name, PRESENT)))
    for junk in (np.nan, np.inf, 1e30):
        dirty = {
            m: np.where(PRESENT[:, i, None], x[m], np.float32(junk)) for i, m in enumerate(DIMS)
        }
        z = numpy(layer(tensors(name, dirty), tensor(name, PRESENT)))
        np.testing.assert_array_equal(z, clean)
    np.testing.assert_array_equal(clean[3], np.zeros(DIM))  # nothing is present
    np.testing.assert_allclose(clean, fused(layer, x, PRESENT), atol=1e-5)


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_an_empty_batch_has_no_rows_of_present(name, fusion):
    layer, x = randomized(name, fusion), tensors(name, features(0))
    with pytest.raises(ShapeError, match=r"present: expected \(B, M\) = \(0, 3\)"):
        layer(x, tensor(name, PRESENT[:2]))


@pytest.mark.parametrize("fusion", WEIGHTING)
@pytest.mark.parametrize("name", WINGS)
def test_modality_weights_of_a_layer_that_was_never_called(name, fusion):
    layer = getattr(wing_of(name), fusion)(DIMS, DIM)
    alpha = numpy(layer.modality_weights(tensors(name, features()), tensor(name, PRESENT)))
    np.testing.assert_allclose(alpha.sum(axis=1), PRESENT.any(axis=1), atol=1e-6)


INF = np.inf
HOSTILE = [  # scores, mask, weights
    ([-INF, -INF], None, [0, 0]),
    ([-INF, -INF], [True, True], [0, 0]),
    ([-INF, 3.0], [True, False], [0, 0]),
    ([-INF, 3.0], None, [0, 1]),
    ([INF, 3.0], None, [np.nan, np.nan]),
    ([np.nan, 3.0], [True, True], [np.nan, np.nan]),
    ([np.nan, 3.0], [False, True], [0, 1]),
]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(("scores", "mask", "weights"), HOSTILE)
def test_infinite_scores_in_all_three(scores, mask, weights):
    scores = np.array([scores], dtype="float32")
    mask = None if mask is None else np.array([mask])
    np.testing.assert_array_equal(masked_softmax(scores, mask), [weights])
    for name in WINGS:
        given = None if mask is None else tensor(name, mask)
        found = wing_of(name).masked_softmax(tensor(name, scores), given)
        np.testing.assert_array_equal(numpy(found), [weights])


@pytest.mark.parametrize("fusion", WEIGHTING)
@pytest.mark.parametrize("name", WINGS)
def test_modality_weights_sum_to_one_over_the_present(name, fusion):
    layer, x = randomized(name, fusion), features()
    alpha = numpy(layer.modality_weights(tensors(name, x), tensor(name, PRESENT)))
    assert alpha.shape == PRESENT.shape and (alpha[~PRESENT] == 0).all()
    np.testing.assert_allclose(alpha.sum(axis=1), PRESENT.any(axis=1), atol=1e-6)
    differ_by_row = np.ptp(numpy(layer.modality_weights(tensors(name, x))), axis=0).max() > 1e-3
    assert differ_by_row == (fusion not in ("WeightedFusion", "DecisionFusion"))


@pytest.mark.parametrize("name", WINGS)
def test_equal_weights_are_fixed(name):
    layer = wing_of(name).WeightedFusion(DIMS, DIM, learn_weights=False)
    x = tensors(name, features())
    layer(x)  # a Keras layer has no weights before its first call
    np.testing.assert_allclose(numpy(layer.modality_weights(x)), 1 / 3, rtol=1e-6)
    if name == "torch":
        assert [n for n, p in layer.named_parameters() if not p.requires_grad] == ["logits"]
    else:
        assert [v.name for v in layer.non_trainable_variables] == ["logits"]


@pytest.mark.parametrize("name", WINGS)
def test_one_row_and_one_modality(name):
    layer = wing_of(name).WeightedFusion({"image": 3}, 2)
    x = {"image": np.ones((1, 3), dtype="float32")}
    z = numpy(layer(tensors(name, x)))
    weight = convert.arrays(layer)["weights.image"]
    bias = convert.arrays(layer)["biases.image"]
    np.testing.assert_allclose(z, weight.sum(axis=1)[None] + bias, atol=1e-6)


@pytest.mark.parametrize("fusion", [f for f in FUSIONS if f not in PAIRING])
@pytest.mark.parametrize("name", WINGS)
def test_a_single_modality_is_no_reason_to_warn(name, fusion, recwarn):
    """Its weight is 1, or 0 where it is absent; Keras's softmax warns of axes of size 1."""
    dims = {"image": 3}
    fuse = getattr(wing_of(name), fusion)(dims, DIM)
    x = tensors(name, features(4, dims=dims))
    present = np.array([[True], [False], [True], [False]])
    fuse(x)
    fuse(x, tensor(name, present))
    if fusion in WEIGHTING:
        np.testing.assert_array_equal(numpy(fuse.modality_weights(x)), np.ones((4, 1)))
        weights = numpy(fuse.modality_weights(x, tensor(name, present)))
        np.testing.assert_array_equal(weights, present)
    assert [str(w.message) for w in recwarn if "softmax" in str(w.message)] == []
