"""What a denoiser is trained on, and how it draws."""

import torch
from torch import nn

from mmref.contract.arrays import check_range
from mmref.contract.diffusion import (
    check_noised,
    check_sampling,
    sampled_steps,
)
from mmref.contract.settings import check_kind
from mmref.torch._values import values
from mmref.torch.autoencoder import reconstruction_loss
from mmref.torch.diffusion.formulas import ddim_step, denoised, diffused, guided, velocity


def diffusion_loss(
    model: nn.Module,
    images: torch.Tensor,
    ids: torch.Tensor,
    steps: torch.Tensor,
    noise: torch.Tensor,
    schedule: torch.Tensor,
    drop: torch.Tensor | None = None,
) -> torch.Tensor:
    """What a denoiser is trained on: how far it is from the velocity.

    Formula
        L = reconstruction_loss(model(x_t, t, ids, drop), v), x_t and v of x_0 and n at step t

    Args
        model: such as a :class:`Denoiser`. images: x_0 (B, ...). ids, steps, drop: as it takes
        them. noise: n, drawn from N(0, 1), like the images. schedule: (T + 1,), floats.

    Returns
        A number.

    Errors
        As those of :func:`diffused` and of the model; ValueError: a step that the schedule has not;
        TypeError: no module.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, algorithm 1; on the velocity: Salimans and Ho, 2022.

    >>> from mmref.torch import Denoiser
    >>> model, images = Denoiser(5, size=8, width=8, blocks=1), torch.ones(1, 3, 8, 8)
    >>> given = torch.tensor([[3]]), torch.tensor([2]), torch.zeros_like(images)
    >>> diffusion_loss(model, images, *given, torch.tensor([1.0, 0.5, 0.25]))  # v = -sqrt(0.75)
    tensor(0.7500, grad_fn=<DivBackward0>)
    """
    check_kind("model", model, nn.Module, "a torch.nn.Module")
    check_noised(steps, schedule, torch.Tensor)
    found = values(steps, wait=False)
    if found is not None and found.size:
        check_range("steps", int(found.min()), int(found.max()), len(schedule))
    alpha_bar = schedule[steps]
    predicted = model(diffused(images, noise, alpha_bar), steps, ids, drop)
    return reconstruction_loss(predicted, velocity(images, noise, alpha_bar))


@torch.no_grad()
def sample(
    model: nn.Module,
    ids: torch.Tensor,
    noise: torch.Tensor,
    schedule: torch.Tensor,
    steps: int = 25,
    scale: float = 1.0,
) -> torch.Tensor:
    """Draw pictures of captions, by :func:`ddim_step` from noise to none.

    At every step the model is asked for the velocity, with and without the caption where the scale
    is not 1; the picture it speaks of is cut to [-1, 1].

    Args
        model: such as a :class:`Denoiser`. ids: (B, T). noise: (B, C, S, S), drawn from N(0, 1).
        schedule: (T + 1,), floats. steps: how many, at most T. scale: of :func:`guided`.

    Returns
        Pictures like the noise, in [-1, 1], a function of the noise.

    Errors
        ShapeError: tensors that do not go together, more steps than the schedule has. ValueError:
        no step, a scale below 0. TypeError: no module, no tensor.

    Source
        Song, Meng and Ermon, ICLR 2021, arXiv 2010.02502, with eta = 0.

    >>> from mmref.torch import Denoiser, noise_schedule
    >>> model = Denoiser(5, size=8, width=8, blocks=1)
    >>> noise = torch.randn(2, 3, 8, 8)
    >>> sample(model, torch.tensor([[3], [4]]), noise, noise_schedule(10), steps=5).shape
    torch.Size([2, 3, 8, 8])
    """
    check_kind("model", model, nn.Module, "a torch.nn.Module")
    check_sampling(ids, noise, schedule, steps, scale, torch.Tensor)
    given = torch.zeros(len(noise), dtype=torch.bool, device=noise.device)
    x, times = noise, sampled_steps(len(schedule) - 1, steps).tolist()
    for t, earlier in zip(times[:-1], times[1:], strict=True):
        now, before = (torch.full_like(given, n, dtype=torch.long) for n in (t, earlier))
        if scale == 1:
            predicted = model(x, now, ids, given)
        else:
            twice = [torch.cat([a, a]) for a in (x, now, ids)]
            told, untold = model(*twice, torch.cat([given, ~given])).chunk(2)
            predicted = guided(told, untold, scale)
        clean = denoised(x, predicted, schedule[now]).clamp(-1, 1)
        x = ddim_step(x, clean, schedule[now], schedule[before])
    return x
