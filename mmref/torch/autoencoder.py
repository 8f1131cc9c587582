"""Autoencoders, and what they are trained on (contract: ``mmref.contract.autoencoder``)."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.arrays import check_array
from mmref.contract.autoencoder import (
    check_bound,
    check_coders,
    check_decoder,
    check_decoders,
    check_moments,
    check_output_dim,
    check_outputs,
    check_rows_present,
    check_sampled,
)
from mmref.contract.models import check_model_inputs, check_parts
from mmref.contract.settings import check_counts, check_kind
from mmref.torch._dtype import layer_dtype
from mmref.torch.models import present_of

WHAT = "a torch.nn.Module"


def reconstruction_loss(
    outputs: torch.Tensor, targets: torch.Tensor, present: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean squared error of what comes out, over the rows whose target is there.

    Formula
        L = mean over the rows that are there of mean_j (y_j - x_j)^2, and 0 where none is

    Args
        outputs, targets: y and x (B, ...), floats of one shape and dtype.
        present: (B,) boolean, True = the target is there; what an absent row holds, NaN included,
            has no effect. None: all are.

    Returns
        A number.

    Errors
        ShapeError: no floats, two shapes or dtypes, rows without a number, present that is not
        boolean (B,). TypeError: no tensor.

    Source
        Hinton and Salakhutdinov, Science 313, 2006; with noise: Vincent et al., ICML 2008.

    >>> reconstruction_loss(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 4.0]]))
    tensor(2.)
    """
    check_outputs(outputs, targets, torch.Tensor)
    check_rows_present(present, len(outputs), torch.Tensor)
    difference = outputs - targets
    count = torch.tensor(len(outputs), device=outputs.device)
    if present is not None:
        count = present.sum()
        kept = present.reshape(-1, *[1] * (outputs.ndim - 1))
        difference = torch.where(kept, difference, 0)
    return difference.square().sum() / (count.clamp(min=1) * math.prod(outputs.shape[1:]))


def gaussian_kl(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence of each row's Gaussian from the standard one.

    Formula
        KL_b = 1/2 sum_z (m_z^2 + e^(s_z) - 1 - s_z)

    Args
        mean, log_variance: m and s (B, Z), floats of one shape and dtype.

    Returns
        (B,), at least 0, in nats; 0 where m = s = 0.

    Errors
        ShapeError: no floats (B, Z), or two shapes or dtypes. TypeError: no tensor.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, appendix B. Their sigma^2 is our e^s.

    >>> gaussian_kl(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2))
    tensor([12.5000])
    """
    check_moments(mean, log_variance, torch.Tensor)
    return (mean.square() + torch.expm1(log_variance) - log_variance).sum(dim=1) / 2


def reparameterize(
    mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor
) -> torch.Tensor:
    """A sample of each row's Gaussian, as a function of its mean and variance.

    Formula
        z = m + e^(s / 2) n, n drawn from N(0, 1)

    Args
        mean, log_variance, noise: m, s and n (B, Z), floats of one shape and dtype.

    Returns
        z (B, Z), with a derivative by m and s.

    Errors
        ShapeError: no floats (B, Z), or two shapes or dtypes. TypeError: no tensor.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, section 2.4.

    >>> reparameterize(torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([[-0.5]]))
    tensor([[0.5000]])
    """
    check_sampled(mean, log_variance, noise, torch.Tensor)
    return mean + torch.exp(log_variance / 2) * noise


def elbo(
    outputs: torch.Tensor,
    targets: torch.Tensor,
    mean: torch.Tensor,
    log_variance: torch.Tensor,
    variance: float = 1.0,
    beta: float = 1.0,
) -> torch.Tensor:
    """The evidence lower bound of each row, with one sample of its code.

    Formula
        L_b = -1/2 sum_j ((x_j - y_j)^2 / v + log(2 pi v)) - beta KL_b. To be maximized: the loss is
        minus its mean.

    Args
        outputs, targets: y and x (B, ...), floats of one shape and dtype.
        mean, log_variance: m and s (B, Z), floats of one shape and dtype.
        variance: v = sigma^2, of the targets about the outputs; it weighs the two terms.
        beta: weight of the divergence; with another one than 1, L is no bound of this likelihood.

    Returns
        (B,), in nats.

    Errors
        ShapeError: tensors that do not go together. ValueError: a variance that is not positive, a
        beta below 0. TypeError: no tensor, or no number.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, equations 3 and 7; beta: Higgins et al. 2017,
        "beta-VAE", ICLR.

    >>> elbo(*[torch.zeros(1, 2)] * 4)  # -log(2 pi)
    tensor([-1.8379])
    """
    check_bound(outputs, targets, mean, log_variance, variance, beta, torch.Tensor)
    squares = (targets - outputs).square().flatten(start_dim=1).sum(dim=1)
    constant = math.prod(outputs.shape[1:]) * math.log(2 * math.pi * variance)
    return -(squares / variance + constant) / 2 - beta * gaussian_kl(mean, log_variance)


class Autoencoder(nn.Module):
    """Encode, then decode: what comes in should come out.

    Formula
        y = decoder(encoder(x)). Trained on :func:`reconstruction_loss`; given x with noise and
        trained on x without, it takes noise away.

    Args
        encoder: a module, such as an ``ImageEncoder``. decoder: a module that takes its code, such
            as an ``ImageDecoder``.

    Call
        inputs: the tensor that the encoder takes. Returns what the decoder gives.
        ``encoder`` and ``decoder`` are called by themselves, too.

    Errors
        TypeError: no module. ValueError: a decoder whose input_dim is not the encoder's output_dim.

    >>> from mmref.torch import TableDecoder, TableEncoder
    >>> Autoencoder(TableEncoder(5, 3), TableDecoder(3, 5))(torch.zeros(2, 5)).shape
    torch.Size([2, 5])
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        check_coders(encoder, decoder, nn.Module, WHAT)
        self.encoder, self.decoder = encoder, decoder

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        check_array("inputs", inputs, torch.Tensor)
        return self.decoder(self.encoder(inputs))


