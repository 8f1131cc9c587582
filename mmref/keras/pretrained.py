"""Networks for which others publish trained weights; ``mmref.data.pretrained`` reads these."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.encoders import check_ids
from mmref.contract.multi_head import check_heads
from mmref.contract.pretrained import (
    EPSILON,
    KEPT,
    LITE0,
    LITE0_DIM,
    SCALE,
    SHIFT,
    STEM,
    blocks_of,
    check_lite,
    check_longest,
)
from mmref.contract.settings import check_count, check_counts
from mmref.keras._values import check_indices
from mmref.keras.contrastive import unit_vectors
from mmref.keras.transformer import LayerNorm, TransformerBlock
from mmref.types import Shape, Tensor


@keras.saving.register_keras_serializable("mmref")
class ConvNorm(keras.layers.Layer):
    """A convolution without bias, batch norm and, if ``active``, ReLU6."""

    def __init__(
        self, outside: int | None, kernel: int = 1, stride: int = 1, active: bool = True,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """outside: None convolves each channel by itself."""
        super().__init__(**kwargs)
        self.outside, self.kernel, self.stride, self.active = outside, kernel, stride, active
        policy = self.dtype_policy  # the parts keep the precision
        options = {"padding": "same", "use_bias": False, "name": "conv", "dtype": policy}
        self.conv = (
            keras.layers.DepthwiseConv2D(kernel, stride, **options)
            if outside is None
            else keras.layers.Conv2D(outside, kernel, stride, **options)
        )
        self.norm = keras.layers.BatchNormalization(
            momentum=KEPT, epsilon=EPSILON, name="norm", dtype=policy
        )

    def build(self, shape: Shape) -> None:
        self.conv.build(shape)
        self.norm.build((*shape[:-1], self.outside or shape[-1]))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        x = self.norm(self.conv(x), training=training)
        return ops.relu6(x) if self.active else x

    def get_config(self) -> dict[str, Any]:
        own = {"outside": self.outside, "kernel": self.kernel, "stride": self.stride}
        return super().get_config() | own | {"active": self.active}


@keras.saving.register_keras_serializable("mmref")
class InvertedBlock(keras.layers.Layer):
    """Widen, convolve each channel by itself, narrow; what came in is added where it fits."""

    def __init__(
        self, inside: int, outside: int, expansion: int, kernel: int, stride: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.config = {"inside": inside, "outside": outside, "expansion": expansion}
        self.config |= {"kernel": kernel, "stride": stride}
        policy = self.dtype_policy
        self.wide = expansion * inside
        self.widen = ConvNorm(self.wide, name="widen", dtype=policy) if expansion > 1 else None
        self.depthwise = ConvNorm(None, kernel, stride, name="depthwise", dtype=policy)
        self.narrow = ConvNorm(outside, active=False, name="narrow", dtype=policy)
        self.adds = stride == 1 and inside == outside

    def build(self, *_: Any) -> None:
        if self.widen is not None:
            self.widen.build((None, None, None, self.config["inside"]))
        self.depthwise.build((None, None, None, self.wide))
        self.narrow.build((None, None, None, self.wide))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        y = x if self.widen is None else self.widen(x, training=training)
        y = self.narrow(self.depthwise(y, training=training), training=training)
        return x + y if self.adds else y

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class EfficientNetLite(keras.layers.Layer):
    """Inverted residual blocks of convolutions, and the mean over all places: images -> (B, D).

    Args
        stages: (expansion, kernel, stride, channels, blocks) of each. dim: D. The defaults are
            those of EfficientNet-Lite0, for which :mod:`mmref.data.pretrained` has weights.
        classes: None for the features; a number for logits of so many classes, by a dense layer.

    Call
        images: (B, H, W, 3), from 0 to 1; the network itself scales them as in its training.
        Returns (B, D), or (B, classes).

    Errors
        ShapeError: a wrong shape or dtype, a stage that is not five numbers. ValueError: a number
        below 1. TypeError: no array.

    Source
        Tan and Le, "EfficientNet", ICML 2019, arXiv 1905.11946. Lite leaves out squeeze and
        excitation, and has ReLU6.

    >>> network = EfficientNetLite(((1, 3, 1, 8, 1), (6, 3, 2, 12, 2)), dim=10)
    >>> tuple(network(ops.ones((2, 8, 6, 3))).shape)
    (2, 10)
    """

    def __init__(
        self,
        stages: Sequence[Sequence[int]] = LITE0,
        dim: int = LITE0_DIM,
        classes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        blocks = blocks_of(stages)
        check_lite(dim, classes)
        self.config: dict[str, Any] = {"stages": tuple(tuple(s) for s in stages), "dim": dim}
        self.config |= {"classes": classes}
        policy = self.dtype_policy
        self.stem = ConvNorm(STEM, 3, 2, name="stem", dtype=policy)
        self.blocks = [
            InvertedBlock(*block, name=f"block_{i}", dtype=policy) for i, block in enumerate(blocks)
        ]
        self.top = ConvNorm(dim, name="top", dtype=policy)
        self.head = None
        if classes is not None:
            self.head = keras.layers.Dense(classes, name="head", dtype=policy)
        self.output_dim = dim if classes is None else classes

    def build(self, *_: Any) -> None:
        self.stem.build((None, None, None, 3))
        for block in self.blocks:
            block.build()
        self.top.build((None, None, None, self.blocks[-1].config["outside"]))
        if self.head is not None:
            self.head.build((None, self.config["dim"]))

    def call(self, images: Tensor, training: bool | None = None) -> Tensor:
        check_images(images, ("H", "W", 3))
        if images.shape[0] == 0:  # TensorFlow's convolution would stop at an empty batch
            return ops.zeros((0, self.output_dim), dtype=self.compute_dtype)
        x = self.stem(images * SCALE + SHIFT, training=training)
        for block in self.blocks:
            x = block(x, training=training)
        x = ops.mean(self.top(x, training=training), axis=(1, 2))  # (B, D)
        return x if self.head is None else self.head(x)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``: pictures of any size."""
        return [keras.InputSpec(shape=(None, None, None, 3), dtype=self.variable_dtype)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class MiniLM(keras.layers.Layer):
    """A Transformer over tokens, and the mean of what it says of them, at length 1: ids -> (B, D).

    Args
        vocabulary_size: number of ids; id 0 is padding. dim: D. blocks: how many. heads: K, a
        divisor of D. hidden: width inside a block. longest: how many tokens a text may have.
        The defaults are those of all-MiniLM-L6-v2, for which :mod:`mmref.data.pretrained` has
        weights and the tokens.

    Call
        ids: (B, T) integers, padding at the end. Returns (B, D); zeros for a text of padding alone.

    Errors
        ShapeError: ids that are not (B, T) integers with T > 0. ValueError: a setting below 1, an
        id outside the vocabulary, a text that is too long. Compiled code has no ids to look at.

    Source
        Wang et al., "MiniLM", NeurIPS 2020, arXiv 2002.10957; Reimers and Gurevych,
        "Sentence-BERT", EMNLP 2019, arXiv 1908.10084, whose mean pooling this is.

    >>> encoder = MiniLM(50, dim=12, blocks=1, heads=3, hidden=8)
    >>> tuple(encoder(ops.array([[3, 4, 0]])).shape)
    (1, 12)
    """

    def __init__(
        self,
        vocabulary_size: int = 30522,
        dim: int = 384,
        blocks: int = 6,
        heads: int = 12,
        hidden: int = 1536,
        longest: int = 512,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_counts(vocabulary_size=vocabulary_size, hidden=hidden, longest=longest)
        check_count("blocks", blocks)
        check_heads(dim, heads)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "dim": dim}
        self.config |= {"blocks": blocks, "heads": heads, "hidden": hidden, "longest": longest}
        policy = self.dtype_policy
        self.embedding = keras.layers.Embedding(
            vocabulary_size, dim, name="embedding", dtype=policy
        )
        self.norm = LayerNorm(dim, 1e-12, name="norm", dtype=policy)
        options = {"norm_first": False, "epsilon": 1e-12, "dtype": policy}
        self.blocks = [
            TransformerBlock(dim, heads, hidden, name=f"block_{i}", **options)
            for i in range(blocks)
        ]
        self.output_dim = dim

    def build(self, *_: Any) -> None:
        self.embedding.build((None, None))
        self.norm.build()
        for block in self.blocks:
            block.build()
        shape = (self.config["longest"], self.output_dim)
        random = keras.initializers.RandomNormal(stddev=0.02)
        self.positions = self.add_weight(name="positions", shape=shape, initializer=random)

    def call(self, ids: Tensor) -> Tensor:
        check_ids(ids)
        check_longest(ids.shape[1], self.config["longest"])
        check_indices("ids", ids, self.config["vocabulary_size"], "vocabulary_size")
        mask = ops.not_equal(ids, 0)  # (B, T)
        x = self.embedding(ids)
        x = self.norm(x + self.positions[: ops.shape(ids)[1]])
        for block in self.blocks:
            x = block(x, mask=ops.expand_dims(mask, 1))
        kept = ops.cast(ops.expand_dims(mask, -1), x.dtype)
        mean = ops.sum(kept * x, axis=1) / ops.maximum(ops.sum(kept, axis=1), 1)  # (B, D)
        return unit_vectors(mean)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``: texts of any length."""
        return [keras.InputSpec(shape=(None, None), dtype="int64")]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
