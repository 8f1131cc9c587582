"""From a picture to words: an encoder's places, and a decoder that looks at them."""

from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from mmref.contract.captioner import check_captioner, check_looking
from mmref.contract.lookup import check_as_many, check_image_and_text
from mmref.contract.multi_head import check_heads
from mmref.contract.settings import check_counts, check_flags
from mmref.data.text import END, PAD
from mmref.keras._export import Model
from mmref.keras._values import check_indices
from mmref.keras.attention import AdditiveAttention, causal_mask
from mmref.keras.autoencoder import built, restored, serialized
from mmref.keras.captioning import doubly_stochastic_penalty, next_word_loss
from mmref.keras.multi_head import MultiHeadAttention
from mmref.keras.softmax import softmax
from mmref.keras.transformer import LayerNorm, TransformerBlock
from mmref.types import Array, Tensor, Tensors

WHAT = "a keras.Layer"


@keras.saving.register_keras_serializable("mmref")
class RecurrentDecoder(keras.layers.Layer):
    """An LSTM that looks at a picture before each word: places and words to scores of the next.

    Formula
        [h_0; c_0] = tanh(W_s mean_n a_n + b_s)
        alpha_t = additive attention of h_{t-1} to the places a_n,  z_t = sum_n alpha_tn a_n
        h_t, c_t = LSTM([E y_{t-1}; z_t], h_{t-1}, c_{t-1}),  logits_t = W_o [h_t; z_t] + b_o

    Args
        vocabulary_size: V. width: D, of the places. embedding: width of E, and of the network that
            scores places. hidden: H.
        attend: False has each place the same share at all words: the mean of the picture.

    Call
        tokens: a (B, N, D). ids: y (B, T), the words before; the first is BEGIN, and 0 is padding
        behind a caption; T must be known. Returns logits (B, T, V). ``look(tokens, ids)`` gives
        alpha (B, T, N) beside them.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a size below 1, an id outside the
        vocabulary (compiled code does not look). TypeError: no array.

    Source
        Xu et al., "Show, attend and tell", ICML 2015, arXiv 1502.03044, section 3.1.2, without
        their gate on z and with one dense layer for their equation 7.

    >>> decoder = RecurrentDecoder(9, width=6, embedding=4, hidden=5)
    >>> tuple(decoder(ops.ones((2, 7, 6)), ops.array([[2, 4, 5], [2, 6, 0]])).shape)
    (2, 3, 9)
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        embedding: int = 32,
        hidden: int = 64,
        attend: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_counts(
            vocabulary_size=vocabulary_size, width=width, embedding=embedding, hidden=hidden
        )
        check_flags(attend=attend)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "width": width}
        self.config |= {"embedding": embedding, "hidden": hidden, "attend": attend}
        self.width, policy = width, self.dtype_policy  # the parts keep the precision
        self.embedding = keras.layers.Embedding(
            vocabulary_size,
            embedding,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),  # as PyTorch's
            name="embedding",
            dtype=policy,
        )
        self.start = keras.layers.Dense(2 * hidden, activation="tanh", name="start", dtype=policy)
        self.attention = None
        if attend:
            self.attention = AdditiveAttention(
                hidden, width, embedding, name="attention", dtype=policy
            )
        self.recurrence = keras.layers.LSTM(hidden, name="recurrence", dtype=policy)
        self.head = keras.layers.Dense(vocabulary_size, name="head", dtype=policy)

    def build(self, *_: Any) -> None:
        hidden = self.config["hidden"]
        self.embedding.build((None, None))
        self.start.build((None, self.width))
        if self.attention is not None:
            self.attention.build()
        self.recurrence.build((None, None, self.config["embedding"] + self.width))
        self.head.build((None, hidden + self.width))

    def look(self, tokens: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V), and where the decoder looked (B, T, N)."""
        check_looking(tokens, ids, self.width)
        check_indices("ids", ids, self.config["vocabulary_size"], "vocabulary_size")
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        (batch, places), steps = tokens.shape[:2], ids.shape[1]
        if batch == 0:  # TensorFlow's LSTM would stop at an empty batch
            shapes = ((0, steps, self.config["vocabulary_size"]), (0, steps, places))
            logits, weights = (ops.zeros(shape, dtype=self.compute_dtype) for shape in shapes)
            return logits, weights
        words = self.embedding(ids)  # (B, T, E)
        h, c = ops.split(self.start(ops.mean(tokens, axis=1)), 2, axis=1)  # (B, H) each
        alpha = ops.ones_like(tokens[:, None, :, 0]) / places  # (B, 1, N)
        keys = None if self.attention is None else self.attention.key_projection(tokens)
        seen, weights = [], []
        for t in range(steps):
            if self.attention is not None:  # its formula, but the keys are the same for all words
                asked = ops.expand_dims(self.attention.query_projection(h), 1)  # (B, 1, A)
                scores = ops.sum(ops.tanh(asked + keys) * self.attention.score_weight, axis=2)
                alpha = ops.expand_dims(softmax(scores), 1)  # (B, 1, N)
            z = ops.matmul(alpha, tokens)[:, 0]  # (B, D)
            x = ops.concatenate([words[:, t], z], axis=1)
            _, (h, c) = self.recurrence.cell(x, [h, c])  # (B, H) each
            seen.append(ops.concatenate([h, z], axis=1))
            weights.append(alpha[:, 0])
        return self.head(ops.stack(seen, axis=1)), ops.stack(weights, axis=1)

    def call(self, tokens: Tensor, ids: Tensor) -> Tensor:
        return self.look(tokens, ids)[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class CausalDecoder(keras.layers.Layer):
    """Transformer blocks whose words look back, and at a picture: scores of the next word.

    Formula
        x = E y + p,  then for each block:  x = block(x, causal mask),  x = x + MHA(norm(x), a)
        logits = W_o norm(x) + b_o

    Args
        vocabulary_size: V. width: D, of the places. dim: of the words. heads: a divisor of dim.
        blocks: how many. length: how many words it can read.

    Call
        tokens: a (B, N, D). ids: y (B, T), the words before; the first is BEGIN, and 0 is padding
        behind a caption; T must be known. Returns logits (B, T, V). ``look(tokens, ids)`` gives
        the last block's weights, the mean over its heads (B, T, N), beside them.

    Errors
        ShapeError: a wrong shape or dtype, more words than ``length``. ValueError: a size below 1,
        heads that do not divide dim, an id outside the vocabulary (compiled code does not look).
        TypeError: no array.

    Source
        Vaswani et al., 2017, section 3.1; there a block looks at the places between its two parts,
        here after both.

    >>> decoder = CausalDecoder(9, width=6, dim=8, heads=2, blocks=1, length=4)
    >>> tuple(decoder(ops.ones((2, 7, 6)), ops.array([[2, 4, 5], [2, 6, 0]])).shape)
    (2, 3, 9)
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        dim: int = 64,
        heads: int = 4,
        blocks: int = 2,
        length: int = 32,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_counts(vocabulary_size=vocabulary_size, width=width, blocks=blocks, length=length)
        check_heads(dim, heads)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "width": width}
        self.config |= {"dim": dim, "heads": heads, "blocks": blocks, "length": length}
        self.width, self.length = width, length
        policy = self.dtype_policy  # the parts keep the precision
        self.embedding = keras.layers.Embedding(
            vocabulary_size,
            dim,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),  # as PyTorch's
            name="embedding",
            dtype=policy,
        )
        numbers = range(blocks)
        self.blocks = [
            TransformerBlock(dim, heads, name=f"block_{i}", dtype=policy) for i in numbers
        ]
        self.norms = [LayerNorm(dim, name=f"norm_{i}", dtype=policy) for i in numbers]
        self.looks = [
            MultiHeadAttention(dim, heads, key_width=width, name=f"look_{i}", dtype=policy)
            for i in numbers
        ]
        self.norm = LayerNorm(dim, name="norm", dtype=policy)
        self.head = keras.layers.Dense(vocabulary_size, name="head", dtype=policy)

    def build(self, *_: Any) -> None:
        dim = self.config["dim"]
        self.embedding.build((None, None))
        random = keras.initializers.RandomNormal(stddev=0.1)
        self.positions = self.add_weight(
            name="positions", shape=(self.length, dim), initializer=random
        )
        for parts in (self.blocks, self.norms, self.looks, [self.norm]):
            for part in parts:
                part.build()
        self.head.build((None, dim))

    def read(self, tokens: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V), and what asked last (B, T, dim)."""
        check_looking(tokens, ids, self.width, length=self.length)
        check_indices("ids", ids, self.config["vocabulary_size"], "vocabulary_size")
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        steps = ids.shape[1]
        x = self.embedding(ids) + self.positions[:steps]
        mask = causal_mask(steps)
        for block, norm, look in zip(self.blocks, self.norms, self.looks, strict=True):
            x = block(x, mask=mask)
            query = norm(x)
            x = x + look(query, tokens)
        return self.head(self.norm(x)), query

    def look(self, tokens: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V), and where the last block looked (B, T, N)."""
        logits, query = self.read(tokens, ids)
        return logits, ops.mean(self.looks[-1].attention_weights(query, tokens), axis=1)

    def call(self, tokens: Tensor, ids: Tensor) -> Tensor:
        return self.read(tokens, ids)[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class Captioner(Model):
    """Say what a picture shows, word by word: an encoder of places, and a decoder.

    Args
        encoder: a layer whose ``tokens`` gives (B, N, D), such as :class:`MapEncoder` or
            :class:`VisionTransformer`. decoder: a :class:`RecurrentDecoder` or
            :class:`CausalDecoder` whose width is D.
        penalty: lambda, at least 0, by which the loss counts :func:`doubly_stochastic_penalty`.

    Call
        inputs: mapping "image" -> images (B, H, W, C), "text" -> ids (B, T), the words before: see
        ``mmref.data.text.next_words``. Returns logits (B, T, V) of the next words.
        ``look(inputs)`` gives where it looked (B, T, N) beside them. ``scorer(images)`` gives the
        function that ``mmref.decoding.beam_search`` and ``sample`` ask, in evaluation mode.

    Training
        ``compile(optimizer)`` without a loss, then ``fit(inputs, labels)``: the loss is
        :func:`next_word_loss` over the labels that are no padding, and the penalty.

    Errors
        ModalityError: inputs that are not "image" and "text". ValueError: a decoder of another
        width, a penalty below 0. TypeError: what is no such encoder or decoder.

    Source
        Vinyals et al., CVPR 2015, arXiv 1411.4555; Xu et al., ICML 2015, arXiv 1502.03044.

    >>> from mmref.keras import MapEncoder
    >>> model = Captioner(MapEncoder((8, 8), (4,), dim=6), RecurrentDecoder(9, 6, 4, 5))
    >>> inputs = {"image": ops.zeros((2, 8, 8, 3)), "text": ops.array([[2, 4], [2, 5]])}
    >>> tuple(model(inputs).shape), tuple(model.look(inputs)[1].shape)
    ((2, 2, 9), (2, 2, 16))
    """

    def __init__(
        self, encoder: keras.Layer, decoder: keras.Layer, penalty: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_captioner(encoder, decoder, penalty, keras.Layer, WHAT)
        self.encoder, self.decoder, self.penalty = encoder, decoder, penalty

    def build(self, *_: Any) -> None:
        for part in (self.encoder, self.decoder):
            built(part, None)

    def look(self, inputs: Tensors) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V), and where it looked (B, T, N)."""
        return self.decoder.look(*self._read(inputs))

    def compute_loss(
        self,
        x: Any = None,
        y: Tensor | None = None,
        y_pred: Tensor | None = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        """What Keras's ``fit`` minimizes, of the labels (B, T), 0 where there is none."""
        loss = next_word_loss(y_pred, y, ops.not_equal(y, PAD))
        return loss + sum(self.losses)  # what ``call`` has added

    def scorer(self, images: Tensor) -> Callable[[Array, Array], Array]:
        """A function of prefixes (P, T) and of the images (P,) that they are about, in NumPy: log
        probabilities (P, V) of the next word."""
        tokens = self.encoder.tokens(images)  # once for all words

        def score(prefixes: Array, rows: Array) -> Array:
            ids = ops.convert_to_tensor(prefixes)
            logits = self.decoder(ops.take(tokens, ops.convert_to_tensor(rows), axis=0), ids)
            last = ops.convert_to_numpy(logits[:, -1]).astype(np.float64)
            last = last - last.max(axis=1, keepdims=True)
            return last - np.log(np.exp(last).sum(axis=1, keepdims=True))

        return score

    def call(self, inputs: Tensors, training: bool | None = None) -> Tensor:
        # Keras tells the parts of training, but a model only where it asks for it here.
        if not self.penalty:
            return self.decoder(*self._read(inputs))
        logits, weights = self.look(inputs)
        ids = inputs["text"]
        words = ops.logical_and(ops.not_equal(ids, PAD), ops.not_equal(ids, END))
        self.add_loss(self.penalty * doubly_stochastic_penalty(weights, words))
        return logits

    def _read(self, inputs):  # the encoder hears of training from Keras
        check_image_and_text("inputs", inputs, "array")
        tokens, ids = self.encoder.tokens(inputs["image"]), inputs["text"]
        if getattr(ids, "shape", ()):
            check_as_many(ids, tokens)
        return tokens, ids

    @property
    def input_signature(self) -> list | None:
        """What ``export`` is given must say how many words there are: None leaves it to Keras."""
        return None

    def get_config(self) -> dict[str, Any]:
        parts = serialized(encoder=self.encoder, decoder=self.decoder)
        return super().get_config() | parts | {"penalty": self.penalty}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config | restored(config, "encoder", "decoder"))
