"""Answers to the exercises on heads and on a cache."""

import numpy as np

SPLIT, CACHED = "split_heads", "cached_attention"


def split(x, heads):
    batch, steps, dim = x.shape
    return x.reshape(batch, steps, heads, dim // heads).transpose(0, 2, 1, 3)


def split_by_blocks(x, heads):
    return np.stack(np.split(x, heads, axis=2), axis=1)


def split_in_loops(x, heads):
    out = np.empty((len(x), heads, x.shape[1], x.shape[2] // heads), order="F")
    for b, h, t, i in np.ndindex(out.shape):
        out[b, h, t, i] = x[b, t, h * out.shape[3] + i]
    return out


def top(s):
    return s.max(axis=-1, keepdims=True)


def cached(queries, keys, values, past_keys, past_values, shift=top, limit=np.inf, low=-np.inf):
    """Shifted by the largest score that is seen, or by another number."""
    all_keys = np.concatenate([past_keys, keys], axis=1)
    all_values = np.concatenate([past_values, values], axis=1)
    new, past = queries.shape[1], past_keys.shape[1]
    s = queries @ all_keys.swapaxes(1, 2) / np.sqrt(queries.shape[-1])
    s = np.where(np.tri(new, past + new, past, dtype=bool), s.clip(-limit, limit), low)
    e = np.exp(s - shift(s))
    return e / e.sum(axis=-1, keepdims=True) @ all_values


def step_by_step(queries, keys, values, past_keys, past_values):
    out = []
    for t in range(queries.shape[1]):
        past_keys = np.concatenate([past_keys, keys[:, t : t + 1]], axis=1)
        past_values = np.concatenate([past_values, values[:, t : t + 1]], axis=1)
        s = queries[:, t : t + 1] @ past_keys.swapaxes(1, 2) / np.sqrt(queries.shape[2])
        e = np.exp(s - top(s))
        out.append(e / e.sum(axis=-1, keepdims=True) @ past_values)
    return np.concatenate(out, axis=1)


def masked_last(queries, keys, values, past_keys, past_values):
    """The maximum is taken before the later steps are masked."""
    both = np.concatenate([past_keys, keys], axis=1)
    s = queries @ both.swapaxes(1, 2) / np.sqrt(queries.shape[-1])
    return cached(queries, keys, values, past_keys, past_values, shift=lambda _: top(s))


def past_alone(queries, keys, values, past_keys, past_values):
    s = queries @ past_keys.swapaxes(1, 2) / np.sqrt(queries.shape[-1])
    e = np.exp(s - top(s))
    return e / e.sum(axis=-1, keepdims=True) @ past_values


def cached_of(**parts):
    return lambda *args: cached(*args, **parts)


def scaled(width):
    """By the root of another width."""
    return lambda q, k, v, *past: cached(q * np.sqrt(q.shape[-1] / width(q, v)), k, v, *past)


RIGHT = [
    (SPLIT, split),
    (SPLIT, split_by_blocks),
    (SPLIT, split_in_loops),
    (CACHED, cached),
    (CACHED, step_by_step),
]
WRONG = [
    (SPLIT, lambda x, heads: split(x, heads).squeeze(), "one head", "squeezed"),
    (SPLIT, lambda x, heads: split(x, 3), "hint"),
    (SPLIT, lambda x, heads: split(x[:, :5], heads), "longer axes", "known beforehand"),
    (SPLIT, lambda x, heads: split(x.astype("float32"), heads), "the dtype float64"),
    (SPLIT, lambda x, heads: split(abs(x), heads), "five steps"),
    (SPLIT, lambda x, heads: split(x.clip(-100, 100), heads), "clipped"),
    (SPLIT, lambda x, heads: list(split(x, heads)), "a list"),
    (SPLIT, lambda x, heads: split(x, x.shape[2] // heads), "hint"),
    (CACHED, cached_of(shift=lambda s: 0), "scores of 1000", "overflow"),
    (CACHED, cached_of(shift=lambda s: np.maximum(top(s), 0)), "-1000", "one of the exponents 0"),
    (CACHED, cached_of(shift=lambda s: s.max()), "1000, 0 and -1000", "one shift for all"),
    (CACHED, cached_of(limit=100), "clipping them"),
    (CACHED, cached_of(low=-1e4), "near -1e10", "can be lower still"),
    (CACHED, cached_of(low=0), "What score would count for nothing"),
    (CACHED, masked_last, "the largest by 2000", "does not count"),
    (CACHED, past_alone, "one new step after six", "keys has no effect"),
    (CACHED, scaled(lambda q, v: v.shape[-1]), "all six steps and itself"),
    (CACHED, scaled(lambda q, v: 4), "longer axes", "known beforehand"),
    (CACHED, lambda *args: cached(*args).squeeze(), "one new step", "squeezed"),
    (CACHED, lambda *args: cached(*args)[:, -1:], "three new steps", "hint"),
    (CACHED, lambda q, k, v, pk, pv: cached(q, k, v, pk[:, -6:], pv[:, -6:]), "longer axes"),
    (CACHED, lambda *args: cached(*args).astype(np.longdouble), "the dtype float64"),
    (CACHED, lambda *args: cached(*args).astype("float32").astype(float), "is there float32"),
]  # fmt: skip
