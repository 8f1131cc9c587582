"""The Transformer block: attention between steps, then a small network at each step."""

from typing import Any

import keras
from keras import ops

from mmref.contract.attention import check_sequence
from mmref.contract.multi_head import check_heads
from mmref.contract.settings import check_choice, check_counts, check_flags, check_number
from mmref.contract.transformer import check_vectors
from mmref.keras.attention import attached_mask, is_padding_of
from mmref.keras.multi_head import MultiHeadAttention
from mmref.types import Tensor


def gelu(x: Tensor) -> Tensor:
    """x times the probability that a standard normal number is below x; exact in float64 too.

    keras.ops.gelu is an approximation by default, and TensorFlow's exact one rounds sqrt(2) to
    float32.

    >>> ops.convert_to_numpy(gelu(ops.array([0.0, 1.0]))).round(4)
    array([0.    , 0.8413], dtype=float32)
    """
    return 0.5 * x * (1 + ops.erf(x / 2**0.5))


ACTIVATIONS = {"gelu": gelu, "relu": ops.relu}


@keras.saving.register_keras_serializable("mmref")
class LayerNorm(keras.layers.Layer):
    """Each vector by itself: mean 0 and variance 1, then a learned scale and shift.

    Formula (mean and variance over the D features of one vector; the variance divides by D)
        y = scale (x - mean) / sqrt(variance + epsilon) + shift

    Args
        dim: D. epsilon: keeps a constant vector finite (Keras's own default is 1e-3).

    Call
        x: (..., D). Returns (..., D).

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no array.

    Source
        Ba, Kiros and Hinton, 2016, equation 4.

    >>> ops.convert_to_numpy(LayerNorm(2)(ops.array([[1.0, 3.0]]))).round(3)
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, dim: int, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_counts(dim=dim)
        check_number("epsilon", epsilon, 0)
        self.dim, self.epsilon, self.supports_masking = dim, epsilon, True

    def build(self, *_: Any) -> None:
        self.scale = self.add_weight(name="scale", shape=(self.dim,), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(self.dim,), initializer="zeros")

    def call(self, x: Tensor) -> Tensor:
        check_vectors("x", x, self.dim)
        wide = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))  # float16: 256**2 = inf
        centered = wide - ops.mean(wide, axis=-1, keepdims=True)
        variance = ops.mean(centered**2, axis=-1, keepdims=True)
        normal = centered / ops.sqrt(variance + self.epsilon)
        return self.scale * ops.cast(normal, x.dtype) + self.shift

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dim": self.dim, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("mmref")
class TransformerBlock(keras.layers.Layer):
    """Self-attention, then a two-layer network, each with a residual connection and a norm.

    Formula (MHA: multi-head attention of x with itself; FFN(x) = W_2 f(W_1 x + b_1) + b_2)
        norm_first:   y = x + MHA(norm_1(x)),   z = y + FFN(norm_2(y))
        otherwise:    y = norm_1(x + MHA(x)),   z = norm_2(y + FFN(y))

    Args
        dim: D. heads: K, a divisor of D. hidden: F, the width inside; None for 4 D.
        norm_first: pre-norm, or post-norm. activation: f, "gelu" (exact) or "relu".
        epsilon: of the norms.

    Call
        x: (B, T, D). mask (by keyword): boolean, True = keep: (B, T, T), for padding (B, 1, T), for
        all examples (1, T, T), or (B, K, T, T). Returns (B, T, D).

    Errors
        ShapeError: a wrong shape or dtype. ChoiceError: an unknown activation. TypeError: no
        array.

    Source
        Vaswani et al., 2017, section 3.1 (post-norm); Xiong et al., 2020 (pre-norm).

    >>> tuple(TransformerBlock(dim=6, heads=2)(ops.ones((4, 5, 6))).shape)
    (4, 5, 6)
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        hidden: int | None = None,
        norm_first: bool = True,
        activation: str = "gelu",
        epsilon: float = 1e-5,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_heads(dim, heads)
        hidden = 4 * dim if hidden is None else hidden
        check_counts(hidden=hidden)
        check_flags(norm_first=norm_first)
        check_choice("activation", activation, tuple(ACTIVATIONS))
        self.config: dict[str, Any] = {"dim": dim, "heads": heads, "hidden": hidden}
        self.config |= {"norm_first": norm_first, "activation": activation, "epsilon": epsilon}
        self.dim, self.norm_first, self.activation = dim, norm_first, activation
        policy = self.dtype_policy  # the parts keep the precision
        self.attention = MultiHeadAttention(dim, heads, name="attention", dtype=policy)
        self.attention_norm = LayerNorm(dim, epsilon, name="attention_norm", dtype=policy)
        self.widen = keras.layers.Dense(hidden, name="widen", dtype=policy)
        self.narrow = keras.layers.Dense(dim, name="narrow", dtype=policy)
        self.feed_forward_norm = LayerNorm(dim, epsilon, name="feed_forward_norm", dtype=policy)

    def build(self, *_: Any) -> None:
        self.attention.build()
        self.attention_norm.build()
        self.widen.build((None, self.dim))
        self.narrow.build((None, self.config["hidden"]))
        self.feed_forward_norm.build()

    def feed_forward(self, x: Tensor) -> Tensor:
        """FFN(x), at each step by itself."""
        return self.narrow(ACTIVATIONS[self.activation](self.widen(x)))  # (B, T, D)

    def call(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        check_sequence("x", x, self.dim, batched=True)
        mask = None if is_padding_of(x, mask) else mask  # the parts see it on x themselves
        if self.norm_first:
            x = x + self.attention(self.attention_norm(x), mask=mask)
            return x + self.feed_forward(self.feed_forward_norm(x))
        x = self.attention_norm(x + self.attention(x, mask=mask))
        return self.feed_forward_norm(x + self.feed_forward(x))

    def compute_mask(self, x: Tensor, previous_mask: Tensor | None = None) -> Tensor | None:
        """Padding stays padding; an attention mask is not handed on as if it were padding."""
        return attached_mask(x)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
