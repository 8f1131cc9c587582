"""Networks for which others publish trained weights; ``mmref.data.pretrained`` reads these."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

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
from mmref.torch._dtype import layer_dtype
from mmref.torch._values import rows_of
from mmref.torch.contrastive import unit_vectors
from mmref.torch.transformer import LayerNorm, TransformerBlock


class ConvNorm(nn.Module):
    """A convolution without bias, batch norm and, if ``active``, ReLU6.

    The padding is TensorFlow's "same": an odd row of zeros goes below and to the right.
    """

    def __init__(
        self, inside: int, outside: int, kernel: int = 1, stride: int = 1, groups: int = 1,
        active: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outside, eps=EPSILON, momentum=1 - KEPT)
        self.kernel, self.stride, self.active = kernel, stride, active

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lost = [max(self.kernel - ((n - 1) % self.stride + 1), 0) for n in x.shape[:1:-1]]
        sides = [side for n in lost for side in (n // 2, n - n // 2)]  # left, right, top, bottom
        x = self.norm(self.conv(nn.functional.pad(x, sides)))
        return nn.functional.relu6(x) if self.active else x


class InvertedBlock(nn.Module):
    """Widen, convolve each channel by itself, narrow; what came in is added where it fits."""

    def __init__(self, inside: int, outside: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = expansion * inside
        self.widen = ConvNorm(inside, wide) if expansion > 1 else None
        self.depthwise = ConvNorm(wide, wide, kernel, stride, groups=wide)
        self.narrow = ConvNorm(wide, outside, active=False)
        self.adds = stride == 1 and inside == outside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x if self.widen is None else self.widen(x)
        y = self.narrow(self.depthwise(y))
        return x + y if self.adds else y


class EfficientNetLite(nn.Module):
    """Inverted residual blocks of convolutions, and the mean over all places: images -> (B, D).

    Args
        stages: (expansion, kernel, stride, channels, blocks) of each. dim: D. The defaults are
            those of EfficientNet-Lite0, for which :mod:`mmref.data.pretrained` has weights.
        classes: None for the features; a number for logits of so many classes, by a dense layer.

    Call
        images: (B, 3, H, W), from 0 to 1; the network itself scales them as in its training.
        Returns (B, D), or (B, classes).

    Errors
        ShapeError: a wrong shape or dtype, a stage that is not five numbers. ValueError: a number
        below 1. TypeError: no tensor.

    Source
        Tan and Le, "EfficientNet", ICML 2019, arXiv 1905.11946. Lite leaves out squeeze and
        excitation, and has ReLU6.

    >>> EfficientNetLite(((1, 3, 1, 8, 1), (6, 3, 2, 12, 2)), dim=10)(torch.ones(2, 3, 8, 6)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        stages: Sequence[Sequence[int]] = LITE0,
        dim: int = LITE0_DIM,
        classes: int | None = None,
    ) -> None:
        super().__init__()
        blocks = blocks_of(stages)
        check_lite(dim, classes)
        self.config: dict[str, Any] = {"stages": tuple(tuple(s) for s in stages), "dim": dim}
        self.config |= {"classes": classes}
        self.stem = ConvNorm(3, STEM, 3, 2)
        self.blocks = nn.ModuleList(InvertedBlock(*block) for block in blocks)
        self.top = ConvNorm(blocks[-1][1], dim)
        self.head = None if classes is None else nn.Linear(dim, classes)
        self.output_dim = dim if classes is None else classes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        dtype = layer_dtype(self.top.conv.weight)
        check_images(images, (3, "H", "W"), torch.Tensor, dtype)
        x = self.stem(images * SCALE + SHIFT)
        for block in self.blocks:
            x = block(x)
        x = self.top(x).mean(dim=(2, 3))  # (B, D)
        return x if self.head is None else self.head(x)


class MiniLM(nn.Module):
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
        id outside the vocabulary, a text that is too long. TypeError: no tensor.

    Source
        Wang et al., "MiniLM", NeurIPS 2020, arXiv 2002.10957; Reimers and Gurevych,
        "Sentence-BERT", EMNLP 2019, arXiv 1908.10084, whose mean pooling this is.

    >>> MiniLM(50, dim=12, blocks=1, heads=3, hidden=8)(torch.tensor([[3, 4, 0]])).shape
    torch.Size([1, 12])
    """

    def __init__(
        self,
        vocabulary_size: int = 30522,
        dim: int = 384,
        blocks: int = 6,
        heads: int = 12,
        hidden: int = 1536,
        longest: int = 512,
    ) -> None:
        super().__init__()
        check_counts(vocabulary_size=vocabulary_size, hidden=hidden, longest=longest)
        check_count("blocks", blocks)
        check_heads(dim, heads)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "dim": dim}
        self.config |= {"blocks": blocks, "heads": heads, "hidden": hidden, "longest": longest}
        self.embedding = nn.Embedding(vocabulary_size, dim)
        self.positions = nn.Parameter(0.02 * torch.randn(longest, dim))
        self.norm = LayerNorm(dim, 1e-12)
        self.blocks = nn.ModuleList(
            TransformerBlock(dim, heads, hidden, norm_first=False, epsilon=1e-12)
            for _ in range(blocks)
        )
        self.output_dim = dim

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        check_ids(ids, torch.Tensor)
        check_longest(ids.shape[1], len(self.positions))
        mask = ids != 0  # (B, T)
        x = rows_of(self.embedding, "ids", ids, "vocabulary_size") + self.positions[: ids.shape[1]]
        x = self.norm(x)
        for block in self.blocks:
            x = block(x, mask[:, None])
        kept = mask.unsqueeze(-1).to(x.dtype)
        mean = (kept * x).sum(dim=1) / kept.sum(dim=1).clamp(min=1)  # (B, D)
        return unit_vectors(mean)
