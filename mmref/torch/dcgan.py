"""The two networks of a class-conditional DCGAN, on PyTorch's own layers."""

import torch
from torch import nn

from mmref.contract.arrays import check_images
from mmref.contract.dcgan import check_dcgan, check_labels, check_noise
from mmref.contract.settings import check_flags, check_number
from mmref.torch._dtype import layer_dtype
from mmref.torch._values import rows_of


class Generator(nn.Module):
    """Noise and a label to an image: (B, Z), (B,) -> (B, C, S, S), in [-1, 1].

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
        TypeError: one of them is no tensor. ValueError: a label that is not from 0 to classes - 1
        (on a GPU, CUDA itself stops).

    Source
        Radford, Metz and Chintala 2016, arXiv 1511.06434; Mirza and Osindero 2014, arXiv
        1411.1784, for the label.

    >>> draw = Generator(classes=8, size=32, latent=16, width=4)
    >>> draw(torch.randn(5, 16), torch.arange(5)).shape
    torch.Size([5, 3, 32, 32])
    """

    def __init__(
        self,
        classes: int,
        size: int = 32,
        latent: int = 64,
        embedding: int = 32,
        width: int = 32,
        channels: int = 3,
    ) -> None:
        super().__init__()
        check_dcgan(size, classes, width, latent=latent, embedding=embedding, channels=channels)
        self.latent, self.classes = latent, classes
        self.embedding = nn.Embedding(classes, embedding)
        self.blocks = nn.ModuleList(up_blocks(latent + embedding, width, size))
        self.paint = nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1)
        self.apply(start_weights)

    def forward(self, noise: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        check_noise(noise, self.latent, torch.Tensor, layer_dtype(self.paint.weight))
        check_labels(labels, len(noise), torch.Tensor)
        label = rows_of(self.embedding, "labels", labels, "classes")  # (B, E)
        x = torch.cat([noise, label], dim=1)[:, :, None, None]  # (B, Z + E, 1, 1)
        for block in self.blocks:
            x = block(x)  # (B, width * S / 8, 4, 4), then half the channels at twice the size
        return torch.tanh(self.paint(x))  # (B, C, S, S)


class Discriminator(nn.Module):
    """An image and a label to a logit: (B, C, S, S), (B,) -> (B,).

    Convolutions with stride 2, each doubling the channels, with batch norm (not in the first) and
    leaky ReLU, down to a 4 x 4 map h. The logit is a linear function of h plus the inner product
    of the label's embedding with the mean of h over its places.

    Args
        classes, size, width, channels: as in :class:`Generator`. leak: slope below 0.
        norm: whether there is batch norm. Penalties on the slope do not go with it: it makes the
            logit of one image depend on the others.

    Weights start as N(0, 0.02), the embedding too.

    Errors
        ShapeError: images or labels of a wrong shape or dtype. TypeError: one is no tensor.
        ValueError: a leak outside [0, 1); a label as in :class:`Generator`.

    Source
        Radford, Metz and Chintala 2016, arXiv 1511.06434; the label's term: Miyato and Koyama
        2018, arXiv 1802.05637, equation 3.

    >>> judge = Discriminator(classes=8, size=32, width=4)
    >>> judge(torch.zeros(5, 3, 32, 32), torch.arange(5)).shape
    torch.Size([5])
    """

    def __init__(
        self,
        classes: int,
        size: int = 32,
        width: int = 32,
        channels: int = 3,
        leak: float = 0.2,
        norm: bool = True,
    ) -> None:
        super().__init__()
        check_dcgan(size, classes, width, channels=channels)
        check_number("leak", leak, 0, 1)
        check_flags(norm=norm)
        self.shape, self.classes = (channels, size, size), classes
        self.blocks = nn.ModuleList(down_blocks(channels, width, size, leak, norm))
        broad = width * size // 8  # channels of the 4 x 4 map
        self.judge = nn.Conv2d(broad, 1, 4)
        self.embedding = nn.Embedding(classes, broad)
        self.apply(start_weights)

    def forward(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.judge.weight))
        check_labels(labels, len(images), torch.Tensor)
        h = images
        for block in self.blocks:
            h = block(h)  # half the size, twice the channels; at last (B, width * S / 8, 4, 4)
        label = rows_of(self.embedding, "labels", labels, "classes")  # (B, width * S / 8)
        match = (label * h.mean(dim=(2, 3))).sum(dim=1)  # (B,)
        return self.judge(h).flatten() + match


class UpBlock(nn.Module):
    """Transposed convolution 4 x 4 - batch norm - ReLU: twice the size, unless stride is 1."""

    def __init__(self, in_channels: int, channels: int, stride: int = 2, padding: int = 1) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(in_channels, channels, 4, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.norm(self.conv(x)))


class DownBlock(nn.Module):
    """Convolution 4 x 4 with stride 2 - batch norm or none - leaky ReLU: half the size."""

    def __init__(
        self, in_channels: int, channels: int, leak: float = 0.2, norm: bool = True
    ) -> None:
        super().__init__()
        self.leak = leak
        self.conv = nn.Conv2d(in_channels, channels, 4, stride=2, padding=1, bias=not norm)
        self.norm = nn.BatchNorm2d(channels) if norm else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return nn.functional.leaky_relu(x if self.norm is None else self.norm(x), self.leak)


def up_blocks(in_channels: int, width: int, size: int) -> list[UpBlock]:
    """From (B, in_channels, 1, 1) to (B, width * S / 8, 4, 4), then half the channels at twice the
    size, to (B, width, S / 2, S / 2)."""
    broad = width * size // 8
    blocks = [UpBlock(in_channels, broad, stride=1, padding=0)]
    while broad > width:
        blocks.append(UpBlock(broad, broad // 2))
        broad //= 2
    return blocks


def down_blocks(channels: int, width: int, size: int, leak: float, norm: bool) -> list[DownBlock]:
    """From (B, channels, S, S) to (B, width, S / 2, S / 2), then twice the channels at half the
    size, to (B, width * S / 8, 4, 4); no batch norm in the first."""
    blocks = [DownBlock(channels, width, leak, norm=False)]
    while size > 8:
        blocks.append(DownBlock(width, 2 * width, leak, norm))
        width, size = 2 * width, size // 2
    return blocks


def start_weights(layer: nn.Module) -> None:
    """N(0, 0.02) for weights, 0 for biases; batch norm starts as it does anyway: 1 and 0."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Embedding):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    if getattr(layer, "bias", None) is not None:
        nn.init.zeros_(layer.bias)
