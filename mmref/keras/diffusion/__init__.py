"""Diffusion: pictures from noise, a step at a time (contract: ``mmref.contract.diffusion``)."""

from mmref.keras.diffusion.denoiser import Denoiser
from mmref.keras.diffusion.formulas import (
    ddim_step,
    denoised,
    denoised_from_noise,
    diffused,
    guided,
    noise_from_velocity,
    noise_schedule,
    posterior_mean,
    posterior_variance,
    timestep_embedding,
    velocity,
)
from mmref.keras.diffusion.training import Diffusion, diffusion_loss, sample

__all__ = [
    "Denoiser",
    "Diffusion",
    "ddim_step",
    "denoised",
    "denoised_from_noise",
    "diffused",
    "diffusion_loss",
    "guided",
    "noise_from_velocity",
    "noise_schedule",
    "posterior_mean",
    "posterior_variance",
    "sample",
    "timestep_embedding",
    "velocity",
]
