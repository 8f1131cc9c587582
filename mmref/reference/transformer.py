"""The Transformer block: attention between steps, then a small network at each step."""

import math

import numpy as np

from mmref.contract.arrays import check_floats
from mmref.contract.attention import check_sequence
from mmref.contract.settings import check_choice, check_flags, check_mapping, check_number
from mmref.contract.transformer import check_vectors
from mmref.errors import ShapeError
from mmref.reference._shared import expect
from mmref.reference.multi_head import multi_head_attention, multi_head_attention_gradient
from mmref.types import Array, Arrays

ACTIVATIONS = ("gelu", "relu")
# The arrays of a multi-head attention, in argument order.
ATTENTION = tuple(
    f"{part}_{array}"
    for part in ("query", "key", "value", "output")
    for array in ("weight", "bias")
)


def layer_norm(x: Array, scale: Array, shift: Array, epsilon: float = 1e-5) -> Array:
    """Each vector by itself: mean 0 and variance 1, then a learned scale and shift.

    Formula (mean and variance over the D features of one vector; the variance divides by D)
        y = scale (x - mean) / sqrt(variance + epsilon) + shift

    Args
        x: (..., D) float. scale, shift: (D,). epsilon: keeps a constant vector finite.

    Returns
        (..., D). A vector that holds NaN gives NaN; no other does.

    Errors
        ShapeError: a wrong shape or dtype.

    Source
        Ba, Kiros and Hinton, "Layer Normalization", 2016, equation 4; epsilon is the frameworks'.

    >>> layer_norm(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2)).round(3)
    array([[-1.,  1.]])
    """
    normal, _ = _normalized(x, scale, shift, epsilon)
    return normal * scale + shift


def layer_norm_gradient(
    grad: Array, x: Array, scale: Array, shift: Array, epsilon: float = 1e-5
) -> tuple[Array, Array, Array]:
    """Gradients with respect to x, scale and shift.

    Formula (n = (x - mean) / s, s = sqrt(variance + epsilon), h = g scale; sums over all vectors)
        dx = (h - mean(h) - n mean(h n)) / s      dscale = sum g n      dshift = sum g
    """
    normal, deviation = _normalized(x, scale, shift, epsilon)
    expect("grad", grad, normal.shape)
    h = grad * scale
    along = (h * normal).mean(axis=-1, keepdims=True)
    d_x = (h - h.mean(axis=-1, keepdims=True) - normal * along) / deviation
    vectors = tuple(range(grad.ndim - 1))
    return d_x, (grad * normal).sum(axis=vectors), grad.sum(axis=vectors)


def transformer_block(
    x: Array,
    attention: Arrays,
    attention_norm: Arrays,
    widen: Arrays,
    narrow: Arrays,
    feed_forward_norm: Arrays,
    heads: int,
    norm_first: bool = True,
    activation: str = "gelu",
    epsilon: float = 1e-5,
    mask: Array | None = None,
) -> Array:
    """Self-attention and a two-layer network, each with a residual connection and layer norm.

    Formula (MHA: multi_head_attention of x with itself; FFN(x) = W_2 f(W_1 x + b_1) + b_2)
        norm_first:   y = x + MHA(norm_1(x)),   z = y + FFN(norm_2(y))
        otherwise:    y = norm_1(x + MHA(x)),   z = norm_2(y + FFN(y))

    Args
        x: (B, T, D).
        attention: mapping of the arrays of :func:`multi_head_attention`, "query_weight" ...
        attention_norm, feed_forward_norm: mappings "scale", "shift" (D,) of the two norms.
        widen, narrow: mappings "weight", "bias": W_1 (F, D), b_1 (F,) and W_2 (D, F), b_2 (D,).
        heads: K. activation: f, "gelu" (exact: x times the normal distribution function) or "relu".
        mask: as in :func:`multi_head_attention`, with Tq = Tk = T.

    Returns
        z (B, T, D). NaN in x stays at its own step where the mask drops that step for all others.

    Errors
        ShapeError: a wrong shape or dtype. ChoiceError: an unknown activation.

    Source
        Vaswani et al., 2017, section 3.1 (post-norm); Xiong et al., "On Layer Normalization in
        the Transformer Architecture", 2020, compare it with pre-norm. GELU: Hendrycks and
        Gimpel, 2016.
    """
    return _block(
        x, attention, attention_norm, widen, narrow, feed_forward_norm,
        heads, norm_first, activation, epsilon, mask,
    )[0]  # fmt: skip


def transformer_block_gradient(
    grad: Array,
    x: Array,
    attention: Arrays,
    attention_norm: Arrays,
    widen: Arrays,
    narrow: Arrays,
    feed_forward_norm: Arrays,
    heads: int,
    norm_first: bool = True,
    activation: str = "gelu",
    epsilon: float = 1e-5,
    mask: Array | None = None,
) -> tuple[Array, Arrays, Arrays, Arrays, Arrays, Arrays]:
    """Gradients with respect to x and the five mappings, backward through the two halves.

    Formula
        A residual connection y = x + f(x) has dx = dy + f'(x)^T dy: the gradient always has one
        path that nothing scales.
    """
    _, (y, at_attention, at_network) = _block(
        x, attention, attention_norm, widen, narrow, feed_forward_norm,
        heads, norm_first, activation, epsilon, mask,
    )  # fmt: skip
    expect("grad", grad, np.shape(x))

    def network_gradient(g, inputs):
        d_inputs, *d_arrays = _feed_forward_gradient(g, inputs, widen, narrow, activation)
        return d_inputs, d_arrays

    def attention_gradient(g, inputs):
        gradients = multi_head_attention_gradient(
            g, inputs, inputs, inputs, **attention, heads=heads, mask=mask
        )
        return sum(gradients[:3]), dict(zip(ATTENTION, gradients[3:], strict=True))

    g, d_feed_forward_norm, (d_widen, d_narrow) = _residual_gradient(
        grad, y, at_network, network_gradient, feed_forward_norm, norm_first, epsilon
    )
    g, d_attention_norm, d_attention = _residual_gradient(
        g, np.asarray(x), at_attention, attention_gradient, attention_norm, norm_first, epsilon
    )
    d_attention = {name: d_attention[name] for name in attention}
    return g, d_attention, d_attention_norm, d_widen, d_narrow, d_feed_forward_norm


