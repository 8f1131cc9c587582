"""Answers to the exercises on sounds, by other routes."""

import numpy as np

ADD, POWER, MELS, DCT, BACK = (
    "overlap_add",
    "power_spectrogram",
    "mel_filters",
    "dct",
    "mfcc_power_gradient",
)


def by_sample(frames, hop):
    B, L, N = frames.shape
    signals = np.zeros((B, N + (L - 1) * hop))
    for b, i, n in np.ndindex(B, L, N):
        signals[b, i * hop + n] += frames[b, i, n]
    return signals


def by_sums(signals, length, hop):
    n, k = np.arange(length), np.arange(length // 2 + 1)[:, None]
    w = np.sin(np.pi * n / length) ** 2
    out = []
    for start in range(0, signals.shape[1] - length + 1, hop):
        part = w * signals[:, start : start + length]
        cos, sin = (part @ wave(2 * np.pi * k * n / length).T for wave in (np.cos, np.sin))
        out.append(cos**2 + sin**2)
    return np.stack(out, axis=1)


def by_interpolation(rate, length, mels):
    top = np.log(1 + rate / 2 / 700)
    corners = 700 * np.expm1(top * np.arange(mels + 2) / (mels + 1))
    f = rate / length * np.arange(length // 2 + 1)
    return np.stack([np.interp(f, corners[m : m + 3], [0, 1, 0]) for m in range(mels)])


def by_mirror(signals, count):
    """The real transform of the signal and its mirror image."""
    N = signals.shape[1]
    both = np.concatenate([signals, signals[:, ::-1]], axis=1)
    d = np.arange(count)
    turned = np.fft.fft(both)[:, :count] * np.exp(-0.5j * np.pi * d / N) / 2
    return turned.real * np.sqrt(np.where(d == 0, 1, 2) / N)


def by_index(grad, power, filters, floor):
    (L, D), M = grad.shape, len(filters)
    out = np.zeros(power.shape)
    for i, m in np.ndindex(L, M):
        band = sum(filters[m, k] * power[i, k] for k in range(power.shape[1]))
        if band < floor:
            continue
        for d in range(D):
            scale = np.sqrt((1 if d == 0 else 2) / M)
            wave = scale * np.cos(np.pi * d * (m + 0.5) / M)
            out[i] += grad[i, d] * wave / band * filters[m]
    return out


RIGHT = [
    (ADD, by_sample),
    (POWER, by_sums),
    (MELS, by_interpolation),
    (DCT, by_mirror),
    (BACK, by_index),
]
WRONG = [
    (ADD, lambda y, hop: by_sample(y, min(hop, y.shape[2])), "frames apart", "what lies between"),
    (ADD, lambda y, hop: by_sample(y, hop)[:, : y.shape[1] * hop], "expected the shape"),
    (POWER, lambda x, n, h: by_sums(x, n, h)[..., : n // 2], "expected the shape"),
    (POWER, lambda x, n, h: 2 * by_sums(x, n, h), "frames that overlap by half"),
    (MELS, lambda r, n, m: by_interpolation(8000, n, m), "another rate", "rate has no effect"),
    (MELS, lambda r, n, m: by_interpolation(r, n // 2 * 2, m), "an odd number of samples"),
    (DCT, lambda x, d: by_mirror(x[:, :d], d), "four of six", "of all N samples"),
    (DCT, lambda x, d: 2 * by_mirror(x, d), "four of six"),
    (BACK, lambda g, p, f, floor: by_index(g, p, f, 1e-10), "below the floor", "no effect"),
    (BACK, lambda g, p, f, floor: by_index(g, p, f, floor) @ f.T, "expected the shape"),
]