class VariationalAutoencoder(nn.Module):
    """Encode to a Gaussian, draw from it, decode.

    Formula
        h = encoder(x), m = W h + b, s = V h + c, z = m + e^(s / 2) n, y = decoder(z). Trained on
        :func:`elbo`; then decoder(n), n drawn from N(0, 1), is a new x.

    Args
        encoder: a module with an ``output_dim``. decoder: a module that takes z (B, Z).
        latent: Z.

    Call
        inputs: the tensor that the encoder takes. noise: n (B, Z); None draws it in training mode,
        and is 0 in evaluation mode. Returns y, what the decoder gives.
        ``encode(inputs)`` returns m and s (B, Z), from which training makes z itself: the bound
        wants all of them.

    Errors
        TypeError: no module, an encoder without output_dim. ValueError: a decoder whose input_dim
        is not Z, a latent below 1. ShapeError: noise of another shape or dtype.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, section 3.

    >>> from mmref.torch import TableDecoder, TableEncoder
    >>> model = VariationalAutoencoder(TableEncoder(5, 8), TableDecoder(2, 5), latent=2)
    >>> model(torch.zeros(3, 5)).shape
    torch.Size([3, 5])
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, latent: int) -> None:
        super().__init__()
        check_counts(latent=latent)
        check_kind("encoder", encoder, nn.Module, WHAT)
        check_output_dim(encoder)
        check_decoder("decoder", decoder, latent, nn.Module, WHAT)
        self.encoder, self.decoder, self.latent = encoder, decoder, latent
        self.mean = nn.Linear(encoder.output_dim, latent)
        self.log_variance = nn.Linear(encoder.output_dim, latent)

    def encode(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """m and s (B, Z)."""
        check_array("inputs", inputs, torch.Tensor)
        h = self.encoder(inputs)
        return self.mean(h), self.log_variance(h)

    def forward(self, inputs: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
        mean, log_variance = self.encode(inputs)
        if noise is None:
            noise = torch.randn_like(mean) if self.training else torch.zeros_like(mean)
        elif layer_dtype(self.mean.weight) is None:  # autocast has made the moments narrower
            check_array("noise", noise, torch.Tensor)
            noise = noise.to(mean.dtype)
        return self.decoder(reparameterize(mean, log_variance, noise))


class MultimodalAutoencoder(nn.Module):
    """Encode whatever modalities are there, fuse, and decode all of them.

    Formula
        z = fusion({m: encoder_m(input_m)}, present),  y_m = decoder_m(z)

    Args
        encoders: mapping m -> module with ``output_dim``. fusion: a fusion over exactly these
            modalities. decoders: mapping m -> module that takes z (B, D).

    Call
        inputs, present: as :class:`FusionClassifier`. A row needs one of its modalities.
        Returns a mapping m -> y_m, also of modalities that were absent: what the others tell of
        them. ``code(inputs, present)`` gives z.
        Train it with modalities marked absent whose targets are there: each is then learned from
        the others as well as from itself.

    Errors
        ModalityError: encoders, fusion, decoders or inputs name different modalities. ValueError:
        widths that do not fit. ShapeError: present that is not boolean (B, M). TypeError: no
        module.

    Source
        Ngiam, Khosla, Kim, Nam, Lee and Ng, "Multimodal deep learning", ICML 2011: their bimodal
        deep autoencoder.

    >>> from mmref.torch import ConcatFusion, TableDecoder, TableEncoder
    >>> encoders = {"left": TableEncoder(2, 4), "right": TableEncoder(3, 4)}
    >>> decoders = {"left": TableDecoder(6, 2), "right": TableDecoder(6, 3)}
    >>> model = MultimodalAutoencoder(encoders, ConcatFusion({"left": 4, "right": 4}, 6), decoders)
    >>> inputs = {"left": torch.ones(1, 2), "right": torch.zeros(1, 3)}
    >>> model(inputs, torch.tensor([[True, False]]))["right"].shape
    torch.Size([1, 3])
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        decoders: Mapping[str, nn.Module],
    ) -> None:
        super().__init__()
        check_parts(encoders, fusion, 0.0, nn.Module, WHAT)
        check_decoders(decoders, fusion.dims, fusion.dim, nn.Module, WHAT)
        self.encoders, self.fusion = nn.ModuleDict(encoders), fusion
        self.decoders = nn.ModuleDict(decoders)

    def code(self, inputs: Mapping[str, Any], present: torch.Tensor | None = None) -> torch.Tensor:
        """z (B, D)."""
        check_model_inputs(inputs, self.encoders)
        present = present_of(inputs, self.fusion, present)
        return self.fusion({m: f(inputs[m]) for m, f in self.encoders.items()}, present)

    def forward(
        self, inputs: Mapping[str, Any], present: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        z = self.code(inputs, present)
        return {m: decoder(z) for m, decoder in self.decoders.items()}
