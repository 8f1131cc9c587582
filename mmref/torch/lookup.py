"""A text asks, an image answers: one query attends to the tokens of an image."""

from collections.abc import Mapping

import torch
from torch import nn

from mmref.contract.encoders import check_encoders
from mmref.contract.lookup import check_as_many, check_image_and_text
from mmref.contract.settings import check_counts
from mmref.torch.multi_head import MultiHeadAttention


class LookupClassifier(nn.Module):
    """Encode the text as a query, look it up among the tokens of the image, classify.

    Formula
        q = text(ids),  c = attention of q to tokens(images),  logits = U [q; c] + d

    Args
        encoders: mapping with "image", whose ``tokens`` gives (B, N, D), and "text", an encoder
            with an ``output_dim`` of its own.
        num_classes: the number of answers. heads: K, a divisor of D.

    Call
        inputs: mapping "image" -> images (B, C, H, W), "text" -> ids (B, T).
        Returns logits (B, num_classes). ``attention_weights(inputs)`` gives (B, K, N), what each
        head looks at.

    Errors
        ModalityError: encoders or inputs are not "image" and "text". ShapeError: a wrong shape.
        TypeError: what is no encoder.
    """

    def __init__(self, encoders: Mapping[str, nn.Module], num_classes: int, heads: int = 1) -> None:
        super().__init__()
        check_image_and_text("encoders", encoders, "encoder")
        check_encoders(encoders, nn.Module, "a torch.nn.Module")
        check_counts(num_classes=num_classes)
        self.encoders = nn.ModuleDict(encoders)
        dim, width = encoders["image"].output_dim, encoders["text"].output_dim
        self.query = nn.Linear(width, dim)
        self.attention = MultiHeadAttention(dim, heads)
        self.head = nn.Linear(width + dim, num_classes)

    def look(
        self, inputs: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The text (B, D_text), its query (B, 1, D), and the tokens (B, N, D)."""
        check_image_and_text("inputs", inputs, "array")
        text = self.encoders["text"](inputs["text"])
        tokens = self.encoders["image"].tokens(inputs["image"])
        check_as_many(text, tokens)
        return text, self.query(text).unsqueeze(1), tokens

    def attention_weights(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """alpha (B, K, N): how much each head attends to each token."""
        _, query, tokens = self.look(inputs)
        return self.attention.attention_weights(query, tokens).squeeze(2)

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        text, query, tokens = self.look(inputs)
        context = self.attention(query, tokens).squeeze(1)  # (B, D)
        return self.head(torch.cat([text, context], dim=1))
