"""Cross-attention fusion: each modality looks into the others."""

import numpy as np

from mmref.reference._shared import expect
from mmref.reference.fusion._inputs import width_of
from mmref.reference.fusion._tokens import (
    check_maps,
    project_tokens,
    project_tokens_gradient,
    token_inputs,
)
from mmref.reference.multi_head import multi_head_attention, multi_head_attention_gradient
from mmref.types import Array, Arrays

# What maps a modality to an array of its attention: what ``multi_head_attention`` calls that.
MAPS = {
    f"{part}_{kinds}": f"{part}_{kind}"
    for part in ("query", "key", "value", "output")
    for kinds, kind in (("weights", "weight"), ("biases", "bias"))
}


def cross_attention_fusion(
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    query_weights: Arrays,
    query_biases: Arrays,
    key_weights: Arrays,
    key_biases: Arrays,
    value_weights: Arrays,
    value_biases: Arrays,
    output_weights: Arrays,
    output_biases: Arrays,
    heads: int = 1,
    present: Array | None = None,
    masks: Arrays | None = None,
) -> Array:
    """The vectors of each modality attend to those of all others; then means are taken.

    Formula (h_i = W_m x_i + b_m for vector i of modality m)
        y_i = h_i + MultiHead_m(h_i, the kept h_j of all other present modalities)
        z_m = the mean of y_i over the kept vectors of m,  z = the mean of z_m over the present m
        y_i = h_i where no other modality is present

    Args
        features, weights, biases, present, masks: as in ``attention_fusion``.
        query_weights, query_biases: mappings m -> (D, D) and (D,): what modality m asks. The others
            alike: what it reads the others' vectors with.
        heads: K, a divisor of D.

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype. ValueError:
        heads that do not divide D.

    Source
        Co-attention: Lu et al., "ViLBERT", NeurIPS 2019; crossmodal attention: Tsai et al.,
        "Multimodal Transformer for Unaligned Multimodal Language Sequences", ACL 2019. There it is
        one part of a block with layer norm and a feed-forward network, and blocks are stacked. Here
        all other modalities are looked into at once, and means over vectors and modalities follow.

    >>> x = {"image": np.array([[1.0]]), "text": np.array([[[4.0], [6.0]]])}
    >>> eye = {m: np.eye(1) for m in x}
    >>> zero = {m: np.zeros(1) for m in x}
    >>> queries = {m: np.zeros((1, 1)) for m in x}  # which ask nothing: plain means are read
    >>> arrays = (queries, zero, eye, zero, eye, zero, eye, zero)
    >>> cross_attention_fusion(x, eye, zero, *arrays, heads=1)  # both (1 + 5)
    array([[6.]])
    """
    maps = (query_weights, query_biases, key_weights, key_biases)
    maps += (value_weights, value_biases, output_weights, output_biases)
    _, h, keep, share = _vectors(features, weights, biases, maps, present, masks)
    z = np.zeros((len(h), width_of(weights)))
    for m, own, others in _views(keep):
        y = h[:, own]
        if others.any():
            mask, there = _mask(keep, m, others)
            arrays = _arrays(maps, m)
            values = h[:, others]
            looked = multi_head_attention(y, values, values, **arrays, heads=heads, mask=mask)
            y = y + there * looked
        z = z + np.einsum("bt,btd->bd", share[:, own], y)
    return z


def cross_attention_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    query_weights: Arrays,
    query_biases: Arrays,
    key_weights: Arrays,
    key_biases: Arrays,
    value_weights: Arrays,
    value_biases: Arrays,
    output_weights: Arrays,
    output_biases: Arrays,
    heads: int = 1,
    present: Array | None = None,
    masks: Arrays | None = None,
) -> tuple[Arrays, ...]:
    """Gradients with respect to features and all weights and biases, in argument order.

    Formula (g is the gradient with respect to z, T_m and M count what is kept and present)
        dy_i = g / (T_m M);  h_i gets dy_i, what its queries give, and what it gives as a key and
        value of the others: both from ``multi_head_attention_gradient``
    """
    maps = (query_weights, query_biases, key_weights, key_biases)
    maps += (value_weights, value_biases, output_weights, output_biases)
    x, h, keep, share = _vectors(features, weights, biases, maps, present, masks)
    expect("grad", grad, (len(h), width_of(weights)))
    d_h = share[..., None] * np.asarray(grad)[:, None]  # (B, N, D), of the sum; now the attention
    d_y, d_maps = d_h.copy(), [{m: np.zeros(np.shape(a)) for m, a in one.items()} for one in maps]
    for m, own, others in _views(keep):
        if others.any():
            mask, there = _mask(keep, m, others)
            looking = {"queries": h[:, own], "keys": h[:, others], "values": h[:, others]}
            looking |= _arrays(maps, m)
            d_q, d_k, d_v, *d_arrays = multi_head_attention_gradient(
                there * d_y[:, own], **looking, heads=heads, mask=mask
            )
            d_h[:, own] += d_q
            d_h[:, others] += d_k + d_v
            for d_map, d_array in zip(d_maps, d_arrays, strict=True):
                d_map[m] = d_array
    d_x, d_w, d_b = project_tokens_gradient(d_h, x, weights)
    return {m: d_x[m].reshape(np.shape(features[m])) for m in x}, d_w, d_b, *d_maps


def _vectors(features, weights, biases, maps, present, masks):
    """The vectors, projected (B, N, D), which are kept, and the share of each in z (B, N)."""
    x, keep = token_inputs(features, weights, biases, present, masks)
    check_maps(weights, None, **dict(zip(MAPS, maps, strict=True)))
    counts = np.stack([kept.sum(axis=1) for kept in keep.values()], axis=1)  # (B, M)
    there = (counts > 0).sum(axis=1)
    shares = [
        kept / np.maximum(counts[:, i] * there, 1)[:, None] for i, kept in enumerate(keep.values())
    ]
    return x, project_tokens(x, weights, biases), keep, np.concatenate(shares, axis=1)


def _arrays(maps, m):
    """The arrays of one modality's attention, by the names that ``multi_head_attention`` has."""
    return {name: mapping[m] for name, mapping in zip(MAPS.values(), maps, strict=True)}


def _views(keep):
    """(m, which of the N vectors are its own, which are the others')."""
    owner = np.repeat(np.arange(len(keep)), [kept.shape[1] for kept in keep.values()])
    for i, m in enumerate(keep):
        yield m, owner == i, owner != i


def _mask(keep, m, others):
    """The mask (B, 1, N - T_m) of the others' vectors, and whether there are any (B, 1, 1)."""
    mask = np.concatenate(list(keep.values()), axis=1)[:, None, others]
    return mask, mask.any(axis=2, keepdims=True)
