"""Answers to split_heads, attend_with_cache and sinusoidal_positions."""

import numpy as np

from tests.unit.check_answers.tables import kept_softmax, right, softmax, wrong

SPLIT, CACHED, POSITIONS = "split_heads", "attend_with_cache", "sinusoidal_positions"


@right(SPLIT)
def split(x, heads):
    batch, steps, dim = x.shape
    return x.reshape(batch, steps, heads, dim // heads).transpose(0, 2, 1, 3).copy()


@right(SPLIT)
def split_by_blocks(x, heads):
    return np.stack(np.split(x, heads, axis=2), axis=1)


@wrong(SPLIT, "All steps of all heads are mixed")
def split_reshaped(x, heads):
    batch, steps, dim = x.shape
    return x.reshape(batch, heads, steps, dim // heads).copy()


@wrong(SPLIT, "expected the shape (2, 3, 5, 2), got (2, 5, 3, 2)")
def split_not_moved(x, heads):
    batch, steps, dim = x.shape
    return x.reshape(batch, steps, heads, dim // heads).copy()


@wrong(SPLIT, "not every n-th one")
def split_interleaved(x, heads):
    batch, steps, dim = x.shape
    return x.reshape(batch, steps, dim // heads, heads).transpose(0, 3, 1, 2).copy()


@wrong(SPLIT, "expected the shape (2, 3, 5, 2), got (3, 2, 5, 2)")
def split_heads_first(x, heads):
    return np.stack(np.split(x, heads, axis=2), axis=0)


@wrong(SPLIT, "expected the shape (2, 3, 5, 2), got (2, 3, 2, 5)")
def split_steps_last(x, heads):
    return split(x, heads).swapaxes(2, 3).copy()


@wrong(SPLIT, "in reverse")
def split_reversed(x, heads):
    return split(x, heads)[:, ::-1].copy()


@wrong(SPLIT, "shares memory with the argument x")
def split_a_view(x, heads):
    batch, steps, dim = x.shape
    return x.reshape(batch, steps, heads, dim // heads).transpose(0, 2, 1, 3)


def over(queries, keys, values, mask):
    s = queries @ keys.swapaxes(1, 2) / np.sqrt(queries.shape[-1])
    return kept_softmax(s, np.broadcast_to(mask, s.shape)) @ values


def joined(keys, values, past_keys, past_values):
    both = [past_keys, keys], [past_values, values]
    return (np.concatenate(pair, axis=1) for pair in both)


@right(CACHED)
def cached(queries, keys, values, past_keys, past_values):
    all_keys, all_values = joined(keys, values, past_keys, past_values)
    new, past = queries.shape[1], past_keys.shape[1]
    mask = np.tri(new, past + new, past, dtype=bool)
    return over(queries, all_keys, all_values, mask)


@right(CACHED)
def cached_step_by_step(queries, keys, values, past_keys, past_values):
    out = []
    for t in range(queries.shape[1]):
        past_keys = np.concatenate([past_keys, keys[:, t : t + 1]], axis=1)
        past_values = np.concatenate([past_values, values[:, t : t + 1]], axis=1)
        s = queries[:, t : t + 1] @ past_keys.swapaxes(1, 2) / np.sqrt(queries.shape[2])
        out.append(softmax(s) @ past_values)
    return np.concatenate(out, axis=1)


@wrong(CACHED, "three new steps after two", "nothing later")
def cached_without_a_mask(queries, keys, values, past_keys, past_values):
    all_keys, all_values = joined(keys, values, past_keys, past_values)
    return over(queries, all_keys, all_values, True)


@wrong(CACHED, "one new step after four", "Not at its beginning")
def cached_counted_from_zero(queries, keys, values, past_keys, past_values):
    all_keys, all_values = joined(keys, values, past_keys, past_values)
    mask = np.tri(queries.shape[1], all_keys.shape[1], dtype=bool)
    return over(queries, all_keys, all_values, mask)


@wrong(CACHED, "one new step after four", "sees itself too")
def cached_without_itself(queries, keys, values, past_keys, past_values):
    all_keys, all_values = joined(keys, values, past_keys, past_values)
    new, past = queries.shape[1], past_keys.shape[1]
    return over(queries, all_keys, all_values, np.tri(new, past + new, past - 1, dtype=bool))


@wrong(CACHED, "three new steps after two", "nothing later")
def cached_one_ahead(queries, keys, values, past_keys, past_values):
    all_keys, all_values = joined(keys, values, past_keys, past_values)
    new, past = queries.shape[1], past_keys.shape[1]
    return over(queries, all_keys, all_values, np.tri(new, past + new, past + 1, dtype=bool))


@wrong(CACHED, "three new steps after two", "past comes before")
def cached_new_steps_first(queries, keys, values, past_keys, past_values):
    all_keys = np.concatenate([keys, past_keys], axis=1)
    all_values = np.concatenate([values, past_values], axis=1)
    new, past = queries.shape[1], past_keys.shape[1]
    return over(queries, all_keys, all_values, np.tri(new, past + new, past, dtype=bool))


@wrong(CACHED, "The past has no effect yet")
def cached_past_forgotten(queries, keys, values, past_keys, past_values):
    new = queries.shape[1]
    return over(queries, keys, values, np.tri(new, dtype=bool))


@wrong(CACHED, "one new step after four", "sees itself too")
def cached_past_alone(queries, keys, values, past_keys, past_values):
    return over(queries, past_keys, past_values, True)


@wrong(CACHED, "not divided by the root")
def cached_not_scaled(queries, keys, values, past_keys, past_values):
    return cached(queries * np.sqrt(queries.shape[2]), keys, values, past_keys, past_values)


@right(POSITIONS)
def waves(length, dim):
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, dim, 2) / dim)
    out = np.empty((length, dim))
    out[:, 0::2], out[:, 1::2] = np.sin(angles), np.cos(angles)
    return out


@right(POSITIONS)
def waves_in_loops(length, dim):
    out = np.zeros((length, dim))
    for t in range(length):
        for i in range(dim // 2):
            angle = t * 10000.0 ** (-2 * i / dim)
            out[t, 2 * i], out[t, 2 * i + 1] = np.sin(angle), np.cos(angle)
    return out


@wrong(POSITIONS, "two columns, side by side")
def waves_in_halves(length, dim):
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, dim, 2) / dim)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


@wrong(POSITIONS, "The sine comes first")
def waves_cosine_first(length, dim):
    out = waves(length, dim)
    return out.reshape(length, -1, 2)[:, :, ::-1].reshape(length, dim)


@wrong(POSITIONS, "has the number 0")
def waves_from_one(length, dim):
    return waves(length + 1, dim)[1:].copy()


@wrong(POSITIONS, "fall too slowly")
def waves_slow(length, dim):
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(dim // 2) / dim)
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, dim)


@wrong(POSITIONS, "they do not grow")
def waves_growing(length, dim):
    angles = np.arange(length)[:, None] * 10000.0 ** (np.arange(0, dim, 2) / dim)
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, dim)


@wrong(POSITIONS, "two columns, side by side")
def waves_of_each_column(length, dim):
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(dim) / dim)
    return np.where(np.arange(dim) % 2 == 0, np.sin(angles), np.cos(angles))


@wrong(POSITIONS, "base is 10000")
def waves_other_base(length, dim):
    angles = np.arange(length)[:, None] / 1000 ** (np.arange(0, dim, 2) / dim)
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, dim)


@wrong(POSITIONS, "expected the shape (6, 8), got (8, 6)")
def waves_turned(length, dim):
    return waves(length, dim).T.copy()


@wrong(CACHED, "1000 and more", "overflow")
def cached_overflows(queries, keys, values, past_keys, past_values):
    all_keys, all_values = joined(keys, values, past_keys, past_values)
    new, past = queries.shape[1], past_keys.shape[1]
    e = np.exp(queries @ all_keys.swapaxes(1, 2) / np.sqrt(queries.shape[-1]))
    e = e * np.tri(new, past + new, past)
    return e / e.sum(axis=-1, keepdims=True) @ all_values
