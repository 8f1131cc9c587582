"""Entries of sounds and their spectra: frames, transforms, mel bands, cepstral coefficients."""

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import audio

RATE, LENGTH, HOP, MELS = 1000, 16, 6, 5
WHOLE = LENGTH + 4 * HOP  # samples that fill five frames
OVERLAPPING, APART = "frames that overlap", "frames that leave samples out"
EVEN, ODD = "an even number of samples", "an odd number of samples"
HANN, HAMMING = "Hann's window", "Hamming's window"
HALF = "frames that overlap by half"


def _cut(rng, samples=WHOLE, length=LENGTH, hop=HOP, **more):
    """Signals and how they are cut."""
    return {"signals": rng.normal(size=(3, samples)) / 4, "length": length, "hop": hop} | more


def _inverted(rng, trim, window="hann", count=5, length=LENGTH, hop=HOP):
    """A spectrum that is no signal's: parts are drawn that a real signal's has as 0."""
    spectrum = rng.normal(size=(3, count, length // 2 + 1, 2))
    return {"spectrum": spectrum, "length": length, "hop": hop, "window": window, "trim": trim}


def _filters(**options):
    return audio.mel_filters(RATE, LENGTH, MELS, **options)


def _banded(rng, floor=1e-10, quiet=1.0):
    """Power of two axes before the frequencies, some bands of it quiet."""
    power = rng.uniform(0.5, 1.5, size=(3, 4, LENGTH // 2 + 1))
    power[1, :2] *= quiet
    return {"power": power, "filters": _filters(), "floor": floor}


def _heard(rng, filters=None, count=4, floor=1e-10, window="hann"):
    """A click in each frame, and a little noise: its spectrum is so level that the logarithm's
    slope is small in every band."""
    signals = rng.normal(size=(3, 4 * LENGTH)) / 20
    signals[:, 5::LENGTH] += 1
    return {
        "signals": signals,
        "filters": _filters() if filters is None else filters,
        "length": LENGTH,
        "hop": LENGTH,
        "count": count,
        "floor": floor,
        "window": window,
        "rest": "refuse",
    }


# ---- the frameworks' own ----


def _torch_unfold(signals, length, hop, rest):
    from torch.nn.functional import unfold

    return unfold(signals[:, None, None], (1, length), stride=(1, hop)).transpose(1, 2)


def _torch_fold(frames, hop):
    from torch.nn.functional import fold

    samples = frames.shape[2] + (frames.shape[1] - 1) * hop
    added = fold(frames.transpose(1, 2), (1, samples), (1, frames.shape[2]), stride=(1, hop))
    return added[:, 0, 0]


def _torch_window(length, window, like):
    import torch

    kind = {"hann": torch.hann_window, "hamming": torch.hamming_window}[window]
    return kind(length, dtype=like.dtype)


def _torch_stft(signals, length, hop, window, rest):
    import torch

    weights = _torch_window(length, window, signals)
    # It pads, and centers the first frame on the first sample, unless it is told.
    spectrum = torch.stft(
        signals, length, hop, window=weights, center=False, return_complex=True
    )  # (B, K, L)
    return torch.view_as_real(spectrum.transpose(1, 2))


def _torch_power(**given):
    return _torch_stft(**given).square().sum(dim=-1)


def _torch_istft(spectrum, length, hop, window, trim):
    import torch

    weights = _torch_window(length, window, spectrum)
    pairs = torch.view_as_complex(spectrum.transpose(1, 2).contiguous())
    return torch.istft(pairs, length, hop, window=weights)  # cuts half a frame at either end


def _keras_extract(signals, length, hop, rest):
    from keras import ops

    return ops.extract_sequences(signals, length, hop)


def _keras_stft(signals, length, hop, window, rest):
    from keras import ops

    return ops.stack(ops.stft(signals, length, hop, length, window=window, center=False), axis=-1)


def _keras_power(**given):
    from keras import ops

    return ops.sum(ops.square(_keras_stft(**given)), axis=-1)


def _keras_istft(spectrum, length, hop, window, trim):
    from keras import ops

    pair = spectrum[..., 0], spectrum[..., 1]
    return ops.istft(pair, length, hop, length, window=window)


WINDOWED = {
    HANN: lambda rng: _cut(rng, window="hann", rest="refuse"),
    HAMMING: lambda rng: _cut(rng, window="hamming", rest="refuse"),
    "no window, samples left out": lambda rng: _cut(rng, 45, window="rectangular", rest="drop"),
    "an odd length, the rest padded": lambda rng: _cut(rng, 45, 15, 7, window="hann", rest="pad"),
}
FORMULAS = (
    Formula(
        name="frames",
        reference=audio.frames,
        gradient=audio.frames_gradient,
        samples={
            OVERLAPPING: lambda rng: _cut(rng, rest="refuse"),
            APART: lambda rng: _cut(rng, 45, length=5, hop=7, rest="drop"),
            "the rest padded": lambda rng: _cut(rng, 45, rest="pad"),
        },
        layer=function_of("frames"),
        peers=(
            Peer("torch.nn.functional.unfold", "torch", _torch_unfold, (OVERLAPPING, APART)),
            Peer("keras.ops.extract_sequences", "keras", _keras_extract, (OVERLAPPING, APART)),
        ),
    ),
    Formula(
        name="overlap_add",
        reference=audio.overlap_add,
        gradient=audio.overlap_add_gradient,
        samples={
            OVERLAPPING: lambda rng: {"frames": rng.normal(size=(3, 4, 7)), "hop": 2},
            "frames apart": lambda rng: {"frames": rng.normal(size=(3, 4, 5)), "hop": 7},
            "side by side": lambda rng: {"frames": rng.normal(size=(3, 4, 5)), "hop": 5},
            "one frame": lambda rng: {"frames": rng.normal(size=(3, 1, 5)), "hop": 2},
        },
        layer=function_of("overlap_add"),
        peers=(
            Peer("torch.nn.functional.fold", "torch", _torch_fold, (OVERLAPPING, "side by side")),
        ),
    ),
    Formula(
        name="fourier",
        reference=audio.fourier,
        gradient=audio.fourier_gradient,
        samples={
            EVEN: lambda rng: {"signals": rng.normal(size=(3, 2, 12))},
            ODD: lambda rng: {"signals": rng.normal(size=(3, 15))},
            "one sample": lambda rng: {"signals": rng.normal(size=(3, 1))},
        },
        layer=function_of("fourier"),
    ),
    Formula(
        name="inverse_fourier",
        reference=audio.inverse_fourier,
        gradient=audio.inverse_fourier_gradient,
        samples={
            EVEN: lambda rng: {"spectrum": rng.normal(size=(3, 4, 7, 2)), "length": 12},
            ODD: lambda rng: {"spectrum": rng.normal(size=(3, 8, 2)), "length": 15},
            "one sample": lambda rng: {"spectrum": rng.normal(size=(3, 1, 2)), "length": 1},
        },
        layer=function_of("inverse_fourier"),
    ),
    Formula(
        name="stft",
        reference=audio.stft,
        gradient=audio.stft_gradient,
        samples=WINDOWED,
        layer=function_of("stft"),
        peers=(
            Peer("torch.stft, not centered", "torch", _torch_stft, (HANN, HAMMING)),
            Peer("keras.ops.stft, not centered", "keras", _keras_stft, (HANN, HAMMING)),
        ),
    ),
    Formula(
        name="power_spectrogram",
        reference=audio.power_spectrogram,
        gradient=audio.power_spectrogram_gradient,
        samples=WINDOWED,
        layer=function_of("power_spectrogram"),
        peers=(
            Peer("torch.stft, squared", "torch", _torch_power, (HANN, HAMMING)),
            Peer("keras.ops.stft, squared", "keras", _keras_power, (HANN, HAMMING)),
        ),
    ),
    Formula(
        name="inverse_stft",
        reference=audio.inverse_stft,
        gradient=audio.inverse_stft_gradient,
        samples={
            HANN: lambda rng: _inverted(rng, trim=LENGTH // 2),
            HALF: lambda rng: _inverted(rng, LENGTH // 2, hop=LENGTH // 2),
            HAMMING: lambda rng: _inverted(rng, LENGTH // 2, "hamming"),
            "a sample trimmed": lambda rng: _inverted(rng, trim=1),
            "nothing trimmed, an odd length": lambda rng: _inverted(
                rng, 0, "rectangular", length=9, hop=4
            ),
        },
        layer=function_of("inverse_stft"),
        peers=(
            Peer("torch.istft", "torch", _torch_istft, (HANN, HALF, HAMMING)),
            # With a shorter hop it divides the ends by a sum of windows that are not there.
            Peer("keras.ops.istft", "keras", _keras_istft, (HALF,)),
        ),
    ),
    Formula(
        name="log_mel",
        reference=audio.log_mel,
        gradient=audio.log_mel_gradient,
        samples={
            "loud": _banded,
            "a high floor": lambda rng: _banded(rng, floor=1.5),
            "silence": lambda rng: _banded(rng, floor=0.01, quiet=0.0),
        },
        layer=function_of("log_mel"),
        exemptions=MATMUL,
    ),
    Formula(
        name="dct",
        reference=audio.dct,
        gradient=audio.dct_gradient,
        samples={
            "all coefficients": lambda rng: {"signals": rng.normal(size=(3, 2, 7)), "count": None},
            "some of them": lambda rng: {"signals": rng.normal(size=(3, 8)), "count": 3},
        },
        layer=function_of("dct"),
        exemptions=MATMUL,
    ),
    Formula(
        name="mfcc",
        reference=audio.mfcc,
        gradient=audio.mfcc_gradient,
        samples={
            HANN: _heard,
            "Slaney's scale, Hamming's window": lambda rng: _heard(
                rng, _filters(scale="slaney"), count=MELS, window="hamming"
            ),
            "a high floor": lambda rng: _heard(rng, floor=0.55),
        },
        layer=function_of("mfcc"),
        exemptions=MATMUL,
    ),
)
