"""From a picture to words: an encoder's places, and a decoder that looks at them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from mmref.contract.captioner import check_captioner, check_looking
from mmref.contract.lookup import check_as_many, check_image_and_text
from mmref.contract.multi_head import check_heads
from mmref.contract.settings import check_counts, check_flags
from mmref.data.text import END, PAD
from mmref.torch._dtype import layer_dtype
from mmref.torch._values import rows_of
from mmref.torch.attention import AdditiveAttention, causal_mask
from mmref.torch.captioning import doubly_stochastic_penalty, next_word_loss
from mmref.torch.multi_head import MultiHeadAttention
from mmref.torch.transformer import LayerNorm, TransformerBlock
from mmref.types import Array

WHAT = "a torch.nn.Module"


class RecurrentDecoder(nn.Module):
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
        behind a caption. Returns logits (B, T, V). ``look(tokens, ids)`` gives alpha (B, T, N)
        beside them.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a size below 1, an id outside the
        vocabulary. TypeError: no tensor.

    Source
        Xu et al., "Show, attend and tell", ICML 2015, arXiv 1502.03044, section 3.1.2, without
        their gate on z and with one dense layer for their equation 7.

    >>> decoder = RecurrentDecoder(9, width=6, embedding=4, hidden=5)
    >>> decoder(torch.ones(2, 7, 6), torch.tensor([[2, 4, 5], [2, 6, 0]])).shape
    torch.Size([2, 3, 9])
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        embedding: int = 32,
        hidden: int = 64,
        attend: bool = True,
    ) -> None:
        super().__init__()
        check_counts(
            vocabulary_size=vocabulary_size, width=width, embedding=embedding, hidden=hidden
        )
        check_flags(attend=attend)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "width": width}
        self.config |= {"embedding": embedding, "hidden": hidden, "attend": attend}
        self.width = width
        self.embedding = nn.Embedding(vocabulary_size, embedding)
        self.start = nn.Linear(width, 2 * hidden)
        self.attention = AdditiveAttention(hidden, width, embedding) if attend else None
        self.recurrence = nn.LSTM(embedding + width, hidden, batch_first=True)
        self.head = nn.Linear(hidden + width, vocabulary_size)

    def look(self, tokens: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (B, T, V), and where the decoder looked (B, T, N)."""
        dtype = layer_dtype(self.head.weight)
        check_looking(tokens, ids, self.width, torch.Tensor, dtype)
        words = rows_of(self.embedding, "ids", ids, "vocabulary_size")  # (B, T, E)
        mean = tokens.mean(dim=1)  # (B, D)
        h, c = torch.tanh(self.start(mean)).chunk(2, dim=1)  # (B, H) each
        alpha = tokens.new_full((len(tokens), 1, tokens.shape[1]), 1 / tokens.shape[1])
        keys = None if self.attention is None else self.attention.key_projection(tokens)
        seen, weights = [], []
        for t in range(ids.shape[1]):
            if self.attention is not None:  # its formula, but the keys are the same for all words
                asked = self.attention.query_projection(h)[:, None]  # (B, 1, A)
                scores = torch.tanh(asked + keys) @ self.attention.score_weight  # (B, N)
                alpha = torch.softmax(scores, dim=1)[:, None]
            z = (alpha @ tokens)[:, 0]  # (B, D)
            x = torch.cat([words[:, t], z], dim=1)
            # (B, 1, H); a state of another precision comes from autocast
            state = (h[None].to(x.dtype).contiguous(), c[None].to(x.dtype).contiguous())
            out, (_, c) = self.recurrence(x[:, None], state)
            h, c = out[:, 0], c[0]
            seen.append(torch.cat([h, z.to(h.dtype)], dim=1))
            weights.append(alpha[:, 0])
        return self.head(torch.stack(seen, dim=1)), torch.stack(weights, dim=1)

    def forward(self, tokens: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.look(tokens, ids)[0]


class CausalDecoder(nn.Module):
    """Transformer blocks whose words look back, and at a picture: scores of the next word.

    Formula
        x = E y + p,  then for each block:  x = block(x, causal mask),  x = x + MHA(norm(x), a)
        logits = W_o norm(x) + b_o

    Args
        vocabulary_size: V. width: D, of the places. dim: of the words. heads: a divisor of dim.
        blocks: how many. length: how many words it can read.

    Call
        tokens: a (B, N, D). ids: y (B, T), the words before; the first is BEGIN, and 0 is padding
        behind a caption. Returns logits (B, T, V). ``look(tokens, ids)`` gives the last block's
        weights, the mean over its heads (B, T, N), beside them.

    Errors
        ShapeError: a wrong shape or dtype, more words than ``length``. ValueError: a size below 1,
        heads that do not divide dim, an id outside the vocabulary. TypeError: no tensor.

    Source
        Vaswani et al., 2017, section 3.1; there a block looks at the places between its two parts,
        here after both.

    >>> decoder = CausalDecoder(9, width=6, dim=8, heads=2, blocks=1, length=4)
    >>> decoder(torch.ones(2, 7, 6), torch.tensor([[2, 4, 5], [2, 6, 0]])).shape
    torch.Size([2, 3, 9])
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        dim: int = 64,
        heads: int = 4,
        blocks: int = 2,
        length: int = 32,
    ) -> None:
        super().__init__()
        check_counts(vocabulary_size=vocabulary_size, width=width, blocks=blocks, length=length)
        check_heads(dim, heads)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "width": width}
        self.config |= {"dim": dim, "heads": heads, "blocks": blocks, "length": length}
        self.width, self.length = width, length
        self.embedding = nn.Embedding(vocabulary_size, dim)
        self.positions = nn.Parameter(0.1 * torch.randn(length, dim))
        self.blocks = nn.ModuleList(TransformerBlock(dim, heads) for _ in range(blocks))
        self.norms = nn.ModuleList(LayerNorm(dim) for _ in range(blocks))
        self.looks = nn.ModuleList(
            MultiHeadAttention(dim, heads, key_width=width) for _ in range(blocks)
        )
        self.norm = LayerNorm(dim)
        self.head = nn.Linear(dim, vocabulary_size)

    def read(self, tokens: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (B, T, V), and what asked last (B, T, dim)."""
        dtype = layer_dtype(self.head.weight)
        check_looking(tokens, ids, self.width, torch.Tensor, dtype, self.length)
        steps = ids.shape[1]
        x = rows_of(self.embedding, "ids", ids, "vocabulary_size") + self.positions[:steps]
        mask = causal_mask(steps, device=ids.device)
        for block, norm, look in zip(self.blocks, self.norms, self.looks, strict=True):
            x = block(x, mask=mask)
            query = norm(x)
            x = x + look(query, tokens)
        return self.head(self.norm(x)), query

    def look(self, tokens: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (B, T, V), and where the last block looked (B, T, N)."""
        logits, query = self.read(tokens, ids)
        return logits, self.looks[-1].attention_weights(query, tokens).mean(dim=1)

    def forward(self, tokens: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.read(tokens, ids)[0]


class Captioner(nn.Module):
    """Say what a picture shows, word by word: an encoder of places, and a decoder.

    Args
        encoder: a module whose ``tokens`` gives (B, N, D), such as :class:`MapEncoder` or
            :class:`VisionTransformer`. decoder: a :class:`RecurrentDecoder` or
            :class:`CausalDecoder` whose width is D.
        penalty: lambda, at least 0, by which ``loss`` counts :func:`doubly_stochastic_penalty`.

    Call
        inputs: mapping "image" -> images (B, C, H, W), "text" -> ids (B, T), the words before: see
        ``mmref.data.text.next_words``. Returns logits (B, T, V) of the next words.
        ``look(inputs)`` gives where it looked (B, T, N) beside them. ``loss(inputs, labels)`` is
        :func:`next_word_loss` over the labels that are no padding, and the penalty.
        ``scorer(images)`` gives the function that ``mmref.decoding.beam_search`` and ``sample``
        ask, in evaluation mode.

    Errors
        ModalityError: inputs that are not "image" and "text". ValueError: a decoder of another
        width, a penalty below 0. TypeError: what is no such encoder or decoder.

    Source
        Vinyals et al., CVPR 2015, arXiv 1411.4555; Xu et al., ICML 2015, arXiv 1502.03044.

    >>> from mmref.torch import MapEncoder
    >>> model = Captioner(MapEncoder((8, 8), (4,), dim=6), RecurrentDecoder(9, 6, 4, 5))
    >>> inputs = {"image": torch.zeros(2, 3, 8, 8), "text": torch.tensor([[2, 4], [2, 5]])}
    >>> model(inputs).shape, model.look(inputs)[1].shape
    (torch.Size([2, 2, 9]), torch.Size([2, 2, 16]))
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, penalty: float = 0.0) -> None:
        super().__init__()
        check_captioner(encoder, decoder, penalty, nn.Module, WHAT)
        self.encoder, self.decoder, self.penalty = encoder, decoder, penalty

    def look(self, inputs: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (B, T, V), and where it looked (B, T, N)."""
        return self.decoder.look(*self._read(inputs))

    def loss(self, inputs: Mapping[str, torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
        """Of the labels (B, T), the words that come next, 0 where there is none."""
        if not self.penalty:
            return next_word_loss(self(inputs), labels, labels != PAD)
        logits, weights = self.look(inputs)
        ids = inputs["text"]
        looked = doubly_stochastic_penalty(weights, (ids != PAD) & (ids != END))
        return next_word_loss(logits, labels, labels != PAD) + self.penalty * looked

    def scorer(self, images: torch.Tensor) -> Callable[[Array, Array], Array]:
        """A function of prefixes (P, T) and of the images (P,) that they are about, in NumPy: log
        probabilities (P, V) of the next word."""
        training = self.training
        with torch.no_grad():
            self.eval()
            tokens = self.encoder.tokens(images)  # once for all words
            self.train(training)

        def score(prefixes: Array, rows: Array) -> Array:
            with torch.no_grad():
                ids = torch.as_tensor(prefixes, device=tokens.device)
                logits = self.decoder(tokens[torch.as_tensor(rows, device=tokens.device)], ids)
                return logits[:, -1].double().log_softmax(dim=1).cpu().numpy().astype(np.float64)

        return score

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return self.decoder(*self._read(inputs))

    def _read(self, inputs):
        check_image_and_text("inputs", inputs, "array")
        tokens, ids = self.encoder.tokens(inputs["image"]), inputs["text"]
        if isinstance(ids, torch.Tensor) and ids.ndim:
            check_as_many(ids, tokens)
        return tokens, ids
