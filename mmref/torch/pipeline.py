"""Picture and text in, a picture out: a generator told by fused modalities, and its judge."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from mmref.contract.arrays import check_array, check_images, check_rows
from mmref.contract.dcgan import check_noise
from mmref.contract.models import check_model_inputs
from mmref.contract.pipeline import check_drawing, check_scored, check_told
from mmref.contract.settings import check_flags, check_number
from mmref.torch._dtype import layer_dtype
from mmref.torch.autoencoder import reparameterize
from mmref.torch.dcgan import down_blocks, start_weights, up_blocks
from mmref.torch.diffusion.denoiser import WordAttention, start_as_keras
from mmref.torch.models import present_of

WHAT = "a torch.nn.Module"


class Told(NamedTuple):
    """What a generator was told: a Gaussian, (B, Z) twice, and the words (B, T, H) with a mask."""

    mean: torch.Tensor
    log_variance: torch.Tensor
    words: torch.Tensor | None
    mask: torch.Tensor | None


class FusionGenerator(nn.Module):
    """Modalities and noise to an image: (B, Z) -> (B, C, S, S), in [-1, 1].

    Formula
        f = fusion({m: encoder_m(input_m)}, present)
        mean, log_variance = two dense layers of f,  c = mean + e^(log_variance / 2) n
        a map 4 x 4 of (noise, c) is doubled as a DCGAN's; at a quarter of the size each place
        looks at the words that the text's encoder read, by multi-head attention

    Args
        encoders: mapping m -> module with ``output_dim``. fusion: one over exactly these.
        text: the modality whose words are looked at, of a ``TextEncoder``; None for none.
        latent: Z, width of the noise. condition: width of c. heads: of the attention.
        size: S, a power of 2 from 16 (from 8 without words). channels: C.
        width: channels of the last map before the image; the 4 x 4 map has width * S / 8.

    Call
        inputs, present: as :class:`FusionClassifier`. noise: drawn from N(0, 1). augment: n, like
        it (B, condition); None for 0. ``read(inputs, present)`` gives mean, log_variance, words and
        their mask, for :func:`gaussian_kl`; ``draw(told, noise, augment)`` goes on from there.

    Convolutions start as N(0, 0.02), dense layers by Glorot's uniform, places N(0, 1).

    Errors
        ModalityError: encoders, fusion and inputs name different modalities. ShapeError: noise or
        augment of a wrong shape or dtype. ValueError: sizes that do not go together. ChoiceError:
        a text that is no modality. TypeError: no module, or one that tells of no words.

    Source
        Reed et al., ICML 2016, arXiv 1605.05396, for the network; conditioning augmentation: Zhang
        et al., ICCV 2017, arXiv 1612.03242, section 3.2; attention to words: Xu et al., CVPR 2018,
        arXiv 1711.10485, section 3.1.

    >>> from mmref.torch import ImageEncoder, TextEncoder, WeightedFusion
    >>> encoders = {"image": ImageEncoder((16, 16), (4,), 8), "text": TextEncoder(9, 6, 6, 8)}
    >>> fusion = WeightedFusion({"image": 8, "text": 8}, 8)
    >>> draw = FusionGenerator(encoders, fusion, latent=5, size=16, width=4, heads=2)
    >>> inputs = {"image": torch.zeros(2, 3, 16, 16), "text": torch.tensor([[3, 4], [5, 0]])}
    >>> draw(inputs, torch.zeros(2, 5)).shape
    torch.Size([2, 3, 16, 16])
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        text: str | None = "text",
        latent: int = 32,
        condition: int = 32,
        size: int = 32,
        width: int = 32,
        heads: int = 4,
        channels: int = 3,
    ) -> None:
        super().__init__()
        counts = {"latent": latent, "condition": condition, "channels": channels}
        check_drawing(encoders, fusion, text, size, width, nn.Module, WHAT, **counts)
        self.latent, self.text, self.size = latent, text, size
        self.encoders, self.fusion = nn.ModuleDict(encoders), fusion
        self.mean = nn.Linear(fusion.dim, condition)
        self.log_variance = nn.Linear(fusion.dim, condition)
        self.blocks = nn.ModuleList(up_blocks(latent + condition, width, size))
        self.paint = nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1)
        self.look = None
        if text is not None:
            places, words_dim = (size // 4) ** 2, encoders[text].words_dim
            self.look = LookAtWords(words_dim, 2 * width, places, heads)
        for layer in (self.mean, self.log_variance):
            layer.apply(start_as_keras)
        for layer in (self.blocks, self.paint):
            layer.apply(start_weights)

    def read(self, inputs: Mapping[str, Any], present: torch.Tensor | None = None) -> Told:
        """What the inputs say: see :class:`Told`."""
        check_model_inputs(inputs, self.encoders)
        present = present_of(inputs, self.fusion, present)
        words = mask = None
        features = {m: f(inputs[m]) for m, f in self.encoders.items() if m != self.text}
        if self.text is not None:
            words, mask = self.encoders[self.text].words(inputs[self.text])
            features[self.text] = self.encoders[self.text].pooled(words, mask)
        f = self.fusion(features, present)  # (B, D)
        if present is not None and mask is not None:
            mask = mask & present[:, list(self.fusion.dims).index(self.text), None]
        return Told(self.mean(f), self.log_variance(f), words, mask)

    def draw(
        self, told: Told, noise: torch.Tensor, augment: torch.Tensor | None = None
    ) -> torch.Tensor:
        """An image (B, C, S, S) of it."""
        check_noise(noise, self.latent, torch.Tensor, layer_dtype(self.paint.weight))
        check_told(told, Told, noise.shape[0])
        c = told.mean
        if augment is not None:
            if layer_dtype(self.mean.weight) is None:  # autocast has made the moments narrower
                check_array("augment", augment, torch.Tensor)
                augment = augment.to(c.dtype)
            c = reparameterize(told.mean, told.log_variance, augment)
        x = torch.cat([noise, c], dim=1)[:, :, None, None]  # (B, Z + condition, 1, 1)
        for block in self.blocks:
            x = block(x)  # (B, W S / 8, 4, 4), then half the channels at twice the size
            if self.look is not None and x.shape[-1] == self.size // 4:
                x = self.look(x, told.words, told.mask)
        return torch.tanh(self.paint(x))  # (B, C, S, S)

    def forward(
        self,
        inputs: Mapping[str, Any],
        noise: torch.Tensor,
        augment: torch.Tensor | None = None,
        present: torch.Tensor | None = None,
    ) -> torch.Tensor:
        return self.draw(self.read(inputs, present), noise, augment)


class LookAtWords(nn.Module):
    """Each place of a map (B, C, H, W) looks at words (B, T, words_dim), made as wide as it is."""

    def __init__(self, words_dim: int, dim: int, places: int, heads: int) -> None:
        super().__init__()
        self.dense = nn.Linear(words_dim, dim)
        self.places = nn.Parameter(torch.randn(places, dim))
        self.attention = WordAttention(dim, heads)
        self.apply(start_as_keras)

    def forward(self, x: torch.Tensor, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.attention(x, self.places, self.dense(words), mask)


class FusionDiscriminator(nn.Module):
    """An image and what it should show to a logit: (B, C, S, S) -> (B,).

    Formula
        f = fusion({m: encoder_m(input_m)}, present);  h (., 4, 4) of the image, as a DCGAN's
        logit = judge(leaky_relu(join([h, f at each place]))) + (mean over places of h) . match(f)
        The product finds what goes together sooner than the join, which only adds both.

    Args
        encoders, fusion: of its own, as those of :class:`FusionGenerator`.
        size, width, channels: of the image, a power of 2 from 8, and of the maps.
        leak: slope below 0. norm: whether there is batch norm.

    Call
        images: in [-1, 1]. inputs, present: as :class:`FusionClassifier`. One image beside two
        captions is read once: ``score(features(images), read(inputs, present))``.

    Convolutions start as N(0, 0.02), match by Glorot's uniform.

    Errors
        As those of :class:`FusionGenerator`; ShapeError: images of a wrong shape or dtype.

    Source
        Reed et al., ICML 2016, arXiv 1605.05396, section 4.1: the text at each place of the map.
        Miyato and Koyama, ICLR 2018, arXiv 1802.05637, equation 3: the product.

    >>> from mmref.torch import ConcatFusion, TextEncoder
    >>> encoders, fusion = {"text": TextEncoder(9, 6, 6, 8)}, ConcatFusion({"text": 8}, 8)
    >>> judge = FusionDiscriminator(encoders, fusion, size=16, width=4)
    >>> judge(torch.zeros(2, 3, 16, 16), {"text": torch.tensor([[3, 4], [5, 0]])}).shape
    torch.Size([2])
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        size: int = 32,
        width: int = 32,
        channels: int = 3,
        leak: float = 0.2,
        norm: bool = True,
    ) -> None:
        super().__init__()
        check_drawing(encoders, fusion, None, size, width, nn.Module, WHAT, channels=channels)
        check_number("leak", leak, 0, 1)
        check_flags(norm=norm)
        self.shape, self.leak = (channels, size, size), leak
        self.encoders, self.fusion = nn.ModuleDict(encoders), fusion
        self.blocks = nn.ModuleList(down_blocks(channels, width, size, leak, norm))
        width = width * size // 8  # from here on, channels of the 4 x 4 map
        self.join = nn.Conv2d(width + fusion.dim, width, 1)
        self.judge = nn.Conv2d(width, 1, 4)
        self.match = nn.Linear(fusion.dim, width)
        start_as_keras(self.match)
        for layer in (self.blocks, self.join, self.judge):
            layer.apply(start_weights)

    def read(self, inputs: Mapping[str, Any], present: torch.Tensor | None = None) -> torch.Tensor:
        """f (B, D): what the image should show."""
        check_model_inputs(inputs, self.encoders)
        present = present_of(inputs, self.fusion, present)
        return self.fusion({m: f(inputs[m]) for m, f in self.encoders.items()}, present)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """h (B, W S / 8, 4, 4): what the image shows."""
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.judge.weight))
        for block in self.blocks:
            images = block(images)
        return images

    def score(self, features: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        """Logits (B,): how well they go together."""
        shape = self.match.out_features, 4, 4
        check_scored(features, told, shape, self.match.in_features, torch.Tensor)
        places = told[:, :, None, None].expand(-1, -1, *features.shape[2:])
        h = functional.leaky_relu(self.join(torch.cat([features, places], dim=1)), self.leak)
        suits = (features.mean(dim=(2, 3)) * self.match(told)).sum(dim=1)
        return self.judge(h).flatten() + suits

    def forward(
        self,
        images: torch.Tensor,
        inputs: Mapping[str, Any],
        present: torch.Tensor | None = None,
    ) -> torch.Tensor:
        features, told = self.features(images), self.read(inputs, present)
        check_rows("images", features.shape[0], told.shape[0], "inputs")
        return self.score(features, told)
