"""Sounds: from samples to frames, spectra, mel bands and cepstral coefficients, and back.

Letters: B signals of T samples; L frames of N samples, h from one to the next; K = N // 2 + 1
frequencies, each a pair of real and imaginary part; M mel bands; D coefficients.
"""

from mmref.reference.audio.framing import (
    frames,
    frames_gradient,
    overlap_add,
    overlap_add_gradient,
    spectral_window,
)
from mmref.reference.audio.mel import (
    dct,
    dct_gradient,
    hertz_from_mel,
    log_mel,
    log_mel_gradient,
    mel_filters,
    mel_from_hertz,
    mfcc,
    mfcc_gradient,
)
from mmref.reference.audio.spectrum import (
    fourier,
    fourier_gradient,
    inverse_fourier,
    inverse_fourier_gradient,
    inverse_stft,
    inverse_stft_gradient,
    power_spectrogram,
    power_spectrogram_gradient,
    stft,
    stft_gradient,
)

__all__ = [
    "dct",
    "dct_gradient",
    "fourier",
    "fourier_gradient",
    "frames",
    "frames_gradient",
    "hertz_from_mel",
    "inverse_fourier",
    "inverse_fourier_gradient",
    "inverse_stft",
    "inverse_stft_gradient",
    "log_mel",
    "log_mel_gradient",
    "mel_filters",
    "mel_from_hertz",
    "mfcc",
    "mfcc_gradient",
    "overlap_add",
    "overlap_add_gradient",
    "power_spectrogram",
    "power_spectrogram_gradient",
    "spectral_window",
    "stft",
    "stft_gradient",
]
