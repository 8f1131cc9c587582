"""Sounds."""

from book.differences.registry import Group
from book.differences.sounds import bands, spectra

GROUP = Group(
    title="Sounds",
    introduction=(
        "Spectra are alike, what surrounds them is not. PyTorch has no mel bands of its own; "
        "librosa's, which its users often take, stand beside Keras's."
    ),
    differences=(
        spectra.STFT_WINDOW,
        spectra.STFT_AXES,
        spectra.FIRST_FRAME,
        spectra.ISTFT_ENDS,
        bands.MEL_FILTERS,
        bands.DECIBELS,
        bands.CEPSTRUM,
    ),
)
