"""The short-time Fourier transform and its inverse."""

import warnings

import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_stft_window():
    (x,) = draw((16,))
    given = {"n_fft": 8, "hop_length": 4, "center": False, "return_complex": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that there is no window
        bare = torch.stft(torch.tensor(x), **given)
    hann = torch.stft(torch.tensor(x), window=torch.hann_window(8), **given)
    return {"result": rounded(bare[:, 0].abs()), "remedied": rounded(hann[:, 0].abs())}


def keras_stft_window():
    (x,) = draw((16,))
    real, imaginary = ops.stft(x, 8, 4, fft_length=8, center=False)
    return {"result": rounded(ops.convert_to_numpy(ops.sqrt(real**2 + imaginary**2))[0])}


STFT_WINDOW = FrameworkDifference(
    name="stft_window",
    title="The window of a spectrum",
    torch=Side(
        "none, unless one is given",
        torch_stft_window,
        {
            "result": [2.816, 1.8467, 2.4939, 0.5012, 0.253],
            "remedied": [0.9541, 0.6876, 1.5091, 0.7357, 0.081],
        },
    ),
    keras=Side("Hann's", keras_stft_window, {"result": [0.9541, 0.6876, 1.5091, 0.7357, 0.081]}),
    consequence=(
        "Without a window a tone leaks into all frequencies. One between two of them is still 32 "
        "decibels below its peak 20 further on, under Hann's window 87."
    ),
    advice="`window=torch.hann_window(n_fft)` in PyTorch: both have a whole period.",
)


def torch_stft_axes():
    x, window = torch.ones(2, 16), torch.hann_window(8)
    found = torch.stft(x, 8, 4, window=window, return_complex=True)
    return {"dtype": str(found.dtype), "shape": tuple(found.shape)}


def keras_stft_axes():
    real, imaginary = ops.stft(np.ones((2, 16), "float32"), 8, 4, fft_length=8)
    numbers = ops.convert_to_numpy(real)
    return {"dtype": str(numbers.dtype), "shape": numbers.shape}


STFT_AXES = FrameworkDifference(
    name="stft_axes",
    title="The axes of a spectrum",
    torch=Side(
        "complex (B, frequencies, frames)",
        torch_stft_axes,
        {"dtype": "torch.complex64", "shape": (2, 5, 5)},
    ),
    keras=Side(
        "two of (B, frames, frequencies), real and imaginary",
        keras_stft_axes,
        {"dtype": "float32", "shape": (2, 5, 5)},
    ),
    consequence=(
        "Here there are five of either, and nothing complains: a recurrence over the second axis "
        "runs through the frequencies in PyTorch, through time in Keras. librosa has PyTorch's "
        "order, and so have Keras's own mel spectrograms."
    ),
    advice="`.transpose(1, 2)` in PyTorch; `torch.view_as_real` makes the two parts.",
)


def torch_first_frame():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its progress bar asks for widgets
        from librosa import stft

    x, given = torch.arange(20.0), {"window": torch.ones(8), "return_complex": True}
    centered = torch.stft(x, 8, 4, **given)
    plain = torch.stft(x, 8, 4, center=False, **given)
    other = stft(x.numpy(), n_fft=8, hop_length=4, window="boxcar")
    return {
        "frames": centered.shape[1],
        "result": rounded(centered[0, 0].real),  # frequency 0 is the sum of the frame
        "remedied": rounded(plain[0, 0].real),
        "librosa": rounded(other[0, 0].real),
    }


def keras_first_frame():
    import tensorflow as tf

    found = tf.signal.stft(tf.range(20.0), 8, 4, window_fn=None)
    return {"frames": found.shape[0], "result": rounded(tf.math.real(found)[0, 0])}


FIRST_FRAME = FrameworkDifference(
    name="first_frame",
    title="The first frame of a sound",
    torch=Side(
        "centered on the first sample",
        torch_first_frame,
        {"frames": 6, "result": 16.0, "remedied": 28.0, "librosa": 6.0},
    ),
    keras=Side(
        "`tf.signal`: begins at the first sample", keras_first_frame, {"frames": 4, "result": 28.0}
    ),
    consequence=(
        "`torch.stft`, `keras.ops.stft` and librosa put half a frame before and behind a sound, so "
        "that there are two frames more. The frameworks fill them with the sound mirrored, librosa "
        "with zeros."
    ),
    advice=(
        "`center=False`; and say what becomes of samples that fill no frame: without padding all "
        "leave them out, and say nothing."
    ),
)


def torch_istft_ends():
    x, window = torch.ones(1, 20), torch.hann_window(8)
    spectrum = torch.stft(x, 8, 2, window=window, return_complex=True)
    return {"result": rounded(torch.istft(spectrum, 8, 2, window=window)[0, :4])}


def keras_istft_ends():
    spectrum = ops.stft(np.ones((1, 20), "float32"), 8, 2, fft_length=8)
    back = ops.istft(spectrum, 8, 2, fft_length=8)
    return {"result": rounded(ops.convert_to_numpy(back)[0, :4])}


ISTFT_ENDS = FrameworkDifference(
    name="istft_ends",
    title="Back from a spectrum, at the ends of a sound",
    torch=Side(
        "divides by the windows that are there", torch_istft_ends, {"result": [1.0, 1.0, 1.0, 1.0]}
    ),
    keras=Side(
        "on TensorFlow: by those in the middle, everywhere",
        keras_istft_ends,
        {"result": [0.8333, 0.9857, 1.0, 1.0]},
        {"Keras on torch": {"result": [1.0, 1.0, 1.0, 1.0]}},
    ),
    consequence=(
        "Ones were taken apart and put together again, with the defaults of both. Where frames "
        "overlap by more than half, the first and the last samples lie in fewer of them, and Keras "
        "on TensorFlow, as `tf.signal.inverse_stft`, gives them back too weak."
    ),
    advice="Overlap by half in Keras, or `mmref`'s `inverse_stft`.",
)
