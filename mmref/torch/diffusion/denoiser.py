"""A network that hears of a step and of a caption, and takes noise away."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from mmref.contract.arrays import check_images
from mmref.contract.diffusion import (
    GROUPS,
    check_conditions,
    check_denoiser,
)
from mmref.contract.encoders import check_ids
from mmref.torch._dtype import layer_dtype
from mmref.torch._values import rows_of
from mmref.torch.diffusion.formulas import timestep_embedding
from mmref.torch.multi_head import MultiHeadAttention
from mmref.torch.transformer import LayerNorm, TransformerBlock


class Denoiser(nn.Module):
    """A noisy picture, its step and a caption to the velocity: (B, C, S, S) -> (B, C, S, S).

    The picture is folded to half its size and four times its channels. At that size and at half
    of it stand residual blocks, whose scales and shifts (FiLM) come from the step and the
    caption's mean; at the lower size each place looks at the caption's words as well. Then the way
    back, with what was there on the way down beside it.

    Args
        vocabulary_size: number of ids; id 0 is padding and is ignored, wherever it stands.
        size: S, a multiple of 4. width: W, channels at half the size; 2 W at a quarter, where
            words are as wide. A multiple of 8, the groups of the norms.
        blocks: residual blocks at each size and each way, and Transformer blocks for the words.
        heads: of every attention, a divisor of 2 W. channels: C.

    Call
        images: x_t. steps: t (B,), integers. ids: (B, T). drop: (B,) boolean, True = as if there
        were no caption: all words are then one learned vector. None drops no caption.

    Weights start as Keras's: Glorot's uniform, embeddings, places and the empty caption N(0, 1),
    biases 0. The last layer starts with 0, so an untrained one answers 0.

    Errors
        ShapeError: images, steps, ids or drop of a wrong shape or dtype. ValueError: a setting
        that does not go with the others, an id outside the vocabulary (on a GPU, CUDA itself
        stops). TypeError: one of them is no tensor.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, for the network; Perez et al., AAAI 2018, for FiLM;
        attention to words: Rombach et al., CVPR 2022; drop: Ho and Salimans 2022, arXiv 2207.12598.

    >>> model = Denoiser(50, size=8, width=8, blocks=1)
    >>> model(torch.zeros(2, 3, 8, 8), torch.tensor([1, 9]), torch.tensor([[3, 4], [5, 0]])).shape
    torch.Size([2, 3, 8, 8])
    """

    def __init__(
        self,
        vocabulary_size: int,
        size: int = 32,
        width: int = 32,
        blocks: int = 2,
        heads: int = 4,
        channels: int = 3,
    ) -> None:
        super().__init__()
        sizes = {"vocabulary_size": vocabulary_size, "channels": channels}
        check_denoiser(size, width, blocks, heads, **sizes)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "size": size}
        self.config |= {"width": width, "blocks": blocks, "heads": heads, "channels": channels}
        self.shape, self.dim = (channels, size, size), 2 * width
        dim, conditions, places = 2 * width, 4 * width, (size // 4) ** 2
        self.embedding = nn.Embedding(vocabulary_size, dim)
        self.empty = nn.Parameter(torch.randn(dim))
        self.reader = nn.ModuleList(TransformerBlock(dim, heads, 2 * dim) for _ in range(blocks))
        self.time = nn.Linear(dim, conditions)
        self.time_out = nn.Linear(conditions, conditions)
        self.text = nn.Linear(dim, conditions)
        self.stem = nn.Conv2d(4 * channels, width, 3, padding=1)
        self.down = nn.ModuleList(ModulatedBlock(width, width, conditions) for _ in range(blocks))
        self.shrink = nn.Conv2d(width, dim, 4, stride=2, padding=1)
        self.middle = nn.ModuleList(ModulatedBlock(dim, dim, conditions) for _ in range(blocks))
        self.places = nn.Parameter(torch.randn(places, dim))
        self.look = nn.ModuleList(WordAttention(dim, heads) for _ in range(blocks))
        self.grow = nn.ConvTranspose2d(dim, width, 4, stride=2, padding=1)
        self.up = nn.ModuleList(
            ModulatedBlock(width if i else dim, width, conditions) for i in range(blocks)
        )
        self.norm = nn.GroupNorm(GROUPS, width)
        self.paint = nn.Conv2d(width, 4 * channels, 3, padding=1)
        self.apply(start_as_keras)
        nn.init.zeros_(self.paint.weight)

    def read(
        self, ids: torch.Tensor, drop: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The caption's words (B, T, 2 W), each knowing the others, and which count (B, T)."""
        mask = ids != 0
        words = rows_of(self.embedding, "ids", ids, "vocabulary_size")  # (B, T, 2 W)
        order = torch.arange(ids.shape[1], device=ids.device)
        words = words + timestep_embedding(order, self.dim, dtype=words.dtype)
        for block in self.reader:
            words = block(words, mask[:, None])
        if drop is None:
            return words, mask
        words = torch.where(drop[:, None, None], self.empty.to(words.dtype), words)
        return words, mask | drop[:, None]

    def forward(
        self,
        images: torch.Tensor,
        steps: torch.Tensor,
        ids: torch.Tensor,
        drop: torch.Tensor | None = None,
    ) -> torch.Tensor:
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.stem.weight))
        check_ids(ids, torch.Tensor)
        check_conditions(len(images), steps, ids, drop, torch.Tensor)
        words, mask = self.read(ids, drop)
        time = timestep_embedding(steps, self.dim, dtype=self.time.weight.dtype)
        condition = self.time_out(functional.silu(self.time(time)))
        condition = functional.silu(condition + self.text(mean_of(words, mask)))  # (B, 4 W)
        x = self.stem(folded(images))  # (B, W, S / 2, S / 2)
        for block in self.down:
            x = block(x, condition)
        beside, x = x, self.shrink(x)  # (B, 2 W, S / 4, S / 4)
        for block, look in zip(self.middle, self.look, strict=True):
            x = look(block(x, condition), self.places, words, mask)
        x = torch.cat([self.grow(x), beside], dim=1)  # (B, 2 W, S / 2, S / 2)
        for block in self.up:
            x = block(x, condition)
        return unfolded(self.paint(functional.silu(self.norm(x))))  # of (B, 4 C, S / 2, S / 2)


