"""The frameworks' own attention, called with the reference's arguments."""

from mmref.types import Tensor

SDPA = "torch.nn.functional.scaled_dot_product_attention"


def torch_dot_product(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, scale: float | None
) -> Tensor:
    import torch

    return torch.nn.functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=mask, scale=scale
    )


def keras_dot_product(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, scale: float | None
) -> Tensor:
    """Keras wants (B, T, K, D), one width for keys and values, and its masks with four axes."""
    from keras import ops

    width = queries.shape[-1]
    swapped = [ops.swapaxes(x, 1, 2) for x in (queries, keys, values)]
    if mask is not None and len(mask.shape) == 3:
        mask = ops.broadcast_to(mask, (*queries.shape[:-1], keys.shape[-2]))
    # The values are wider than the keys: in pieces, the last one filled up with zeros.
    pieces = []
    for start in range(0, values.shape[-1], width):
        piece = swapped[2][..., start : start + width]
        filled = ops.pad(piece, [[0, 0]] * 3 + [[0, width - piece.shape[-1]]])
        found = ops.dot_product_attention(swapped[0], swapped[1], filled, mask=mask, scale=scale)
        pieces.append(found[..., : piece.shape[-1]])
    return ops.swapaxes(ops.concatenate(pieces, axis=-1), 1, 2)


def keras_attention(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, scale: float | None
) -> Tensor:
    """This layer does not divide by sqrt(D), and takes the values before the keys."""
    import keras
    from keras import ops

    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    flat = [ops.reshape(x, (-1, *x.shape[-2:])) for x in (scale * queries, values, keys)]
    masks = None
    if mask is not None:
        padding = ops.broadcast_to(mask, (*queries.shape[:2], 1, keys.shape[-2]))
        masks = [None, ops.reshape(padding, (-1, keys.shape[-2]))]
    found = keras.layers.Attention()(flat, mask=masks)
    return ops.reshape(found, (*queries.shape[:-1], values.shape[-1]))


def keras_additive(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    query_weight: Tensor,
    key_weight: Tensor,
    score_weight: Tensor,
    mask: Tensor,
) -> Tensor:
    """This layer holds v alone: W and U come from two layers before it."""
    import keras
    from keras import ops

    layer = keras.layers.AdditiveAttention()
    projected = ops.matmul(queries, ops.transpose(query_weight))
    compared = ops.matmul(keys, ops.transpose(key_weight))
    layer.build([projected.shape, values.shape, compared.shape])
    masks = None if mask is None else [None, mask[:, 0]]
    inputs = [projected, values, compared]
    return layer.stateless_call([score_weight], [], inputs, mask=masks)[0]
