"""Entry of cross-attention fusion."""

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer
from mmref.concordance.formulas.fusion._samples import (
    DIM,
    WIDTHS,
    features_of,
    projections_of,
)
from mmref.concordance.formulas.fusion._tokens import (
    keras_tokens,
    masked_of,
    sequences_of,
    torch_tokens,
    vectors_of,
)
from mmref.concordance.formulas.multi_head import heads_arrays, keras_multi_head, torch_multi_head
from mmref.reference import fusion as reference
from mmref.reference.fusion.cross_attention import MAPS

HEADS = 2


def _cross_attention(rng):
    weights, biases = projections_of(rng)
    arrays = {m: heads_arrays(rng, DIM, DIM, DIM) for m in WIDTHS}
    maps = {name: {m: arrays[m][of_one] for m in WIDTHS} for name, of_one in MAPS.items()}
    features = features_of(rng)
    return {"features": features, "weights": weights, "biases": biases, **maps, "heads": HEADS}


def _looking(h, join, attend, maps):
    """y (B, T_m, D) of each modality, from all h."""
    found = []
    for i, m in enumerate(WIDTHS):
        others = join(h[:i] + h[i + 1 :])
        arrays = {of_one: maps[name][m] for name, of_one in MAPS.items()}
        found.append(h[i] + attend(h[i], others, others, HEADS, None, **arrays))
    return found


def _torch_cross(features, weights, biases, heads, present, masks, **maps):
    import torch

    h = torch_tokens(features, weights, biases)
    y = _looking(h, lambda parts: torch.cat(parts, dim=1), torch_multi_head, maps)
    return sum(y_m.mean(dim=1) for y_m in y) / len(y)


def _keras_cross(features, weights, biases, heads, present, masks, **maps):
    from keras import ops

    h = keras_tokens(features, weights, biases)
    y = _looking(h, lambda parts: ops.concatenate(parts, axis=1), keras_multi_head, maps)
    return sum(ops.sum(y_m, axis=1) / y_m.shape[1] for y_m in y) / len(y)


ROUNDED = "the layer rounds its factor, here 1 / sqrt(2), to float32"
# Where a row has one modality alone, the frameworks' layers are asked to look at nothing.
CLEAN = ("all present", "sequences")
FORMULAS = (
    Formula(
        name="cross_attention_fusion",
        reference=reference.cross_attention_fusion,
        gradient=reference.cross_attention_fusion_gradient,
        samples={
            **vectors_of(_cross_attention),
            "sequences": sequences_of(_cross_attention),
            "hostile sequences": masked_of(_cross_attention),
        },
        layer=lambda wing, arguments: wing.CrossAttentionFusion(WIDTHS, DIM, arguments["heads"]),
        weights=("weights", "biases", *MAPS),
        peers=(
            Peer("torch.nn.MultiheadAttention", "torch", _torch_cross, CLEAN),
            Peer(
                "keras.layers.MultiHeadAttention",
                "keras",
                _keras_cross,
                CLEAN,
                tuple(
                    Exemption(f"keras on {backend}", "float64", BOUNDS["float32"], ROUNDED)
                    for backend in ("tensorflow", "torch", "jax")
                ),
            ),
        ),
        exemptions=MATMUL,
    ),
)
