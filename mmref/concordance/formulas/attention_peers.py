"""The frameworks' own attention layers, called with the reference's arguments."""

SDPA = "torch.nn.functional.scaled_dot_product_attention"


def torch_dot_product(queries, keys, values, mask, scale):
    import torch

    return torch.nn.functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=mask, scale=scale
    )


def keras_dot_product(queries, keys, values, mask, scale):
    """Keras wants (B, T, K, D), one width for keys and values, and its masks with four axes."""
    from keras import ops

    width = queries.shape[-1]
    swapped = [ops.swapaxes(x, 1, 2) for x in (queries, keys, values)]
    if mask is not None and len(mask.shape) == 2:
        mask = ops.broadcast_to(mask, (*queries.shape[:-1], keys.shape[-2]))
    # The values are wider than the keys: in pieces, the last one filled up with zeros.
    pieces = []
    for start in range(0, values.shape[-1], width):
        piece = swapped[2][..., start : start + width]
        filled = ops.pad(piece, [[0, 0]] * 3 + [[0, width - piece.shape[-1]]])
        found = ops.dot_product_attention(swapped[0], swapped[1], filled, mask=mask, scale=scale)
        pieces.append(found[..., : piece.shape[-1]])
    return ops.swapaxes(ops.concatenate(pieces, axis=-1), 1, 2)


def keras_attention(queries, keys, values, mask, scale):
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


def keras_additive(queries, keys, values, query_weight, key_weight, score_weight, mask):
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


def torch_multi_head(queries, keys, values, heads, mask, **arrays):
    """True in this layer's mask means blocked; one mask for each example and head."""
    import torch

    dim, widths = queries.shape[-1], (keys.shape[-1], values.shape[-1])
    layer = torch.nn.MultiheadAttention(
        dim, heads, kdim=widths[0], vdim=widths[1], batch_first=True
    )
    parameters = torch_multi_head_parameters(arrays, packed=widths == (dim, dim))
    blocked = None
    if mask is not None:
        blocked = blocked_by_head(mask, (len(queries), heads, queries.shape[1], keys.shape[1]))
    call = torch.func.functional_call
    options = {"attn_mask": blocked, "need_weights": False}
    return call(layer, parameters, (queries, keys, values), options)[0]


def torch_multi_head_parameters(arrays, packed, path=""):
    """Our arrays under PyTorch's names."""
    import torch

    inputs = ("query", "key", "value")
    weights = {which: arrays[f"{which}_weight"] for which in inputs}
    named = {f"{which[0]}_proj_weight": weight for which, weight in weights.items()}
    if packed:
        named = {"in_proj_weight": torch.cat(list(weights.values()))}
    named["in_proj_bias"] = torch.cat([arrays[f"{which}_bias"] for which in inputs])
    named |= {f"out_proj.{array}": arrays[f"output_{array}"] for array in ("weight", "bias")}
    return {f"{path}{name}": array for name, array in named.items()}


def blocked_by_head(mask, shape):
    """(B * K, Tq, Tk), True = blocked, from a mask with two, three or four axes, True = keep."""
    mask = mask[:, None] if mask.ndim == 3 else mask
    return ~mask.expand(*shape).flatten(0, 1)


def keras_multi_head(queries, keys, values, heads, mask, **arrays):
    import keras
    from keras import ops

    dim = queries.shape[-1]
    size = dim // heads
    layer = keras.layers.MultiHeadAttention(heads, size, size, output_shape=dim)
    layer.build(queries.shape, values.shape, keys.shape)
    given = {}
    for which in ("query", "key", "value"):
        dense = getattr(layer, f"{which}_dense")
        weight = ops.transpose(arrays[f"{which}_weight"])  # (D_in, D)
        given[dense.kernel.path] = ops.reshape(weight, (-1, heads, size))
        given[dense.bias.path] = ops.reshape(arrays[f"{which}_bias"], (heads, size))
    weight = ops.transpose(arrays["output_weight"])  # (D, D_o)
    given[layer.output_dense.kernel.path] = ops.reshape(weight, (heads, size, -1))
    given[layer.output_dense.bias.path] = arrays["output_bias"]
    variables = [given[v.path] for v in layer.trainable_variables]
    state = [v.value for v in layer.non_trainable_variables]
    call = layer.stateless_call
    return call(variables, state, queries, values, key=keys, attention_mask=mask)[0]