def gelu(x: Array) -> Array:
    """x times the probability that a standard normal number is below x.

    Errors: TypeError: no array. ShapeError: no floats.

    >>> gelu(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8413])
    """
    check_floats("x", x)
    return x * _below(x)


def gelu_gradient(grad: Array, x: Array) -> tuple[Array]:
    """Formula: g (Phi(x) + x phi(x)), with the normal distribution function and density."""
    check_floats("x", x)
    expect("grad", grad, x.shape)
    return (grad * (_below(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)),)


def _below(x):
    # NumPy has no error function; Python's own is exact to the last digit, if not fast.
    return (1 + np.vectorize(math.erf, otypes=[np.float64])(x / math.sqrt(2))) / 2


def _normalized(x, scale, shift, epsilon):
    """(x - mean) / s, and s."""
    x = np.asarray(x)
    check_vectors("x", x)
    check_number("epsilon", epsilon, 0)
    expect("scale", scale, x.shape[-1:])
    expect("shift", shift, x.shape[-1:])
    centered = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centered**2).mean(axis=-1, keepdims=True) + epsilon)
    return centered / deviation, deviation


def _feed_forward(x, widen, narrow, activation):
    _check_network(x, widen, narrow, activation)
    inside = x @ np.transpose(widen["weight"]) + widen["bias"]
    outside = gelu(inside) if activation == "gelu" else np.maximum(inside, 0)
    return outside @ np.transpose(narrow["weight"]) + narrow["bias"]


def _feed_forward_gradient(grad, x, widen, narrow, activation):
    inside = x @ np.transpose(widen["weight"]) + widen["bias"]  # (B, T, F)
    outside = gelu(inside) if activation == "gelu" else np.maximum(inside, 0)
    d_narrow = np.einsum("bte,btd->ed", grad, outside), grad.sum(axis=(0, 1))
    d_outside = grad @ np.asarray(narrow["weight"])
    if activation == "gelu":
        (d_inside,) = gelu_gradient(d_outside, inside)
    else:
        d_inside = np.where(inside > 0, d_outside, 0)
    d_widen = np.einsum("bte,btd->ed", d_inside, x), d_inside.sum(axis=(0, 1))
    named = [dict(zip(("weight", "bias"), pair, strict=True)) for pair in (d_widen, d_narrow)]
    return d_inside @ np.asarray(widen["weight"]), *named


def _residual(x, part, norm, norm_first, epsilon):
    """One half of the block, and what its gradient needs: the normed input, or the sum."""
    if norm_first:
        normed = layer_norm(x, **norm, epsilon=epsilon)
        return x + part(normed), normed
    total = x + part(x)
    return layer_norm(total, **norm, epsilon=epsilon), total


def _residual_gradient(grad, x, kept, part_gradient, norm, norm_first, epsilon):
    """Gradients with respect to x, the norm and the part, of :func:`_residual`."""
    if norm_first:
        d_normed, d_part = part_gradient(grad, kept)
        d_x, *d_norm = layer_norm_gradient(d_normed, x, **norm, epsilon=epsilon)
    else:
        grad, *d_norm = layer_norm_gradient(grad, kept, **norm, epsilon=epsilon)
        d_x, d_part = part_gradient(grad, x)
    return grad + d_x, dict(zip(("scale", "shift"), d_norm, strict=True)), d_part


def _block(x, attention, attention_norm, widen, narrow, feed_forward_norm, heads, norm_first,
           activation, epsilon, mask):  # fmt: skip
    """z, and what its gradient needs."""
    x = np.asarray(x)
    check_sequence("x", x, batched=True)
    check_choice("activation", activation, ACTIVATIONS)
    check_flags(norm_first=norm_first)
    for name, arrays, names in (
        ("attention", attention, ATTENTION),
        ("attention_norm", attention_norm, ("scale", "shift")),
        ("widen", widen, ("weight", "bias")),
        ("narrow", narrow, ("weight", "bias")),
        ("feed_forward_norm", feed_forward_norm, ("scale", "shift")),
    ):
        check_mapping(name, arrays)
        if set(arrays) != set(names):
            raise ShapeError(name, f"arrays {names}", tuple(arrays))
        for part, array in arrays.items():
            expect(f"{name}[{part!r}]", array, ("...",))  # of numbers; shapes where they are used

    def attend(inputs):
        return multi_head_attention(inputs, inputs, inputs, **attention, heads=heads, mask=mask)

    def network(inputs):
        return _feed_forward(inputs, widen, narrow, activation)

    y, at_attention = _residual(x, attend, attention_norm, norm_first, epsilon)
    z, at_network = _residual(y, network, feed_forward_norm, norm_first, epsilon)
    return z, (y, at_attention, at_network)


def _check_network(x, widen, narrow, activation):
    expect("widen['bias']", widen["bias"], ("F",))
    width = len(widen["bias"])
    expect("widen['weight']", widen["weight"], (width, x.shape[-1]))
    expect("narrow['weight']", narrow["weight"], (x.shape[-1], width))
    expect("narrow['bias']", narrow["bias"], (x.shape[-1],))
