"""Mel bands, decibels and cepstral coefficients."""

import warnings

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_mel_filters():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its progress bar asks for widgets
        from librosa.filters import mel

    slaney = mel(sr=8000, n_fft=64, n_mels=4, fmin=20)
    htk = mel(sr=8000, n_fft=64, n_mels=4, fmin=20, htk=True, norm=None)
    return {
        "result": rounded(torch.tensor(slaney)[1, 5:12]),
        "htk, no norm": rounded(torch.tensor(htk)[1, 5:12]),
    }


def keras_mel_filters():
    layer = keras.layers.MelSpectrogram(fft_length=64, sampling_rate=8000, num_mel_bins=4)
    found = layer.linear_to_mel_weight_matrix(4, 33, 8000, 20.0, 4000.0)
    return {"result": rounded(ops.convert_to_numpy(found)[5:12, 1])}


MEL_FILTERS = FrameworkDifference(
    name="mel_filters",
    title="Mel filters",
    torch=Side(
        "none; librosa: Slaney's mels, equal areas",
        torch_mel_filters,
        {
            "result": [0.0006, 0.0011, 0.0016, 0.0017, 0.0013, 0.0009, 0.0005],
            "htk, no norm": [0.581, 0.843, 0.9278, 0.7478, 0.5677, 0.3877, 0.2077],
        },
    ),
    keras=Side(
        "HTK's mels, equal heights, sides straight in mels",
        keras_mel_filters,
        {"result": [0.6255, 0.8658, 0.9138, 0.7103, 0.5212, 0.3446, 0.179]},
    ),
    consequence=(
        "Features of one are no input for a network that learned from the other. Even with "
        "librosa told to be HTK a difference stays: its triangles are straight in hertz, those of "
        "Keras and of `tf.signal` in mels."
    ),
    advice=(
        "One function for training and for use: `mel_filters` with `scale` and `area`, the same in "
        "both of the package's wings and in librosa."
    ),
)


def torch_decibels():
    power = torch.tensor([[1e-9, 1e-8], [1.0, 1.0]])  # a quiet sound, and a loud one

    def decibels(power):
        return 10 * torch.log10(power.clamp(min=1e-10))

    return {
        "alone": rounded(decibels(power[:1])[0]),
        "beside a loud one": rounded(decibels(power)[0]),
    }


def keras_decibels():
    layer = keras.layers.MelSpectrogram(fft_length=8, sequence_stride=4, num_mel_bins=1)
    click = np.float32([[0, 0, 0, 0, 1, 0, 0, 0]])
    both = np.concatenate([1e-5 * click, click])
    return {
        "alone": rounded(ops.convert_to_numpy(layer(both[:1]))[0, 0], 1),
        "beside a loud one": rounded(ops.convert_to_numpy(layer(both))[0, 0], 1),
    }


DECIBELS = FrameworkDifference(
    name="decibels",
    title="Decibels in a batch",
    torch=Side(
        "no layer; by hand, each sound by itself",
        torch_decibels,
        {"alone": [-90.0, -80.0], "beside a loud one": [-90.0, -80.0]},
    ),
    keras=Side(
        "`MelSpectrogram`: nothing is more than 80 below the loudest of the batch",
        keras_decibels,
        {"alone": [-100.0, -97.8, -100.0], "beside a loud one": [-77.8, -77.8, -77.8]},
    ),
    consequence=(
        "What Keras makes of a sound depends on the sounds that are in the batch with it, in "
        "training and afterwards. librosa's `power_to_db` does the same with all that it is given "
        "at once, which is one sound as a rule."
    ),
    advice="`power_to_db=False`, and a logarithm with a fixed floor: `log_mel`.",
)


def torch_cepstrum():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its progress bar asks for widgets
        from librosa.feature import mfcc

    logs = np.log(np.float32([[1.0, 2.0, 4.0, 8.0]]).T)  # (bands, frames)
    return {"result": rounded(torch.tensor(mfcc(S=logs, n_mfcc=3))[:, 0])}


def keras_cepstrum():
    import tensorflow as tf

    logs = np.log(np.float32([[1.0, 2.0, 4.0, 8.0]]))
    found = tf.signal.mfccs_from_log_mel_spectrograms(logs).numpy()[0, :3]
    return {"result": rounded(found), "remedied": rounded(found * [np.sqrt(0.5), 1, 1])}


CEPSTRUM = FrameworkDifference(
    name="cepstrum",
    title="Cepstral coefficients",
    torch=Side("none; librosa: orthonormal", torch_cepstrum, {"result": [2.0794, -1.546, 0.0]}),
    keras=Side(
        "`tf.signal`: coefficient 0 is √2 as large",
        keras_cepstrum,
        {"result": [2.9408, -1.546, 0.0], "remedied": [2.0794, -1.546, 0.0]},
    ),
    consequence=(
        "HTK scales all coefficients alike, so that its cosines are no rotation. Normalized over "
        "the training set the factor cancels, and unnoticed it does not."
    ),
    advice="Divide number 0 by √2, or take `mfcc`.",
)
