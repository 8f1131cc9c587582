"""Plausible mistakes in hearing, each of which the comparison must catch."""

import dataclasses
import functools
import math

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")

COEFFICIENTS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "rectangular": (1.0, 0.0)}


def stft(signals, length, hop, window, rest, whole=0, sign=1, ends=False, scale=1.0):
    """By sums: another route, on which each mistake is one word."""
    if rest == "pad":
        signals = torch.nn.functional.pad(signals, (0, -(signals.shape[1] - length) % hop))
    if ends:
        signals = torch.nn.functional.pad(signals, (length // 2, length - length // 2))
        signals = signals[:, : signals.shape[1] - length]
    n = torch.arange(length).to(signals)
    a, b = COEFFICIENTS[window]
    w = a - b * torch.cos(2 * math.pi * n / (length - whole))
    k = torch.arange(length // 2 + 1).to(signals)
    angles = 2 * math.pi * torch.outer(k, n) / length
    parts = signals.unfold(1, length, hop) * w * scale
    return torch.stack([parts @ angles.cos().T, -sign * parts @ angles.sin().T], dim=-1)


def power(*args, of=lambda z: z.square().sum(dim=-1), **given):
    return of(stft(*args, **given))


def inverse_stft(spectrum, length, hop, window, trim, squares=2, under=True, twice=True):
    a, b = COEFFICIENTS[window]
    n = torch.arange(length).to(spectrum)
    w = a - b * torch.cos(2 * math.pi * n / length)
    parts = torch.fft.irfft(torch.view_as_complex(spectrum.contiguous()), length)
    if not twice:
        parts = parts / 2
    count = spectrum.shape[1]
    signals = spectrum.new_zeros(len(spectrum), length + (count - 1) * hop)
    sums = spectrum.new_zeros(signals.shape[1])
    for i in range(count):
        here = torch.arange(length) + i * hop
        signals = signals.index_add(1, here, parts[:, i] * (w if under else 1))
        sums[here] += w**squares
    inside = slice(trim, signals.shape[1] - trim)
    return signals[:, inside] / sums[inside]


def log_mel(power, filters, floor, added=False, log=torch.log):
    bands = power @ filters.T
    return log(bands + floor if added else bands.clamp(min=floor))


def dct(signals, count=None, first=0.5, middle=0.5, factor=2.0):
    width = signals.shape[-1]
    d, n = (torch.arange(size).to(signals) for size in (count or width, width))
    rows = torch.cos(math.pi * torch.outer(d, n + middle) / width) * math.sqrt(factor / width)
    rows[0] *= math.sqrt(first)
    return signals @ rows.T


def caught(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


ROUTES = {
    "stft": stft,
    "power_spectrogram": power,
    "inverse_stft": inverse_stft,
    "log_mel": log_mel,
    "dct": dct,
}
MUTANTS = [
    ("stft", {"whole": 1}),  # the windows of filter design
    ("stft", {"sign": -1}),
    ("stft", {"ends": True}),  # centered
    ("stft", {"scale": 0.5}),
    ("power_spectrogram", {"of": lambda z: z.square().sum(dim=-1).sqrt()}),
    ("power_spectrogram", {"of": lambda z: z[..., 0].square()}),
    ("inverse_stft", {"squares": 1}),
    ("inverse_stft", {"under": False}),
    ("inverse_stft", {"twice": False}),
    ("log_mel", {"added": True}),
    ("log_mel", {"log": torch.log10}),
    ("log_mel", {"log": torch.log1p}),
    ("dct", {"first": 1.0}),
    ("dct", {"middle": 0.0}),
    ("dct", {"factor": 4.0}),
]


@pytest.mark.parametrize("name", ROUTES)
def test_the_other_routes_are_right(name):
    assert not caught(name, ROUTES[name])


@pytest.mark.parametrize(
    ("name", "mistake"), MUTANTS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(MUTANTS)]
)
def test_a_mutant_is_caught(name, mistake):
    assert caught(name, functools.partial(ROUTES[name], **mistake))
