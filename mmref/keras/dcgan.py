"""The two networks of a class-conditional DCGAN, on Keras's own layers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.dcgan import check_dcgan, check_labels, check_noise
from mmref.contract.settings import check_flags, check_number
from mmref.keras._export import Model
from mmref.keras._values import check_indices
from mmref.types import Shape, Tensor


@keras.saving.register_keras_serializable("mmref")
class Generator(Model):
    """Noise and a label to an image: (B, Z), (B,) -> (B, S, S, C), in [-1, 1].

    The label's embedding is joined to the noise. A transposed convolution makes a 4 x 4 map of
    them; each further one halves the channels and doubles the size, with batch norm and ReLU
    between; the last one ends in tanh.

    Args
        classes: number of labels. size: S, a power of 2 from 8. latent: Z, width of the noise.
        embedding: width of the label's embedding.
        width: channels of the last map before the image; the 4 x 4 map has width * S / 8.
        channels: C, of the image.

    Weights, the embedding's too, start as N(0, 0.02) (Radford et al.), biases at 0.

    Errors
        ShapeError: noise that is not floats (B, Z), labels that are not integers (B,).
        TypeError: one of them is no array. ValueError: a label that is not from 0 to classes - 1;
        compiled code (``fit``, ``predict``) does not look.

    Source
        Radford, Metz and Chintala 2016, arXiv 1511.06434; Mirza and Osindero 2014, arXiv
        1411.1784, for the label.

    >>> draw = Generator(classes=8, size=32, latent=16, width=4)
    >>> tuple(draw(keras.random.normal((5, 16)), ops.arange(5)).shape)
    (5, 32, 32, 3)
    """

    def __init__(
        self,
        classes: int,
        size: int = 32,
        latent: int = 64,
        embedding: int = 32,
        width: int = 32,
        channels: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_dcgan(size, classes, width, latent=latent, embedding=embedding, channels=channels)
        self.config = {"classes": classes, "size": size, "latent": latent, "width": width}
        self.config |= {"embedding": embedding, "channels": channels}
        layers, policy = keras.layers, self.dtype_policy  # the parts keep the precision
        start = start_weights()
        self.embedding = layers.Embedding(
            classes, embedding, embeddings_initializer=start, name="embedding", dtype=policy
        )
        self.blocks = up_blocks(width, size, policy)
        self.paint = painter(channels, "tanh", policy)

    def build(self, *_: Any) -> None:
        if self.built:
            return
        channels = self.config["latent"] + self.config["embedding"]
        self.embedding.build((None,))
        self.paint.build(build_blocks(self.blocks, (None, 1, 1, channels)))

    def call(self, noise: Tensor, labels: Tensor, training: bool | None = None) -> Tensor:
        check_noise(noise, self.config["latent"])
        check_labels(labels, noise.shape[0])
        check_indices("labels", labels, self.config["classes"], "classes")
        x = ops.concatenate([noise, self.embedding(labels)], axis=1)[:, None, None]  # (B, 1, 1, _)
        for block in self.blocks:
            x = block(x, training=training)  # (B, 4, 4, width * S / 8), then twice the size
        return self.paint(x)  # (B, S, S, C)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        noise = keras.InputSpec(shape=(None, self.config["latent"]), dtype=self.variable_dtype)
        return [noise, keras.InputSpec(shape=(None,), dtype="int64")]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class Discriminator(Model):
    """An image and a label to a logit: (B, S, S, C), (B,) -> (B,).

    Convolutions with stride 2, each doubling the channels, with batch norm (not in the first) and
    leaky ReLU, down to a 4 x 4 map h. The logit is a linear function of h plus the inner product
    of the label's embedding with the mean of h over its places.

    Args
        classes, size, width, channels: as in :class:`Generator`. leak: slope below 0.
        norm: whether there is batch norm. Penalties on the slope do not go with it: it makes the
            logit of one image depend on the others.

    Weights start as N(0, 0.02), the embedding too.

    Errors
        ShapeError: images or labels of a wrong shape or dtype. TypeError: one is no array.
        ValueError: a label out of range; compiled code does not look.

    Source
        Radford, Metz and Chintala 2016, arXiv 1511.06434; the label's term: Miyato and Koyama
        2018, arXiv 1802.05637, equation 3.

    >>> judge = Discriminator(classes=8, size=32, width=4)
    >>> tuple(judge(ops.zeros((5, 32, 32, 3)), ops.arange(5)).shape)
    (5,)
    """

    def __init__(
        self,
        classes: int,
        size: int = 32,
        width: int = 32,
        channels: int = 3,
        leak: float = 0.2,
        norm: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_dcgan(size, classes, width, channels=channels)
        check_number("leak", leak, 0, 1)
        check_flags(norm=norm)
        self.config: dict[str, Any] = {"classes": classes, "size": size, "width": width}
        self.config |= {"channels": channels, "leak": leak, "norm": norm}
        layers, policy = keras.layers, self.dtype_policy
        self.blocks = down_blocks(width, size, leak, norm, policy)
        broad = width * size // 8  # channels of the 4 x 4 map
        start = start_weights()
        self.judge = layers.Conv2D(1, 4, kernel_initializer=start, name="judge", dtype=policy)
        start = start_weights()
        self.embedding = layers.Embedding(
            classes, broad, embeddings_initializer=start, name="embedding", dtype=policy
        )

    def build(self, *_: Any) -> None:
        if self.built:
            return
        size, channels = self.config["size"], self.config["channels"]
        self.judge.build(build_blocks(self.blocks, (None, size, size, channels)))
        self.embedding.build((None,))

    def call(self, images: Tensor, labels: Tensor, training: bool | None = None) -> Tensor:
        size, channels = self.config["size"], self.config["channels"]
        check_images(images, (size, size, channels))
        check_labels(labels, images.shape[0])
        check_indices("labels", labels, self.config["classes"], "classes")
        h = images
        for block in self.blocks:
            h = block(h, training=training)  # half the size, twice the channels; at last 4 x 4
        match = ops.sum(self.embedding(labels) * ops.mean(h, axis=(1, 2)), axis=1)  # (B,)
        return ops.reshape(self.judge(h), (-1,)) + match

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        size, channels = self.config["size"], self.config["channels"]
        images = keras.InputSpec(shape=(None, size, size, channels), dtype=self.variable_dtype)
        return [images, keras.InputSpec(shape=(None,), dtype="int64")]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class UpBlock(keras.layers.Layer):
    """Transposed convolution 4 x 4 - batch norm - ReLU: twice the size, unless stride is 1."""

    def __init__(
        self, channels: int, stride: int = 2, padding: str = "same", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.channels, self.stride, self.padding = channels, stride, padding
        self.conv = keras.layers.Conv2DTranspose(
            channels,
            4,
            stride,
            padding,
            use_bias=False,
            kernel_initializer=start_weights(),
            name="conv",
            dtype=self.dtype_policy,
        )
        self.norm = batch_norm(self.dtype_policy)

    def build(self, shape: Shape) -> None:
        self.conv.build(shape)
        self.norm.build((*shape[:-1], self.channels))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        return ops.relu(self.norm(self.conv(x), training=training))

    def get_config(self) -> dict[str, Any]:
        config = {"channels": self.channels, "stride": self.stride, "padding": self.padding}
        return super().get_config() | config


@keras.saving.register_keras_serializable("mmref")
class DownBlock(keras.layers.Layer):
    """Convolution 4 x 4 with stride 2 - batch norm or none - leaky ReLU: half the size."""

    def __init__(self, channels: int, leak: float = 0.2, norm: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels, self.leak = channels, leak
        self.conv = keras.layers.Conv2D(
            channels,
            4,
            2,
            "same",
            use_bias=not norm,
            kernel_initializer=start_weights(),
            name="conv",
            dtype=self.dtype_policy,
        )
        self.norm = batch_norm(self.dtype_policy) if norm else None

    def build(self, shape: Shape) -> None:
        self.conv.build(shape)
        if self.norm is not None:
            self.norm.build((*shape[:-1], self.channels))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        if x.shape[0] == 0:  # TensorFlow's convolution would stop at an empty batch
            return ops.zeros(self.conv.compute_output_shape(x.shape), dtype=self.compute_dtype)
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        # ops.leaky_relu is the same; in compiled code TensorFlow logs an error of its optimizer.
        return ops.maximum(x, self.leak * x)

    def get_config(self) -> dict[str, Any]:
        config = {"channels": self.channels, "leak": self.leak, "norm": self.norm is not None}
        return super().get_config() | config


def up_blocks(width: int, size: int, policy: Any) -> list[UpBlock]:
    """To (B, 4, 4, width * S / 8), then half the channels at twice the size, to
    (B, S / 2, S / 2, width)."""
    broad = width * size // 8
    blocks = [UpBlock(broad, 1, "valid", name="block_0", dtype=policy)]
    while broad > width:
        broad //= 2
        blocks.append(UpBlock(broad, name=f"block_{len(blocks)}", dtype=policy))
    return blocks


def down_blocks(width: int, size: int, leak: float, norm: bool, policy: Any) -> list[DownBlock]:
    """To (B, S / 2, S / 2, width), then twice the channels at half the size, to
    (B, 4, 4, width * S / 8); no batch norm in the first."""
    blocks = [DownBlock(width, leak, norm=False, name="block_0", dtype=policy)]
    while size > 8:
        width, size = 2 * width, size // 2
        name = f"block_{len(blocks)}"
        blocks.append(DownBlock(width, leak, norm, name=name, dtype=policy))
    return blocks


def build_blocks(blocks: Sequence[UpBlock | DownBlock], shape: Shape) -> Shape:
    """Create the weights of blocks in turn; from the first's shape to that after the last."""
    for block in blocks:
        if not block.built:  # one that was called before has its weights
            block.build(shape)
        shape = block.conv.compute_output_shape(shape)
    return shape


def painter(channels: int, activation: str, policy: Any) -> keras.Layer:
    """The last transposed convolution: the image, at twice the size."""
    return keras.layers.Conv2DTranspose(
        channels,
        4,
        2,
        "same",
        kernel_initializer=start_weights(),
        activation=activation,
        name="paint",
        dtype=policy,
    )


def start_weights() -> keras.initializers.Initializer:
    """N(0, 0.02); a new one for each layer, or Keras would draw the same numbers again."""
    return keras.initializers.RandomNormal(stddev=0.02)


def batch_norm(policy: Any) -> keras.Layer:
    """With PyTorch's defaults: Keras's own are epsilon 1e-3 and momentum 0.99 (of the old)."""
    options = {"momentum": 0.9, "epsilon": 1e-5}  # PyTorch's, in Keras's count of momentum
    return keras.layers.BatchNormalization(**options, name="norm", dtype=policy)