class ModulatedBlock(nn.Module):
    """Two convolutions beside the input, the second one's scaled and shifted by a condition.

    Formula
        h = conv_in(silu(norm_in(x))),  scale, shift = halves of film(condition),
        y = conv_out(silu((1 + scale) norm_out(h) + shift)) + x, or skip(x) for other channels
    """

    def __init__(self, in_channels: int, channels: int, conditions: int) -> None:
        super().__init__()
        self.norm_in = nn.GroupNorm(GROUPS, in_channels)
        self.conv_in = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.film = nn.Linear(conditions, 2 * channels)
        self.norm_out = nn.GroupNorm(GROUPS, channels, affine=False)
        self.conv_out = nn.Conv2d(channels, channels, 3, padding=1)
        self.skip = None if in_channels == channels else nn.Conv2d(in_channels, channels, 1)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        h = self.norm_out(self.conv_in(functional.silu(self.norm_in(x))))
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
        h = self.conv_out(functional.silu((1 + scale) * h + shift))
        return h + (x if self.skip is None else self.skip(x))


class WordAttention(nn.Module):
    """Each place of a map (B, C, H, W) looks at the words (B, T, C), beside what is there."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm, self.attention = LayerNorm(dim), MultiHeadAttention(dim, heads)

    def forward(
        self, x: torch.Tensor, places: torch.Tensor, words: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        queries = self.norm(x.flatten(2).transpose(1, 2)) + places  # (B, H W, C)
        seen = self.attention(queries, words, mask=mask[:, None])
        return x + seen.transpose(1, 2).reshape(x.shape)


def folded(images: torch.Tensor) -> torch.Tensor:
    """Squares of 2 x 2 pixels as channels: (B, C, H, W) -> (B, 4 C, H / 2, W / 2).

    ``pixel_unshuffle`` is the same, and leaves a batch of no picture as it is.
    """
    x = images.unflatten(3, (-1, 2)).unflatten(2, (-1, 2))  # (B, C, H / 2, 2, W / 2, 2)
    return x.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


def unfolded(x: torch.Tensor) -> torch.Tensor:
    """The inverse of :func:`folded`."""
    x = x.unflatten(1, (-1, 2, 2)).permute(0, 1, 4, 2, 5, 3)  # (B, C, H / 2, 2, W / 2, 2)
    return x.flatten(4).flatten(2, 3)


def mean_of(words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean (B, D) of the words (B, T, D) that the mask (B, T) keeps; 0 where there is none."""
    kept = torch.where(mask[:, :, None], words, 0)
    return kept.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1)


def start_as_keras(layer: nn.Module) -> None:
    """Glorot's uniform for dense layers and convolutions, biases 0, N(0, 1) for embeddings."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
