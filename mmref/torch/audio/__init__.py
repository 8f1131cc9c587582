"""Sounds: frames, spectra, mel bands, cepstral coefficients (contract: ``mmref.contract.audio``).

All but the constants can be differentiated, down to the samples.
"""

from mmref.torch.audio.framing import frames, overlap_add, spectral_window
from mmref.torch.audio.mel import dct, log_mel, mel_filters, mfcc
from mmref.torch.audio.spectrum import (
    fourier,
    inverse_fourier,
    inverse_stft,
    power_spectrogram,
    stft,
)

__all__ = [
    "dct",
    "fourier",
    "frames",
    "inverse_fourier",
    "inverse_stft",
    "log_mel",
    "mel_filters",
    "mfcc",
    "overlap_add",
    "power_spectrogram",
    "spectral_window",
    "stft",
]
