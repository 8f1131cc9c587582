"""Texts to one vector each, on PyTorch's own layers."""

from typing import Any

import torch
from torch import nn

from mmref.contract.encoders import check_ids
from mmref.contract.settings import check_choice, check_counts, check_number, check_scale
from mmref.torch._values import rows_of
from mmref.torch.softmax import masked_softmax

CELLS = ("bag", "lstm", "gru")


class TextEncoder(nn.Module):
    """Embeddings, then a bag or a recurrence, then a dense layer: ids (B, T) -> (B, D).

    Args
        vocabulary_size: number of ids; id 0 is padding and is ignored, wherever it stands.
        embedding: width of the embeddings. hidden: width of the recurrent state.
        dim: D.
        cell: "bag" averages the embeddings; "lstm" and "gru" give their last valid state.
        dropout: rate on the pooled vector.
        embedding_scale: standard deviation of the embeddings before training. 1 is what PyTorch's
            own layer starts from, Keras's from 0.03. On few data it matters: choose it on a
            validation split.

    A text of padding alone gives a zero vector before the dense layer.

    Errors
        ChoiceError: an unknown cell. TypeError: ids are no tensor. ShapeError: ids are not (B, T)
        integers with T > 0. ValueError: a size is below 1, embedding_scale is not positive, or an
        id is outside the vocabulary (on a GPU, CUDA itself stops).

    >>> TextEncoder(50, embedding=8, hidden=8, dim=10, cell="lstm")(torch.tensor([[3, 4, 0]])).shape
    torch.Size([1, 10])
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding: int = 128,
        hidden: int = 128,
        dim: int = 128,
        cell: str = "lstm",
        dropout: float = 0.0,
        embedding_scale: float = 1.0,
    ) -> None:
        super().__init__()
        check_choice("cell", cell, CELLS)
        check_counts(vocabulary_size=vocabulary_size, embedding=embedding, hidden=hidden, dim=dim)
        check_number("dropout", dropout, 0, 1)
        check_scale(embedding_scale=embedding_scale)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "embedding": embedding}
        self.config |= {"hidden": hidden, "dim": dim, "cell": cell, "dropout": dropout}
        self.config |= {"embedding_scale": embedding_scale}
        self.cell, self.output_dim = cell, dim
        self.words_dim = embedding if cell == "bag" else hidden
        self.embedding = nn.Embedding(vocabulary_size, embedding)  # N(0, 1)
        with torch.no_grad():
            self.embedding.weight.mul_(embedding_scale)
        self.recurrence = None
        if cell != "bag":
            layer = nn.LSTM if cell == "lstm" else nn.GRU
            self.recurrence = layer(embedding, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(self.words_dim, dim)

    def words(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What was read at each word, (B, T, ``words_dim``), and which are words (B, T): the states
        of the recurrence, behind which padding stands, or the embeddings of a bag."""
        check_ids(ids, torch.Tensor)
        if self.recurrence is not None:  # PyTorch's layers know no mask: padding goes to the end
            ids = _padding_last(ids)
        x = rows_of(self.embedding, "ids", ids, "vocabulary_size")  # (B, T, E)
        return (x if self.recurrence is None else self.recurrence(x)[0]), ids != 0

    def pooled(self, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The text's vector (B, D), from what :meth:`words` gave."""
        if self.recurrence is None:
            share = masked_softmax(words.new_zeros(mask.shape), mask)  # 1 / length, 0 on padding
            x = (share.unsqueeze(-1) * words).sum(dim=1)  # (B, E)
        else:
            last = (mask.sum(dim=1) - 1).clamp(min=0)  # (B,)
            x = words.gather(1, last[:, None, None].expand(-1, 1, words.shape[2]))[:, 0]
            x = x.masked_fill(~mask.any(dim=1, keepdim=True), 0)  # (B, H)
        return torch.relu(self.dense(self.dropout(x)))  # (B, D)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.pooled(*self.words(ids))


def _padding_last(ids: torch.Tensor) -> torch.Tensor:
    """The ids (B, T) that are no padding in their order, then the padding.

    By counting: a stable sort is what neither of PyTorch's exporters to ONNX can write.

    >>> _padding_last(torch.tensor([[0, 5, 0, 3]])).tolist()
    [[5, 3, 0, 0]]
    """
    kept = (ids != 0).long()
    padding = kept.sum(dim=1, keepdim=True) + (1 - kept).cumsum(dim=1)
    place = torch.where(ids != 0, kept.cumsum(dim=1), padding) - 1
    return torch.zeros_like(ids).scatter(1, place, ids)
