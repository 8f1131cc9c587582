"""Adapting a dense layer that is frozen (contract: ``mmref.contract.adaptation``)."""

from typing import Any, Self

import keras
from keras import ops

from mmref.contract.adaptation import check_adapted, check_factors, check_rank
from mmref.contract.settings import check_flags, check_kind
from mmref.types import Shape, Tensor


@keras.saving.register_keras_serializable("mmref")
class LowRankAdapter(keras.layers.Layer):
    """A dense layer that is frozen, and beside it a product of two thin matrices that learns.

    Formula
        h = W x + b + (alpha / R) B A x

    Args
        base: a ``keras.layers.Dense`` without activation, W (O, D) and b (O,) or none. It is not
            copied.
        rank: R. alpha: how much the product counts; None for R, and so for 1.
        trainable: True lets W and b learn as well; else they are frozen.

    ``down``, A (R, D), begins as PyTorch's dense layer does; ``up``, B (O, R), with 0, so that at
    first nothing changes. In a model that is built, which takes no new layers, Keras's own
    ``Dense.enable_lora(rank, lora_alpha)`` does the same with A and B transposed, and leaves the
    bias to learn; in a model that is frozen A and B are frozen too, until their ``trainable`` is
    set.

    Call
        x: (..., D). Returns (..., O).

    Errors
        ShapeError: x of another shape or dtype. TypeError: no ``Dense``, no array. ValueError: a
        rank below 1, an alpha that is not positive, a ``Dense`` with an activation.

    Source
        Hu et al., "LoRA", ICLR 2022, arXiv 2106.09685, equation 3 and section 4.1; their A is
        drawn from a normal distribution.

    >>> base, x = keras.layers.Dense(3), ops.ones((5, 4))
    >>> adapter = LowRankAdapter(base, rank=2)
    >>> bool(ops.all(adapter(x) == base(x))), [tuple(v.shape) for v in adapter.trainable_variables]
    (True, [(2, 4), (3, 2)])
    """

    def __init__(
        self,
        base: keras.layers.Dense,
        rank: int,
        alpha: float | None = None,
        trainable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_kind("base", base, keras.layers.Dense, "a keras.layers.Dense")
        if base.activation not in (None, keras.activations.linear):
            got = base.activation.__name__
            raise ValueError(f"base: expected a keras.layers.Dense without activation, got {got}")
        self.rank, self.alpha = rank, check_rank(rank, alpha)
        check_flags(trainable=trainable)
        if not trainable:
            base.trainable = False
        self.base, self.learns = base, trainable

    def build(self, shape: Shape | None = None) -> None:
        if not self.base.built:
            self.base.build(shape)
        inside, outside = self.base.kernel.shape
        begin = keras.initializers.VarianceScaling(1 / 3, "fan_out", "uniform")  # D of (R, D)
        self.down = self.add_weight(shape=(self.rank, inside), initializer=begin, name="down")
        self.up = self.add_weight(shape=(outside, self.rank), initializer="zeros", name="up")

    def call(self, x: Tensor) -> Tensor:
        check_adapted(x, self.base.kernel.shape[0])
        narrow = ops.matmul(x, ops.transpose(self.down))  # (..., R)
        update = ops.matmul(narrow, ops.transpose(self.up))
        return self.base(x) + self.alpha / self.rank * update

    def merged(self) -> keras.layers.Dense:
        """A dense layer of its own that says what both say."""
        inside, outside = self.base.kernel.shape
        layer = keras.layers.Dense(
            outside, use_bias=self.base.use_bias, dtype=self.base.dtype_policy
        )
        layer.build((None, inside))
        down, up = ops.convert_to_tensor(self.down), ops.convert_to_tensor(self.up)
        weight = ops.transpose(ops.convert_to_tensor(self.base.kernel))
        layer.kernel.assign(ops.transpose(merge_low_rank(weight, down, up, self.alpha)))
        if self.base.use_bias:
            layer.bias.assign(self.base.bias)
        return layer

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, the layer as it is."""
        own = {"base": self.base, "rank": self.rank, "alpha": self.alpha}
        return own | {"trainable": self.learns}

    def get_config(self) -> dict[str, Any]:
        base = keras.saving.serialize_keras_object(self.base)
        return super().get_config() | self.config | {"base": base}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        base = keras.saving.deserialize_keras_object(config["base"])
        return cls(**config | {"base": base})


def low_rank_adapter(x: Tensor, weight: Tensor, down: Tensor, up: Tensor, alpha: float) -> Tensor:
    """A dense layer, and beside it a product of two thin matrices.

    Formula
        h = W x + (alpha / R) B A x

    Args
        x: (..., D), floats.
        weight: W (O, D), which stays as it was.
        down: A (R, D), random at the start. up: B (O, R), 0 at the start, so that h = W x.
        alpha: how much the product counts, a positive number.

    Returns
        h (..., O).

    Errors
        ShapeError: no floats, other shapes, R of 0. TypeError: no array, an alpha that is no
        number. ValueError: one that is not positive.

    Source
        Hu et al., "LoRA", ICLR 2022, arXiv 2106.09685, equation 3 and section 4.1.

    >>> x, weight = ops.array([[1.0, 2.0]]), ops.array([[3.0, 0.0], [0.0, 1.0]])
    >>> h = low_rank_adapter(x, weight, ops.array([[1.0, 1.0]]), ops.array([[0.5], [-1.0]]), 2.0)
    >>> ops.convert_to_numpy(h)
    array([[ 6., -4.]], dtype=float32)
    """
    check_factors(weight, down, up, alpha)
    check_adapted(x, weight.shape[1], None, weight.dtype)
    # Not matmul, which would round float64 on the PyTorch backend.
    plain = ops.einsum("...d,od->...o", x, weight)
    narrow = ops.einsum("...d,rd->...r", x, down)
    return plain + alpha / down.shape[0] * ops.einsum("...r,or->...o", narrow, up)


def merge_low_rank(weight: Tensor, down: Tensor, up: Tensor, alpha: float) -> Tensor:
    """One matrix in place of the layer and its adapter.

    Formula
        W' = W + (alpha / R) B A

    Args, errors: as :func:`low_rank_adapter`.

    Returns
        W' (O, D): with it a dense layer says what both said.

    Source
        Hu et al., ICLR 2022, arXiv 2106.09685, section 4.1.

    >>> merged = merge_low_rank(ops.eye(2), ops.ones((1, 2)), ops.array([[0.5], [-1.0]]), 2.0)
    >>> ops.convert_to_numpy(merged)
    array([[ 2.,  1.],
           [-2., -1.]], dtype=float32)
    """
    check_factors(weight, down, up, alpha)
    return weight + alpha / down.shape[0] * ops.einsum("or,rd->od", up, down)
